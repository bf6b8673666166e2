package ceffu_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

func TestWithResponseTellsOfTheLastAnswer(t *testing.T) {
	t.Parallel()
	limited := code(429, "G20012").with("X-Request-Id", "req-1")
	for name, tt := range map[string]struct {
		answers []answer
		want    ceffu.Response
	}{
		"of a success": {
			[]answer{limited, accepted.with("X-Request-Id", "req-2")},
			ceffu.Response{StatusCode: 200, RequestID: "req-2", Attempts: 2, Body: []byte(success)},
		},
		"of an error": {
			[]answer{limited}, ceffu.Response{StatusCode: 429, RequestID: "req-1", Attempts: 4, Body: []byte(limited.body)},
		},
		"before answers were lost": {
			[]answer{limited, lost}, ceffu.Response{StatusCode: 429, RequestID: "req-1", Attempts: 4, Body: []byte(limited.body)},
		},
		"of nobody: it is left as it was": {
			[]answer{unsent}, ceffu.Response{StatusCode: 1, RequestID: "old"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := ceffu.Response{StatusCode: 1, RequestID: "old"}
				_, _ = over(t, answering(tt.answers...)).ResendWebhooks(t.Context(), testRequest(), ceffu.WithResponse(&got)) // got tells
				if tt.want.Attempts > 0 {
					assert.Equal(t, tt.want.RequestID, got.Header.Get("x-request-id"))
				}
				got.Header = nil
				assert.Equal(t, tt.want, got)
			})
		})
	}
}

func TestWithResponseOfNilIsNoOption(t *testing.T) {
	t.Parallel()
	_, err := over(t, answering(accepted)).ResendWebhooks(t.Context(), testRequest(), ceffu.WithResponse(nil))
	require.NoError(t, err)
}

func TestAPrintedResponseShowsNeitherHeaderNorBody(t *testing.T) {
	t.Parallel()
	r := ceffu.Response{StatusCode: 200, RequestID: "req-1", Attempts: 2, Body: []byte("canary"), Header: map[string][]string{"Canary": {"canary"}}}
	const want = `status 200, request "req-1", 2 attempts, body of 6 bytes`
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.Equal(t, want, fmt.Sprintf(verb, r))
		assert.Equal(t, want, fmt.Sprintf(verb, &r))
	}
	text, err := json.Marshal(r)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "canary")
	assert.Equal(t, want, r.LogValue().String())
}

func TestAnswersAreReadUpToALimit(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	pad := func(n int) string { return `{"data":true,"code":"000000","message":"` + strings.Repeat("x", n) + `"}` }
	for name, tt := range map[string]struct {
		status     int
		body       string
		categories []error
		requests   int
	}{
		"a success of 15 MiB is one":                {status: 200, body: pad(15 * mib), requests: 1},
		"a success above 16 MiB cannot be read":     {status: 200, body: pad(16 * mib), categories: inDoubt, requests: 1},
		"an error below 1 MiB keeps its code":       {status: 403, body: strings.Replace(pad(mib/2), "000000", "G20016", 1), categories: forbidden, requests: 1},
		"an error above 1 MiB goes by its status":   {status: 401, body: strings.Replace(pad(mib), "000000", "G20016", 1), categories: unauthorized, requests: 1},
		"also if the beginning would do":            {status: 401, body: code(401, "G20016").body + strings.Repeat(" ", mib), categories: unauthorized, requests: 1},
		"an outage in a long page is still retried": {status: 502, body: strings.Repeat("<p>", mib), categories: inDoubt, requests: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor := answering(answer{status: tt.status, body: tt.body})
				var response ceffu.Response
				_, err := over(t, vendor).ResendWebhooks(t.Context(), testRequest(), ceffu.WithResponse(&response))
				assert.Len(t, vendor.requests(), tt.requests)
				assert.LessOrEqual(t, len(response.Body), 16*mib)
				if tt.categories == nil {
					require.NoError(t, err)
					assert.Len(t, response.Body, len(tt.body))
					return
				}
				assertCategories(t, err, tt.categories)
				var e *ceffu.Error
				require.ErrorAs(t, err, &e)
				assert.LessOrEqual(t, len(e.Body), 64<<10)
				assert.LessOrEqual(t, len(err.Error()), 2048)
			})
		})
	}
}
