package ceffu_test

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

func TestTimestampsOf64GoroutinesIncreaseAndNoSignatureRepeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := &perCall{
			answers: []answer{code(500, "G20001"), code(429, "G20012"), code(400, "G20015"), accepted},
			seen:    make(map[string][]sent),
		}
		c := over(t, vendor, soon())
		var all sync.WaitGroup
		for n := range 64 { // in one virtual millisecond
			all.Go(func() {
				req := testRequest()
				req.WebhookID = strconv.Itoa(n)
				_, err := c.ResendWebhooks(t.Context(), req)
				assert.NoError(t, err)
			})
		}
		all.Wait()

		timestamps, signatures := make(map[int64]bool), make(map[string]bool)
		for _, seen := range vendor.seen {
			assertFresh(t, seen)
			for _, r := range seen {
				timestamps[r.timestamp(t)] = true
				signatures[r.Header.Get("signature")] = true
			}
		}
		assert.Len(t, timestamps, 64*4, "a timestamp was used twice")
		assert.Len(t, signatures, 64*4, "a signature was sent twice")
	})
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
