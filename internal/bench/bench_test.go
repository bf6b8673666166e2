package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	random "math/rand/v2"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// TestMain lets the test binary be the server and every other part.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArgument {
		main()
	}
	os.Exit(m.Run())
}

func TestEveryRowIsMeasured(t *testing.T) { //nolint:paralleltest // counting allocations holds the collector still
	s := size{rounds: 2, crowds: 500, runs: 2, webhooks: 1000, replayed: 300, pulled: 300}
	rows, err := measure(t.Context(), s, io.Discard)
	require.NoError(t, err)
	var out bytes.Buffer
	write(&out, rows)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2+6+3+1+4)
	for i, r := range rows {
		assert.Equal(t, 6, strings.Count(lines[i+2], "|"), lines[i+2])
		require.Contains(t, []int{1, 3}, len(r.values), r.what)
		for _, values := range r.values {
			require.Len(t, values, len(r.limits), r.what)
		}
		if r.limits[0].format != "%+.0f" { // an excess may be none
			assert.Positive(t, r.values[0][0], r.what)
		}
	}
}

func TestTheServerServesWholeListings(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(serve))
	t.Cleanup(s.Close)
	c, err := newCelcoin(s.URL + "/n-450")
	require.NoError(t, err)
	ids := map[string]bool{}
	for page, want := range []int{200, 200, 50, 0} {
		p, err := c.ListWebhooks(t.Context(), pendingQuery(), celcoin.PageOptions{Page: page + 1})
		require.NoError(t, err)
		require.Len(t, p.Webhooks, want)
		assert.Equal(t, 450, p.TotalItems)
		assert.Equal(t, 3, p.TotalPages)
		for _, w := range p.Webhooks {
			ids[w.ID] = true
			var payload struct {
				Body struct {
					ID string `json:"id"`
				} `json:"body"`
			}
			require.NoError(t, json.Unmarshal([]byte(w.Request), &payload))
			assert.Equal(t, w.ID, payload.Body.ID)
			assert.Equal(t, celcoin.StatusPending, w.Status)
			assert.False(t, w.Created.Time.IsZero())
		}
	}
	assert.Len(t, ids, 450, "all different")
	n, err := iterate(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, 450, n)
}

// seen is what a client sent.
type seen struct {
	r    *http.Request
	body []byte
}

func testClients(t *testing.T, url string) ([]client, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	all, err := clients(url, key)
	require.NoError(t, err)
	return all, key
}

func TestEveryClientMakesTheSameCalls(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var all []seen
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		if !strings.HasSuffix(r.URL.Path, "/v5/token") {
			mu.Lock()
			all = append(all, seen{r, body})
			mu.Unlock()
		}
		serve(w, r)
	}))
	t.Cleanup(s.Close)
	made, key := testClients(t, s.URL+"/n-200")
	for i, c := range made {
		all = nil
		require.NoError(t, c.resend(t.Context()), i)
		require.NoError(t, c.details(t.Context()), i)
		require.NoError(t, c.replay(t.Context()), i)
		require.Len(t, all, 3, "client %d makes no call twice", i)
		resend, details, replay := all[0], all[1], all[2]

		assert.Equal(t, "POST /n-200"+resendPath, resend.r.Method+" "+resend.r.URL.String())
		assert.Equal(t, apiKey, resend.r.Header.Get("Open-Apikey"))
		signature, err := base64.StdEncoding.DecodeString(resend.r.Header.Get("Signature"))
		require.NoError(t, err)
		digest := sha512.Sum512(resend.body)
		require.NoError(t, rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA512, digest[:], signature), i)
		var body resendRequest
		require.NoError(t, json.Unmarshal(resend.body, &body))
		assert.WithinDuration(t, time.Now(), time.UnixMilli(body.Timestamp), time.Hour)
		assert.Equal(t, resendRequest{ceffuWebhook, "1", 1794130200000, body.Timestamp}, body)

		assert.Equal(t, "GET /n-200"+detailsPath, details.r.Method+" "+details.r.URL.Path)
		assert.Equal(t, url.Values{
			"DateFrom": {"2026-11-08T06:30:00-03:00"}, "DateTo": {"2026-11-08T07:30:00-03:00"},
			"OnlyPending": {"true"}, "Page": {"1"}, "LimitPerPage": {"200"},
		}, details.r.URL.Query())
		assert.Empty(t, details.body)

		assert.Equal(t, "PUT /n-200"+replayPath, replay.r.Method+" "+replay.r.URL.Path)
		assert.Equal(t, url.Values{"webhookId": {celcoinWebhook}}, replay.r.URL.Query())
		assert.Equal(t, "{}", string(replay.body))
		for _, call := range []seen{details, replay} {
			assert.Equal(t, "Bearer "+bearerToken, call.r.Header.Get("Authorization"))
			assert.Equal(t, "application/json", call.r.Header.Get("Accept"))
		}
	}
}

// TestNoClientTakesAnotherResponse: a client that is refused would look fast.
func TestNoClientTakesAnotherResponse(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/v5/token") {
			respond(w, []byte(granted))
			return
		}
		respond(w, []byte(`{"data":null,"code":"G20005","status":"ERROR","body":{"totalItems":0}}`))
	}))
	t.Cleanup(s.Close)
	made, _ := testClients(t, s.URL)
	for i, c := range made {
		for _, call := range calls() {
			require.Error(t, call.do(c, t.Context()), "client %d, %s", i, call.name)
		}
	}
}

func TestTheTableJudgesOurValues(t *testing.T) {
	t.Parallel()
	below := atMost("%.2f", 1.1)
	below.belowResty = true
	atLeast, shown := limit{sign: "≥", format: "%.0f", bound: 100}, limit{format: "%.0f"}
	for _, tt := range []struct {
		name   string
		limits []limit
		values [][]float64
		want   string
		missed bool
	}{
		{"at the limit", []limit{atMost("%.2f", 1)}, [][]float64{{1}}, "| 1.00 | ≤ 1.00 | – | – |", false},
		{"over it", []limit{atMost("%.2f", 1)}, [][]float64{{1.01}}, "| 1.01 | ≤ 1.00, MISSED | – | – |", true},
		{"the second over it", []limit{atMost("%.0f", 1), atMost("%.0f", 1)}, [][]float64{{1, 2}}, "| 1, 2 | ≤ 1, ≤ 1, MISSED | – | – |", true},
		{"others over it", []limit{atMost("%.2f", 1)}, [][]float64{{1}, {2}, {3}}, "| 1.00 | ≤ 1.00 | 2.00 | 3.00 |", false},
		{"another is ahead", []limit{atMost("%.2f", 1)}, [][]float64{{1}, {0.9}, {1}}, "| 1.00 | ≤ 1.00 | **0.90** | 1.00 |", false},
		{"below resty", []limit{below}, [][]float64{{1.05}, {1}, {1.06}}, "| 1.05 | ≤ 1.10 and below resty | **1.00** | 1.06 |", false},
		{"as slow as resty", []limit{below}, [][]float64{{1.05}, {1}, {1.05}}, "| 1.05 | ≤ 1.10 and below resty, MISSED | **1.00** | 1.05 |", true},
		{"enough", []limit{atLeast}, [][]float64{{100}}, "| 100 | ≥ 100 | – | – |", false},
		{"too few", []limit{atLeast}, [][]float64{{99}}, "| 99 | ≥ 100, MISSED | – | – |", true},
		{"only shown", []limit{shown}, [][]float64{{0}}, "| 0 | – | – | – |", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			assert.Equal(t, tt.missed, write(&out, []row{{what: "held", limits: []limit{shown}, values: [][]float64{{1}}}, {what: "row", limits: tt.limits, values: tt.values}}))
			assert.Contains(t, out.String(), "| row "+tt.want+"\n")
		})
	}
}

func TestOperationsAreComparedRoundByRound(t *testing.T) {
	t.Parallel()
	var order []int
	ops := make([]op, 3)
	for i := range ops {
		ops[i] = func() error { order = append(order, i); return nil }
	}
	all, err := compare(random.New(random.NewPCG(1, 1)), 100, ops)
	require.NoError(t, err)
	require.Len(t, all, 3)
	for _, ratios := range all {
		assert.Len(t, ratios, 100)
	}
	assert.Equal(t, slices.Repeat([]float64{1}, 100), all[0], "the first over itself")
	rounds := slices.Collect(slices.Chunk(order[len(order)-300:], 3))
	for _, round := range rounds {
		assert.ElementsMatch(t, []int{0, 1, 2}, round)
	}
	for first := range 3 {
		assert.True(t, slices.ContainsFunc(rounds, func(r []int) bool { return r[0] == first }), "each comes first at times")
	}

	failure := errors.New("a failed call has no time")
	_, err = compare(random.New(random.NewPCG(1, 1)), 1, []op{ops[0], func() error { return failure }})
	assert.ErrorIs(t, err, failure)
}

func TestTheMedianLiesInItsInterval(t *testing.T) {
	t.Parallel()
	values := make([]float64, 500)
	for i, place := range random.New(random.NewPCG(1, 1)).Perm(500) {
		values[i] = float64(place)
	}
	assert.InDelta(t, 249.5, median(values), 1e-9)
	low, high := interval(values)
	assert.InDelta(t, 228, low, 1, "250 - 1.96 × √500 / 2")
	assert.InDelta(t, 272, high, 1)
	assert.InDelta(t, 7, median([]float64{7}), 0)
	low, high = interval([]float64{7})
	assert.Equal(t, []float64{7, 7}, []float64{low, high})
}

func TestArgumentsThatMakeNoSenseAreUsage(t *testing.T) {
	t.Parallel()
	for want, args := range map[int][]string{0: {"-h"}, 1: {childArgument, "stranger", ""}, 2: {"-table"}} {
		assert.Equal(t, want, run(t.Context(), args, nil, io.Discard, io.Discard), args)
	}
	assert.Equal(t, 2, run(t.Context(), []string{"quick"}, nil, io.Discard, io.Discard))
}
