package ceffu_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// unsent is an attempt that found no connection.
var unsent = answer{err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}

// The table of the package comment, row by row.
func TestWhatIsRetried(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer     answer
		requests   int
		categories []error
	}{
		"not sent is retried and leaves nothing in doubt":  {unsent, 4, none},
		"a lost answer is retried":                         {lost, 4, []error{ceffu.ErrOutcomeUnknown}},
		"429 is retried":                                   {answer{status: 429}, 4, rateLimited},
		"G20012 is retried":                                {code(400, "G20012"), 4, rateLimited},
		"G20012 inside a 200 is retried":                   {code(200, "G20012"), 4, rateLimited},
		"503 with Retry-After was certainly not done":      {answer{status: 503}.with("Retry-After", "1"), 4, []error{ceffu.ErrServer}},
		"503 without Retry-After may have been done":       {answer{status: 503}, 4, inDoubt},
		"500 is retried":                                   {answer{status: 500}, 4, inDoubt},
		"502 in HTML is retried":                           {answer{status: 502, body: "<html>"}, 4, inDoubt},
		"599 is retried":                                   {answer{status: 599}, 4, inDoubt},
		"408 is retried":                                   {answer{status: 408}, 4, inDoubt},
		"G20001 is retried":                                {code(400, "G20001"), 4, inDoubt},
		"G20001 inside a 200 is retried":                   {code(200, "G20001"), 4, inDoubt},
		"a refusal inside a 500 is not retried":            {code(500, "G20005"), 1, invalid},
		"a refusal inside a 503 with Retry-After is final": {code(503, "G20016").with("Retry-After", "1"), 1, forbidden},
		"400 is not retried":                               {answer{status: 400}, 1, invalid},
		"401 is not retried":                               {answer{status: 401}, 1, unauthorized},
		"403 is not retried":                               {answer{status: 403}, 1, forbidden},
		"404 is not retried":                               {answer{status: 404}, 1, notFound},
		"409 is not retried":                               {answer{status: 409}, 1, invalid},
		"a 200 that nobody can read is not retried":        {answer{status: 200, body: "<html>"}, 1, inDoubt},
		"an unknown code inside a 200 is not retried":      {code(200, "G29999"), 1, none},
		"an unknown code inside a 500 is retried":          {code(500, "G29999"), 4, inDoubt},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor := answering(tt.answer)
				_, err := over(t, vendor).ResendWebhooks(t.Context(), testRequest())
				require.Error(t, err)
				assertCategories(t, err, tt.categories)
				assert.Len(t, vendor.requests(), tt.requests)
				assertFresh(t, vendor.requests())
			})
		})
		t.Run(name+", but nothing is without retries", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor := answering(tt.answer)
				_, err := over(t, vendor).ResendWebhooks(t.Context(), testRequest(), ceffu.WithMaxRetries(0))
				require.Error(t, err)
				assertCategories(t, err, tt.categories)
				assert.Len(t, vendor.requests(), 1)
			})
		})
	}
}

func TestASuccessInTheEndIsASuccess(t *testing.T) {
	t.Parallel()
	for name, failures := range map[string][]answer{
		"after what was not sent":     {unsent, unsent, unsent},
		"after lost answers":          {lost, lost},
		"after an outage":             {{status: 502}, {status: 503}, code(500, "G20001")},
		"after every kind of refusal": {code(429, "G20012"), code(400, "G20007"), code(400, "G20015")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var response ceffu.Response
				result, err := over(t, answering(append(failures, accepted)...)).
					ResendWebhooks(t.Context(), testRequest(), ceffu.WithResponse(&response))
				require.NoError(t, err)
				assert.True(t, result.Accepted)
				assert.Equal(t, len(failures)+1, response.Attempts)
			})
		})
	}
}

func TestADoubtRemainsWhateverIsSaidLater(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answers    []answer
		categories []error
	}{
		"a refusal after a lost answer":      {[]answer{lost, code(400, "G20005")}, []error{ceffu.ErrInvalidRequest, ceffu.ErrOutcomeUnknown}},
		"a rate limit after an inner error":  {[]answer{code(500, "G20001"), code(429, "G20012")}, []error{ceffu.ErrRateLimited, ceffu.ErrOutcomeUnknown}},
		"no connection after a lost answer":  {[]answer{lost, unsent}, []error{ceffu.ErrOutcomeUnknown}},
		"no doubt after a refused rate only": {[]answer{code(429, "G20012"), code(400, "G20005")}, invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := over(t, answering(tt.answers...)).ResendWebhooks(t.Context(), testRequest())
				assertCategories(t, err, tt.categories)
			})
		})
	}
}

func TestAnAnswerSaysNothingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	before := answer{status: 500, body: `{"data":true,"code":"G20001","message":"Internal system error"}`}
	synctest.Test(t, func(t *testing.T) {
		_, err := over(t, answering(before, answer{status: 404, body: "{}"})).ResendWebhooks(t.Context(), testRequest())
		require.ErrorIs(t, err, ceffu.ErrNotFound)
		var e *ceffu.Error
		require.ErrorAs(t, err, &e)
		assert.Empty(t, e.Code)
		assert.Empty(t, e.Message)

		result, err := over(t, answering(before, answer{status: 200, body: `{"code":"000000"}`})).ResendWebhooks(t.Context(), testRequest())
		require.NoError(t, err)
		assert.False(t, result.Accepted)
	})
}

func TestTheNumberOfRetries(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy   ceffu.RetryPolicy
		call     []ceffu.CallOption
		requests int
	}{
		"3 by default":                      {ceffu.RetryPolicy{}, nil, 4},
		"as the policy says":                {ceffu.RetryPolicy{MaxRetries: 7}, nil, 8},
		"none below zero":                   {ceffu.RetryPolicy{MaxRetries: -1}, nil, 1},
		"the call overrides the policy":     {ceffu.RetryPolicy{MaxRetries: 7}, []ceffu.CallOption{ceffu.WithMaxRetries(1)}, 2},
		"also with more":                    {ceffu.RetryPolicy{MaxRetries: -1}, []ceffu.CallOption{ceffu.WithMaxRetries(5)}, 6},
		"a call's 0 means none":             {ceffu.RetryPolicy{MaxRetries: 7}, []ceffu.CallOption{ceffu.WithMaxRetries(0)}, 1},
		"a call's number below zero, too":   {ceffu.RetryPolicy{MaxRetries: 7}, []ceffu.CallOption{ceffu.WithMaxRetries(-3)}, 1},
		"the last of two options wins":      {ceffu.RetryPolicy{}, []ceffu.CallOption{ceffu.WithMaxRetries(9), ceffu.WithMaxRetries(2)}, 3},
		"a call option of nil is no option": {ceffu.RetryPolicy{}, []ceffu.CallOption{nil, ceffu.WithMaxRetries(2), nil}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor := answering(code(500, "G20001"))
				_, err := over(t, vendor, ceffu.WithRetryPolicy(tt.policy)).ResendWebhooks(t.Context(), testRequest(), tt.call...)
				require.ErrorIs(t, err, ceffu.ErrServer)
				assert.Len(t, vendor.requests(), tt.requests)
			})
		})
	}
}

func TestAnAnswerThatIsCutOffIsRetried(t *testing.T) {
	t.Parallel()
	var cut atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if cut.Add(1) <= 2 {
			w.Header().Set("Content-Length", "100") // and then the handler writes less
		}
		io.WriteString(w, success) //nolint:errcheck,gosec // the client sees what came
	}))
	t.Cleanup(server.Close)
	c := newClient(t, ceffu.WithBaseURL(server.URL), soon())
	_, err := c.ResendWebhooks(t.Context(), testRequest(), ceffu.WithMaxRetries(0))
	require.ErrorIs(t, err, ceffu.ErrOutcomeUnknown)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = c.ResendWebhooks(t.Context(), testRequest())
	require.NoError(t, err)
	assert.EqualValues(t, 3, cut.Load())
}
