package ceffu_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

// elsewhere is a Ceffu whose clock is ahead of ours by skew. It refuses
// timestamps that are more than a minute away from its own time.
type elsewhere struct {
	skew    time.Duration
	noDate  bool
	date    string                    // instead of the true one
	refusal func(n int) time.Duration // what the n-th refusal takes on its way back

	mu       sync.Mutex
	seen     []sent
	refusals int
}

func (e *elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	in, now, a := received(r), time.Now().Add(e.skew), accepted
	e.mu.Lock()
	e.seen = append(e.seen, in)
	if time.UnixMilli(in.body(new(testing.T)).Timestamp).Sub(now).Abs() > time.Minute {
		a = code(http.StatusBadRequest, "G20007")
		e.refusals++
		if e.refusal != nil {
			a.delay = e.refusal(e.refusals)
		}
	}
	e.mu.Unlock()
	switch {
	case e.noDate:
	case e.date != "":
		a = a.with("Date", e.date)
	default:
		a = a.with("Date", now.UTC().Format(http.TimeFormat))
	}
	return a.response(r)
}

// timestamps are those of the requests, each of which has its own.
func timestamps(t *testing.T, seen []sent) (all []time.Time) {
	t.Helper()
	different := map[int64]bool{}
	for _, r := range seen {
		ms := r.body(t).Timestamp
		assert.False(t, different[ms], "a timestamp was used twice")
		different[ms] = true
		all = append(all, time.UnixMilli(ms))
	}
	return all
}

func TestAnExpiredTimestampIsSentOnceMoreByCeffusClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{10 * time.Minute, -10 * time.Minute, 61 * time.Second, -90 * 24 * time.Hour} {
		bubble(t, skew.String(), func(t *testing.T) {
			vendor := &elsewhere{skew: skew}
			c := over(t, vendor)
			begin := time.Now()
			_, err := c.ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
			assert.Zero(t, time.Since(begin), "the retry has nothing to wait for")
			require.Len(t, vendor.seen, 2)

			<-time.After(time.Hour)
			_, err = c.ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
			require.Len(t, vendor.seen, 3, "the offset is kept for later calls")
			assert.WithinDuration(t, time.Now().Add(skew), timestamps(t, vendor.seen)[2], 2*time.Second)

			vendor.skew = 0 // this machine's clock has been set right
			for range 2 {
				_, err = c.ResendWebhooks(t.Context(), testRequest())
				require.NoError(t, err)
			}
			assert.Len(t, vendor.seen, 6)
		})
	}
}

func TestAnExpiredTimestampStaysAnErrorIfTheClockIsNotTheReason(t *testing.T) {
	t.Parallel()
	for _, date := range []string{"", "yesterday", "Sat, 01 Jan 2000 00:00:00 BRT", "Sat, 01 Jan 2000 00:00:01 GMT"} {
		synctest.Test(t, func(t *testing.T) {
			vendor := answering(code(400, "G20007").with("Date", date))
			_, err := over(t, vendor).ResendWebhooks(t.Context(), testRequest())
			require.ErrorIs(t, err, ceffu.ErrTimestampExpired)
			require.ErrorContains(t, err, "compare this machine's clock with true time")
			begin := time.Now()
			for i, got := range timestamps(t, vendor.requests()) {
				assert.Equal(t, time.Duration(i)*time.Millisecond, got.Sub(begin), "the clock is not changed")
			}
			assert.Len(t, vendor.requests(), 2)
		})
	}
}

func TestGoroutinesRefusedAtOnceCorrectTheClockOnce(t *testing.T) {
	t.Parallel()
	// All of them are sent before the first refusal is back.
	for name, refusal := range map[string]func(int) time.Duration{
		"all refusals come back at once":     func(int) time.Duration { return time.Millisecond },
		"the refusals come back in a row":    func(n int) time.Duration { return time.Duration(n) * time.Second },
		"all but one refusal come back late": func(n int) time.Duration { return time.Millisecond + time.Duration(min(n, 2)-1)*40*time.Second },
	} {
		for _, skew := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
			bubble(t, fmt.Sprintf("%s, skew %v", name, skew), func(t *testing.T) {
				vendor := &elsewhere{skew: skew, refusal: refusal}
				c := over(t, vendor, ceffu.WithAttemptTimeout(0))
				var all sync.WaitGroup
				for range 16 {
					all.Go(func() {
						_, err := c.ResendWebhooks(t.Context(), testRequest())
						assert.NoError(t, err)
					})
				}
				all.Wait()
				_, err := c.ResendWebhooks(t.Context(), testRequest())
				require.NoError(t, err)
				require.Len(t, vendor.seen, 2*16+1, "each is refused once and then accepted")
				assert.WithinDuration(t, time.Now().Add(skew), timestamps(t, vendor.seen)[32], 2*time.Second)
			})
		}
	}
}

// wrongOnce is this machine's clock when it is wrong for one attempt.
func wrongOnce(by time.Duration) func() time.Time {
	return func() time.Time {
		now := time.Now().Add(by)
		by = 0
		return now
	}
}

func TestAClockThatIsWrongForOneAttemptIsRightWithTheNext(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		wrong   time.Duration
		vendor  *elsewhere
		retries int
		seen    int // requests of the first two calls
	}{
		"Ceffu's responses have a Date":      {time.Hour, &elsewhere{}, 3, 3},
		"Ceffu's responses have none":        {time.Hour, &elsewhere{noDate: true}, 3, 3},
		"the Date is a gateway's, days away": {-2 * time.Minute, &elsewhere{date: "Sun, 09 Jan 2000 00:00:00 GMT"}, 3, 4},
		"and there are no retries":           {time.Hour, &elsewhere{}, ceffu.NoRetries, 2},
		"and there is one retry only":        {-2 * time.Minute, &elsewhere{date: "Sun, 09 Jan 2000 00:00:00 GMT"}, 1, 3},
	} {
		bubble(t, name, func(t *testing.T) {
			c := over(t, tt.vendor, ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: tt.retries}))
			c.SetClock(wrongOnce(tt.wrong))
			_, err := c.ResendWebhooks(t.Context(), testRequest())
			if tt.retries <= 1 {
				require.ErrorIs(t, err, ceffu.ErrTimestampExpired)
			} else {
				require.NoError(t, err)
			}
			for range 2 {
				_, err = c.ResendWebhooks(t.Context(), testRequest())
				require.NoError(t, err)
			}
			timestamps(t, tt.vendor.seen)
			assert.Len(t, tt.vendor.seen, tt.seen+1, "a wrong Date is not adopted again")
		})
	}
}

func TestAClockThatIsSetBackTwiceRepeatsNoTimestamp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Two gateways whose clocks differ: the second is behind the first.
		refusal := func(after, behind time.Duration) answer {
			return code(400, "G20007").with("Date", time.Now().Add(after-behind).UTC().Format(http.TimeFormat))
		}
		vendor := answering(refusal(0, 10*time.Second), accepted, accepted, refusal(2*time.Second, 13*time.Second), accepted)
		c := over(t, vendor)
		for range 20 {
			_, err := c.ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
			<-time.After(time.Second)
		}
		assert.Len(t, timestamps(t, vendor.requests()), 22)
	})
}

func TestAClockThatIsSetBackRepeatsNoTimestampOnceItComesToThoseBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := code(400, "G20007").with("Date", time.Now().UTC().Format(http.TimeFormat))
		vendor := answering(accepted, refused.after(time.Millisecond), accepted)
		c := over(t, vendor)
		c.SetClock(wrongOnce(3 * time.Second))
		for i := range 1101 {
			if i == 1100 {
				<-time.After(3*time.Second - time.Millisecond)
			}
			_, err := c.ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
		}
		timestamps(t, vendor.requests())
	})
}
