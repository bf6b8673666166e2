package transport_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// TestWaitsAreFullJitterUnderAHardCap: retry n waits between nothing and
// MinWait doubled n times, and never longer than MaxWait.
func TestWaitsAreFullJitterUnderAHardCap(t *testing.T) {
	t.Parallel()
	const rounds = 400
	ceilings := []time.Duration{
		time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
		10 * time.Second, 10 * time.Second, 10 * time.Second, 10 * time.Second,
	}
	synctest.Test(t, func(t *testing.T) {
		lowest := make([]time.Duration, len(ceilings))
		highest := make([]time.Duration, len(ceilings))
		for round := range rounds {
			server := play(answers(500, ""))
			s := settings(server)
			s.Policy = transport.Policy{MaxRetries: len(ceilings), MinWait: time.Second, MaxWait: 10 * time.Second}
			newClient(s).Do(t.Context(), get(t, somewhere))
			gaps := server.gaps()
			require.Len(t, gaps, len(ceilings))
			for i, gap := range gaps {
				highest[i] = max(highest[i], gap)
				if lowest[i] = min(lowest[i], gap); round == 0 {
					lowest[i] = gap
				}
			}
		}
		for i, ceiling := range ceilings {
			assert.LessOrEqual(t, highest[i], ceiling, "retry %d", i+1)
			assert.Greater(t, highest[i], ceiling*9/10, "retry %d uses the whole range", i+1)
			assert.Less(t, lowest[i], ceiling/10, "retry %d uses the whole range", i+1)
		}
	})
}

func TestPoliciesAtTheEndsOfTheirRange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		policy transport.Policy
		ends   time.Duration // all waits together, at most
	}{
		{"the defaults", transport.Policy{}, (500 + 1000 + 2000) * time.Millisecond},
		{"a cap below the default of MinWait", transport.Policy{MaxWait: time.Millisecond}, 3 * time.Millisecond},
		{"a MinWait above the default cap", transport.Policy{MaxRetries: 1, MinWait: time.Hour}, time.Hour},
		{"a cap on every wait", transport.Policy{MinWait: time.Second, MaxWait: time.Second}, 3 * time.Second},
		{"so many retries that doubling overflows", transport.Policy{MaxRetries: 100, MinWait: time.Millisecond, MaxWait: time.Second}, 100 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := settings(play(answers(500, "")))
				s.Policy = tt.policy
				begin := time.Now()
				newClient(s).Do(t.Context(), get(t, somewhere))
				assert.LessOrEqual(t, time.Since(begin), tt.ends)
			})
		})
	}
}

func TestTheServersHintIsTheWait(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		step   step
		wait   time.Duration // 0: not the hint, but jitter of at most 500 ms
		max    time.Duration // MaxRetryAfter
		passes bool
	}{
		{"of a 429", answers(429, "", "Retry-After", "7"), 7 * time.Second, 0, true},
		{"of a 503", answers(503, "", "Retry-After", "7"), 7 * time.Second, 0, true},
		{"of a 500", answers(500, "", "Retry-After", "7"), 7 * time.Second, 0, true},
		{"of a rate limit inside a 200", answers(200, "", "Retry-After", "7", "X-Kind", "rate limited"), 7 * time.Second, 0, true},
		{"above MaxWait", answers(429, "", "Retry-After", "119"), 119 * time.Second, 0, true},
		{"at the default MaxRetryAfter", answers(429, "", "Retry-After", "120"), 2 * time.Minute, 0, true},
		{"over the default MaxRetryAfter", answers(429, "", "Retry-After", "121"), 0, 0, false},
		{"over the policy's MaxRetryAfter", answers(429, "", "Retry-After", "3"), 0, 2 * time.Second, false},
		{"too large for a duration", answers(429, "", "Retry-After", "99999999999999999999"), 0, 0, false},
		{"of zero, which is none", answers(429, "", "Retry-After", "0"), 0, 0, true},
		{"in the past, which is none", answers(429, "", "Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"), 0, 0, true},
		{"that is garbage, which is none", answers(429, "", "Retry-After", "soon"), 0, 0, true},
		{"not of an amended call, which is repeated at once", answers(200, "", "Retry-After", "7", "X-Kind", "retry now"), 0, 0, true},
		{"not of new credentials, which are tried at once", answers(401, "", "Retry-After", "700", "X-Kind", "reauthorize"), 0, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := play(tt.step, answers(200, "{}"))
				s := settings(server)
				s.Policy.MaxRetryAfter = tt.max
				begin := time.Now()
				out := newClient(s).Do(t.Context(), get(t, somewhere))
				require.NoError(t, out.Err)
				switch {
				case !tt.passes:
					assert.Zero(t, time.Since(begin), "returns at once")
					assert.Equal(t, 1, server.requests())
					assert.Equal(t, 429, out.Response.Status, "the real answer")
					assert.Positive(t, out.RetryAfter)
				case tt.wait > 0:
					assert.Equal(t, []time.Duration{tt.wait}, server.gaps())
				default:
					require.Len(t, server.gaps(), 1)
					assert.LessOrEqual(t, server.gaps()[0], 500*time.Millisecond)
				}
			})
		})
	}
}

// TestAHintOfNothingIsNoHint: a server that is busy and says "0" is not to be
// asked again by everybody at once.
func TestAHintOfNothingIsNoHint(t *testing.T) {
	t.Parallel()
	for _, hint := range []string{"0", "Sun, 06 Nov 1994 08:49:37 GMT"} {
		t.Run(hint, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := play(answers(429, "", "Retry-After", hint))
				s := settings(server)
				s.Policy.MaxRetries = 20
				newClient(s).Do(t.Context(), get(t, somewhere))
				assert.NotContains(t, server.gaps(), time.Duration(0))
			})
		})
	}
}

// TestAWaitThatWouldOutliveTheDeadlineIsNotBegun: the caller gets the real
// answer, and gets it early.
func TestAWaitThatWouldOutliveTheDeadlineIsNotBegun(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		hint     string
		deadline time.Duration
		requests int
	}{
		{"a hint over the deadline", "10", 9 * time.Second, 1},
		{"a hint at the deadline", "10", 10 * time.Second, 1},
		{"a hint before the deadline", "10", 10*time.Second + 1, 2},
		{"the second of two hints", "10", 15 * time.Second, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
				defer cancel()
				server := play(answers(429, "", "Retry-After", tt.hint))
				begin := time.Now()
				out := newClient(settings(server)).Do(ctx, get(t, somewhere))
				require.NoError(t, out.Err)
				assert.Equal(t, 429, out.Response.Status)
				assert.Equal(t, 10*time.Second, out.RetryAfter)
				assert.Equal(t, tt.requests, server.requests())
				assert.Equal(t, time.Duration(tt.requests-1)*10*time.Second, time.Since(begin))
			})
		})
	}
}
