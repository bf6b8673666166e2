package ceffu_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// waits are those between the requests, in virtual time.
func waits(requests []sent) []time.Duration {
	var all []time.Duration
	for i := 1; i < len(requests); i++ {
		all = append(all, requests[i].At.Sub(requests[i-1].At))
	}
	return all
}

func TestTheWaitIsDrawnBelowACeilingThatDoubles(t *testing.T) {
	t.Parallel()
	const s, ms = time.Second, time.Millisecond
	for name, tt := range map[string]struct {
		policy   ceffu.RetryPolicy
		ceilings []time.Duration
	}{
		"by default from 500 ms to 30 s": {
			ceffu.RetryPolicy{MaxRetries: 9},
			[]time.Duration{500 * ms, s, 2 * s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s, 30 * s},
		},
		"as the policy says": {
			ceffu.RetryPolicy{MaxRetries: 4, MinWait: 3 * s, MaxWait: 7 * s}, []time.Duration{3 * s, 6 * s, 7 * s, 7 * s},
		},
		"a MaxWait below the default MinWait": {
			ceffu.RetryPolicy{MaxRetries: 2, MaxWait: 10 * ms}, []time.Duration{10 * ms, 10 * ms},
		},
		"a MinWait above the default MaxWait": {
			ceffu.RetryPolicy{MaxRetries: 2, MinWait: time.Minute}, []time.Duration{time.Minute, time.Minute},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				longest := make([]time.Duration, len(tt.ceilings))
				var distinct int
				for range 40 {
					vendor := answering(code(500, "G20001"))
					_, err := over(t, vendor, ceffu.WithRetryPolicy(tt.policy)).ResendWebhooks(t.Context(), testRequest())
					require.ErrorIs(t, err, ceffu.ErrServer)
					got := waits(vendor.requests())
					require.Len(t, got, len(tt.ceilings))
					for i, wait := range got {
						assert.LessOrEqual(t, wait, tt.ceilings[i], "retry %d", i+1)
						if longest[i] != 0 && wait != longest[i] {
							distinct++
						}
						longest[i] = max(longest[i], wait)
					}
				}
				// 40 draws stay below half of the ceiling once in 2^40.
				for i, wait := range longest {
					assert.Greater(t, wait, tt.ceilings[i]/2, "the longest of the waits before retry %d", i+1)
				}
				assert.NotZero(t, distinct, "there is no jitter")
			})
		})
	}
}

func TestTheHintOfAnAnswerIsWaitedFor(t *testing.T) {
	t.Parallel()
	gmt := func(d time.Duration) string {
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format(http.TimeFormat)
	}
	for name, tt := range map[string]struct {
		answer answer
		wait   time.Duration
	}{
		"seconds on a rate limit":                 {code(429, "G20012").with("Retry-After", "7"), 7 * time.Second},
		"seconds on a rate limit inside a 200":    {code(200, "G20012").with("Retry-After", "7"), 7 * time.Second},
		"seconds on a 503":                        {answer{status: 503}.with("Retry-After", "90"), 90 * time.Second},
		"two minutes are still waited for":        {answer{status: 503}.with("Retry-After", "120"), 2 * time.Minute},
		"a date, by our clock":                    {answer{status: 429}.with("Retry-After", gmt(time.Minute)), time.Minute},
		"a date, by the clock of whoever answers": {answer{status: 429}.with("Retry-After", gmt(time.Hour)).with("Date", gmt(time.Hour-5*time.Second)), 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor := answering(tt.answer, accepted)
				_, err := over(t, vendor).ResendWebhooks(t.Context(), testRequest())
				require.NoError(t, err)
				assert.Equal(t, []time.Duration{tt.wait}, waits(vendor.requests()))
			})
		})
	}
}

func TestAHintBeyondTheLimitEndsTheCallAtOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		hint   string
		policy ceffu.RetryPolicy
		want   time.Duration
	}{
		"above two minutes":           {"121", ceffu.RetryPolicy{}, 121 * time.Second},
		"above the policy's":          {"11", ceffu.RetryPolicy{MaxRetryAfter: 10 * time.Second}, 11 * time.Second},
		"a number beyond all numbers": {"99999999999999999999", ceffu.RetryPolicy{}, 1<<63 - 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				vendor := answering(code(429, "G20012").with("Retry-After", tt.hint), accepted)
				_, err := over(t, vendor, ceffu.WithRetryPolicy(tt.policy)).ResendWebhooks(t.Context(), testRequest())
				var e *ceffu.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, tt.want, e.RetryAfter)
				assert.Equal(t, 1, e.Attempts)
				assert.Zero(t, time.Since(begin))
				assert.Len(t, vendor.requests(), 1)
			})
		})
	}
}

func TestAWaitBeyondTheDeadlineIsNotBegun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer     answer
		categories []error
	}{
		"after a rate limit":   {code(429, "G20012").with("Retry-After", "60"), rateLimited},
		"after an outage":      {answer{status: 503}.with("Retry-After", "60"), []error{ceffu.ErrServer}},
		"after an inner error": {code(500, "G20001").with("Retry-After", "60"), inDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
				defer cancel()
				begin := time.Now()
				vendor := answering(tt.answer, accepted)
				_, err := over(t, vendor).ResendWebhooks(ctx, testRequest())
				var e *ceffu.Error
				require.ErrorAs(t, err, &e, "the real answer")
				assertCategories(t, err, tt.categories)
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				assert.Zero(t, time.Since(begin))
				assert.Len(t, vendor.requests(), 1)
			})
		})
	}
}
