package ceffu_test

import (
	"fmt"
	"net/http"
	"slices"
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
	mu       sync.Mutex
	seen     []sent
	skew     time.Duration
	status   int
	date     string                    // "" for the true one, "none" for none at all, else as it is
	refusal  func(n int) time.Duration // what the n-th refusal takes on its way back
	refusals int
}

func ahead(skew time.Duration) *elsewhere {
	return &elsewhere{skew: skew, status: http.StatusBadRequest}
}

func (e *elsewhere) set(skew time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.skew = skew
}

func (e *elsewhere) requests() []sent {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.seen)
}

func (e *elsewhere) now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Now().Add(e.skew)
}

func (e *elsewhere) delay() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refusals++
	if e.refusal == nil {
		return 0
	}
	return e.refusal(e.refusals)
}

func (e *elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	in, now := received(r), e.now()
	var body struct{ Timestamp int64 }
	decodeLeniently(in.Body, &body)
	a := accepted
	if time.UnixMilli(body.Timestamp).Sub(now).Abs() > time.Minute {
		a = code(e.status, "G20007")
		a = a.after(e.delay())
	}
	switch e.date {
	case "":
		a = a.with("Date", now.UTC().Format(http.TimeFormat))
	case "none":
	default:
		a = a.with("Date", e.date)
	}
	e.mu.Lock()
	e.seen = append(e.seen, in)
	e.mu.Unlock()
	return a.response(r)
}

func TestAnExpiredTimestampIsSentOnceMoreByCeffusClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{10 * time.Minute, -10 * time.Minute, 61 * time.Second, -90 * 24 * time.Hour} {
		for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized} {
			t.Run(fmt.Sprintf("Ceffu is ahead by %v and answers %d", skew, status), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					vendor := ahead(skew)
					vendor.status = status
					c := over(t, vendor)
					begin := time.Now()
					result, err := c.ResendWebhooks(t.Context(), testRequest())
					require.NoError(t, err)
					assert.True(t, result.Accepted)
					assert.Zero(t, time.Since(begin), "the retry has nothing to wait for")
					require.Len(t, vendor.requests(), 2)
					assertSigned(t, vendor.requests()[1])

					<-time.After(time.Hour)
					_, err = c.ResendWebhooks(t.Context(), testRequest())
					require.NoError(t, err)
					require.Len(t, vendor.requests(), 3, "the offset is kept for later calls")
					got := time.UnixMilli(vendor.requests()[2].timestamp(t))
					assert.WithinDuration(t, vendor.now(), got, 2*time.Second)
				})
			})
		}
	}
}

func TestAnExpiredTimestampStaysAnErrorIfTheClockIsNotTheReason(t *testing.T) {
	t.Parallel()
	for name, date := range map[string]string{
		"the answer's Date is our time":   "",
		"the answer has no Date":          "none",
		"the answer's Date is no date":    "yesterday",
		"the answer's Date is not in GMT": "Sat, 01 Jan 2000 00:00:00 BRT",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor := answering(code(400, "G20007"))
				if date == "" {
					vendor.answers[0] = vendor.answers[0].with("Date", time.Now().UTC().Format(http.TimeFormat))
				} else if date != "none" {
					vendor.answers[0] = vendor.answers[0].with("Date", date)
				}
				c := over(t, vendor)
				_, err := c.ResendWebhooks(t.Context(), testRequest())
				require.ErrorIs(t, err, ceffu.ErrTimestampExpired)
				require.ErrorContains(t, err, "2 attempts; compare this machine's clock with true time")
				begin := time.Now().UnixMilli()
				require.Len(t, vendor.requests(), 2)
				assert.Equal(t, begin, vendor.requests()[0].timestamp(t))
				assert.Equal(t, begin+1, vendor.requests()[1].timestamp(t), "the clock is not changed")
			})
		})
	}
}

func TestAClockThatIsSetRightLaterIsCorrectedBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := ahead(10 * time.Minute)
		c := over(t, vendor)
		for i, want := range []int{2, 3, 5, 6} {
			if i == 2 {
				vendor.set(0) // somebody has set this machine's clock
			}
			_, err := c.ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
			assert.Len(t, vendor.requests(), want)
		}
	})
}

func TestGoroutinesRefusedAtOnceCorrectTheClockOnce(t *testing.T) {
	t.Parallel()
	// All of them are sent before the first refusal is back.
	for name, refusal := range map[string]func(int) time.Duration{
		"all refusals come back at once":     func(int) time.Duration { return time.Millisecond },
		"the refusals come back in a row":    func(n int) time.Duration { return time.Duration(n) * time.Second },
		"the refusals come back much later":  func(n int) time.Duration { return time.Duration(n*n) * time.Second },
		"all but one refusal come back late": func(n int) time.Duration { return time.Millisecond + time.Duration(min(n, 2)-1)*40*time.Second },
	} {
		for _, skew := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
			t.Run(fmt.Sprintf("%s, skew %v", name, skew), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					vendor := ahead(skew)
					vendor.refusal = refusal
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
					seen := vendor.requests()
					require.Len(t, seen, 2*16+1, "each is refused once and then accepted")
					timestamps := make(map[int64]bool)
					for _, r := range seen {
						timestamps[r.timestamp(t)] = true
					}
					assert.Len(t, timestamps, len(seen), "a timestamp was used twice")
					last := time.UnixMilli(seen[len(seen)-1].timestamp(t))
					assert.WithinDuration(t, vendor.now(), last, 2*time.Second)
				})
			})
		}
	}
}

func TestWithoutRetriesTheClockIsCorrectedForTheNextCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := ahead(time.Hour)
		c := over(t, vendor)
		_, err := c.ResendWebhooks(t.Context(), testRequest(), ceffu.WithMaxRetries(0))
		require.ErrorIs(t, err, ceffu.ErrTimestampExpired)
		require.Len(t, vendor.requests(), 1)
		_, err = c.ResendWebhooks(t.Context(), testRequest(), ceffu.WithMaxRetries(0))
		require.NoError(t, err)
		assert.Len(t, vendor.requests(), 2)
	})
}

func TestAClockThatRanAheadForOneAttemptIsRightWithTheNext(t *testing.T) {
	t.Parallel()
	for name, date := range map[string]string{"Ceffu's responses have a Date": "", "they have none": "none"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor, wrong := ahead(0), true
				vendor.date = date
				c := over(t, vendor)
				c.SetClock(func() time.Time {
					if wrong {
						wrong = false
						return time.Now().Add(time.Hour)
					}
					return time.Now()
				})
				for i := range 3 {
					_, err := c.ResendWebhooks(t.Context(), testRequest())
					require.NoError(t, err)
					assert.Len(t, vendor.requests(), i+2)
				}
			})
		})
	}
}

func TestADateThatIsNotCeffusIsLeftForOnesOwnClock(t *testing.T) {
	t.Parallel()
	for name, retries := range map[string]int{"in the same call": 3, "in the next call, if there are no retries left": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				vendor, slow := ahead(0), true
				vendor.date = time.Now().Add(8 * 24 * time.Hour).UTC().Format(http.TimeFormat) // a gateway's
				c := over(t, vendor, ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: retries}))
				c.SetClock(func() time.Time {
					if slow { // the first request is held up on its way
						slow = false
						return time.Now().Add(-2 * time.Minute)
					}
					return time.Now()
				})
				_, err := c.ResendWebhooks(t.Context(), testRequest())
				if retries == 1 {
					require.ErrorIs(t, err, ceffu.ErrTimestampExpired)
					_, err = c.ResendWebhooks(t.Context(), testRequest())
				}
				require.NoError(t, err)
				assert.Len(t, vendor.requests(), 3)
				_, err = c.ResendWebhooks(t.Context(), testRequest())
				require.NoError(t, err)
				assert.Len(t, vendor.requests(), 4, "the wrong Date is not adopted again")
			})
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
		c, timestamps := over(t, vendor), map[int64]bool{}
		for range 20 {
			_, err := c.ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
			<-time.After(time.Second)
		}
		for _, r := range vendor.requests() {
			timestamps[r.timestamp(t)] = true
		}
		assert.Len(t, vendor.requests(), 22)
		assert.Len(t, timestamps, 22, "each attempt has its own")
	})
}
