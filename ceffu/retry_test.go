package ceffu_test

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

var errReset = errors.New("connection reset by a test")

var (
	// lost is an attempt whose answer does not come back.
	lost = answer{err: errReset}
	// unsent is an attempt that found no connection.
	unsent = answer{err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}
)

func TestWhatBecomesOfACallAttemptByAttempt(t *testing.T) {
	t.Parallel()
	again, limited, inner := code(400, "G20015"), code(429, "G20012"), code(500, "G20001")
	stillDuplicate := slices.Concat(duplicate, []error{ceffu.ErrOutcomeUnknown})
	for name, tt := range map[string]struct {
		answers    []answer // the last is not asked for if the call fails
		retries    int      // 0: the default 3; below zero: none
		categories []error  // nil: success
	}{
		"a duplicate is sent once more":                 {[]answer{again, accepted}, 0, nil},
		"also inside a 200":                             {[]answer{code(200, "G20015"), accepted}, 0, nil},
		"but not twice":                                 {[]answer{again, again, accepted}, 0, duplicate},
		"nor with a rate limit between":                 {[]answer{again, limited, again, accepted}, 0, duplicate},
		"an expired timestamp is another matter":        {[]answer{again, code(400, "G20007"), accepted}, 0, nil},
		"a duplicate after a lost answer":               {[]answer{lost, again, accepted}, 0, nil},
		"two of them leave the outcome in doubt":        {[]answer{lost, again, again, accepted}, 0, stillDuplicate},
		"as they do after an internal error":            {[]answer{inner, again, again, accepted}, 0, stillDuplicate},
		"no duplicate is sent again without retries":    {[]answer{again, accepted}, -1, duplicate},
		"nor beyond their number":                       {[]answer{limited, again, accepted}, 1, duplicate},
		"a refusal after a lost answer is in doubt":     {[]answer{lost, code(400, "G20005"), accepted}, 0, []error{ceffu.ErrInvalidRequest, ceffu.ErrOutcomeUnknown}},
		"a rate limit after an inner error is in doubt": {[]answer{inner, limited, accepted}, 1, []error{ceffu.ErrRateLimited, ceffu.ErrOutcomeUnknown}},
		"no connection after a lost answer is in doubt": {[]answer{lost, unsent, accepted}, 1, []error{ceffu.ErrOutcomeUnknown}},
		"a refusal after a rate limit is not":           {[]answer{limited, code(400, "G20005"), accepted}, 0, invalid},
		"an answer says nothing of the one before":      {[]answer{inner, {status: 404, body: "{}"}, accepted}, 0, []error{ceffu.ErrNotFound, ceffu.ErrOutcomeUnknown}},
		"no connection leaves nothing in doubt":         {[]answer{unsent, accepted}, -1, none},
	} {
		bubble(t, name, func(t *testing.T) {
			vendor := answering(tt.answers...)
			c := over(t, vendor, ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: tt.retries}))
			_, err := c.ResendWebhooks(t.Context(), testRequest())
			want := len(tt.answers)
			if tt.categories != nil {
				want--
				require.Error(t, err)
				assertCategories(t, err, tt.categories)
			} else {
				require.NoError(t, err)
			}
			require.Len(t, vendor.requests(), want)
			assertFresh(t, vendor.requests())
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
		now := r.body(tb).Timestamp
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
		timestamps := make(map[int64]bool)
		for _, seen := range vendor.seen {
			assertFresh(t, seen)
			for _, r := range seen {
				timestamps[r.body(t).Timestamp] = true
			}
		}
		assert.Len(t, timestamps, 64*4, "a timestamp was used twice")
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
	id := in.body(new(testing.T)).WebhookID
	p.mu.Lock()
	a := p.answers[min(len(p.seen[id]), len(p.answers)-1)]
	p.seen[id] = append(p.seen[id], in)
	p.mu.Unlock()
	return a.response(r)
}
