package ceffu_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/reenvio/reenvio-go/ceffu"
)

var errReset = errors.New("connection reset by a test")

// lost is an attempt whose answer does not come back.
var lost = answer{err: errReset}

func TestADuplicateIsSentOnceMore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answers    []answer
		options    []ceffu.CallOption
		requests   int
		categories []error // nil: success
	}{
		"once, and then accepted": {
			answers: []answer{code(400, "G20015"), accepted}, requests: 2,
		},
		"once inside a 200": {
			answers: []answer{code(200, "G20015"), accepted}, requests: 2,
		},
		"twice is an error": {
			answers: []answer{code(400, "G20015"), code(400, "G20015"), accepted}, requests: 2, categories: duplicate,
		},
		"twice with a rate limit between": {
			answers: []answer{code(400, "G20015"), code(429, "G20012"), code(400, "G20015"), accepted}, requests: 3, categories: duplicate,
		},
		"an expired timestamp is another matter": {
			answers: []answer{code(400, "G20015"), code(400, "G20007"), accepted}, requests: 3,
		},
		"after a lost answer, and then accepted": {
			answers: []answer{lost, code(400, "G20015"), accepted}, requests: 3,
		},
		"twice after a lost answer leaves the outcome in doubt": {
			answers: []answer{lost, code(400, "G20015"), code(400, "G20015"), accepted}, requests: 3,
			categories: []error{ceffu.ErrInvalidRequest, ceffu.ErrDuplicateRequest, ceffu.ErrOutcomeUnknown},
		},
		"after an internal error leaves the outcome in doubt": {
			answers: []answer{code(500, "G20001"), code(400, "G20015"), code(400, "G20015"), accepted}, requests: 3,
			categories: []error{ceffu.ErrInvalidRequest, ceffu.ErrDuplicateRequest, ceffu.ErrOutcomeUnknown},
		},
		"not without retries": {
			answers: []answer{code(400, "G20015"), accepted}, options: []ceffu.CallOption{ceffu.WithMaxRetries(0)},
			requests: 1, categories: duplicate,
		},
		"not beyond the number of retries": {
			answers: []answer{code(429, "G20012"), code(400, "G20015"), accepted}, options: []ceffu.CallOption{ceffu.WithMaxRetries(1)},
			requests: 2, categories: duplicate,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor := answering(tt.answers...)
				_, err := over(t, vendor).ResendWebhooks(t.Context(), testRequest(), tt.options...)
				if tt.categories == nil {
					require.NoError(t, err)
				} else {
					assertCategories(t, err, tt.categories)
				}
				require.Len(t, vendor.requests(), tt.requests)
				assertFresh(t, vendor.requests())
			})
		})
	}
}

// assertFresh checks that no two requests of a call have a timestamp or a
// signature in common, and that timestamps increase in the order of sending.
func assertFresh(tb tester, requests []sent) {
	tb.Helper()
	signatures := make(map[string]bool)
	var before int64
	for _, r := range requests {
		assertSigned(tb, r)
		now := r.timestamp(tb)
		assert.Greater(tb, now, before, "timestamps of one call")
		before = now
		signatures[r.Header.Get("signature")] = true
	}
	assert.Len(tb, signatures, len(requests), "a signature was sent twice")
}

// passing are the failures that a call survives.
var passing = []answer{code(500, "G20001"), code(429, "G20012"), code(400, "G20015"), code(200, "G20012"), lost, {status: 503}}

func TestTimestampsOf64GoroutinesIncreaseAndNoSignatureRepeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		assertUnique(t, 64, 1, append(passing[:3:3], accepted))
	})
}

func TestTimestampsIncreaseWhateverFails(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		goroutines := rapid.IntRange(1, 6).Draw(rt, "goroutines")
		calls := rapid.IntRange(1, 2).Draw(rt, "calls")
		var answers []answer
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(passing)-1), 0, 3, rapid.ID).Draw(rt, "before success") {
			answers = append(answers, passing[i])
		}
		rapid.SyncTest(rt, func(rt *rapid.T) {
			assertUnique(rt, goroutines, calls, append(answers, accepted))
		})
	})
}

// assertUnique makes calls from several goroutines in one virtual millisecond,
// each of which meets all answers, and compares what was sent.
func assertUnique(tb tester, goroutines, calls int, answers []answer) {
	tb.Helper()
	vendor := &perCall{answers: answers, seen: make(map[string][]sent)}
	c, err := ceffu.New(testCredentials(),
		ceffu.WithHTTPClient(&http.Client{Transport: vendor}),
		ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: time.Millisecond, MaxWait: 2 * time.Millisecond}))
	require.NoError(tb, err)
	var all sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			for n := range calls {
				req := testRequest()
				req.WebhookID = strconv.Itoa(g) + "/" + strconv.Itoa(n)
				_, err := c.ResendWebhooks(context.Background(), req) // a rapid.T has none that lives in the bubble
				assert.NoError(tb, err)
			}
		})
	}
	all.Wait()

	timestamps, signatures, requests := make(map[int64]bool), make(map[string]bool), 0
	for _, seen := range vendor.seen {
		assertFresh(tb, seen)
		for _, r := range seen {
			requests++
			timestamps[r.timestamp(tb)] = true
			signatures[r.Header.Get("signature")] = true
		}
	}
	assert.Equal(tb, goroutines*calls*len(answers), requests)
	assert.Len(tb, timestamps, requests, "a timestamp was used twice")
	assert.Len(tb, signatures, requests, "a signature was sent twice")
}

// perCall plays its answers to every call anew. It knows the calls by their webhook.
type perCall struct {
	mu      sync.Mutex
	answers []answer
	seen    map[string][]sent
}

func (p *perCall) RoundTrip(r *http.Request) (*http.Response, error) {
	in := received(r)
	var body struct{ WebhookID string }
	decodeLeniently(in.Body, &body)
	p.mu.Lock()
	a := p.answers[min(len(p.seen[body.WebhookID]), len(p.answers)-1)]
	p.seen[body.WebhookID] = append(p.seen[body.WebhookID], in)
	p.mu.Unlock()
	return a.response(r)
}
