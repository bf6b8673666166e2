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
		bubble(t, tt.name, func(t *testing.T) {
			s := settings(play(answers(500, "")))
			s.Policy = tt.policy
			begin := time.Now()
			newClient(s).Do(t.Context(), get(t, somewhere))
			assert.LessOrEqual(t, time.Since(begin), tt.ends)
		})
	}
}

func TestTheServersHintIsTheWait(t *testing.T) {
	t.Parallel()
	const none, ends = -1, -2 // jitter of at most 500 ms; the call ends with the answer
	for _, tt := range []struct {
		name string
		step step
		wait time.Duration
	}{
		{"of a 429", answers(429, "", "Retry-After", "7"), 7 * time.Second},
		{"of a 503", answers(503, "", "Retry-After", "7"), 7 * time.Second},
		{"of a 500", answers(500, "", "Retry-After", "7"), 7 * time.Second},
		{"of a rate limit inside a 200", answers(200, "", "Retry-After", "7", "X-Kind", "rate limited"), 7 * time.Second},
		{"above MaxWait, at MaxRetryAfter", answers(429, "", "Retry-After", "120"), 2 * time.Minute},
		{"over MaxRetryAfter", answers(429, "", "Retry-After", "121"), ends},
		{"too large for a duration", answers(429, "", "Retry-After", "99999999999999999999"), ends},
		{"of zero, which is none", answers(429, "", "Retry-After", "0"), none},
		{"in the past, which is none", answers(429, "", "Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"), none},
		{"not of a reason that is gone, which is retried at once", answers(200, "", "Retry-After", "7", "X-Kind", "retry now"), 0},
		{"not of new credentials, which are tried at once", answers(401, "", "Retry-After", "700", "X-Kind", "reauthorize"), 0},
	} {
		bubble(t, tt.name, func(t *testing.T) {
			server := play(tt.step, answers(200, "{}"))
			begin := time.Now()
			out := newClient(settings(server)).Do(t.Context(), get(t, somewhere))
			require.NoError(t, out.Err)
			if tt.wait == ends {
				assert.Zero(t, time.Since(begin), "returns at once")
				assert.Equal(t, 429, out.Response.Status, "the real answer")
				assert.Positive(t, out.RetryAfter)
				return
			}
			require.Len(t, server.gaps(), 1)
			if tt.wait == none {
				assert.Positive(t, server.gaps()[0], "not all at once")
				assert.LessOrEqual(t, server.gaps()[0], 500*time.Millisecond)
			} else {
				assert.Equal(t, tt.wait, server.gaps()[0])
			}
		})
	}
}

// TestAWaitThatWouldOutliveTheDeadlineIsNotBegun: the caller gets the real
// answer, and gets it early.
func TestAWaitThatWouldOutliveTheDeadlineIsNotBegun(t *testing.T) {
	t.Parallel()
	for deadline, requests := range map[time.Duration]int{
		9 * time.Second: 1, 10 * time.Second: 1, 10*time.Second + 1: 2, 15 * time.Second: 2,
	} {
		bubble(t, deadline.String(), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			server := play(answers(429, "", "Retry-After", "10"))
			begin := time.Now()
			out := newClient(settings(server)).Do(ctx, get(t, somewhere))
			require.NoError(t, out.Err)
			assert.Equal(t, 429, out.Response.Status)
			assert.Equal(t, 10*time.Second, out.RetryAfter)
			assert.Equal(t, requests, server.requests())
			assert.Equal(t, time.Duration(requests-1)*10*time.Second, time.Since(begin))
		})
	}
}
