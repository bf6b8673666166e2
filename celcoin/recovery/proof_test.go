package recovery_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func drained(t *testing.T, s *story, report *recovery.Report, err error) {
	t.Helper()
	require.NoError(t, err)
	assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
	assert.Zero(t, s.server.Pending(""))
}

func TestDeliveriesThatAreLateAndOutOfOrderAreWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200, celcointest.WithReplayDelay(2*time.Second), celcointest.WithReplaySpread(5*time.Second))
		report, err := s.recoverer(t).Recover(t.Context(), s.request("late"))
		drained(t, s, report, err)
		most, _ := s.most()
		assert.Equal(t, 1, most, "nothing is asked for twice because it is late")
	})
}

func TestReplaysThatAreLostAreAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200, celcointest.WithLostReplays(0.1))
		report, err := s.recoverer(t, recovery.WithMaxAttempts(10)).Recover(t.Context(), s.request("lost"))
		drained(t, s, report, err)
		assert.Positive(t, report.Retries)
	})
}

func TestFivePercentOfFaultsOnEveryCallLoseNothing(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]celcointest.Fault{
		"a 503":                         {Status: 503},
		"a 429 with Retry-After":        {Status: 429, RetryAfter: "2"},
		"a 500":                         {Code: "CIE999", Status: 500},
		"a reset":                       {Reset: true},
		"a lost answer":                 {Reset: true, Processed: true},
		"a cut body":                    {CutBody: true, Processed: true},
		"HTML instead of JSON":          {Status: 200, Body: []byte("<html>"), Processed: true},
		"a token that was revoked":      {RevokeToken: true},
		"an internal error after all":   {Code: "CIE999", Status: 400, Processed: true},
		"a business error of one's own": {Code: "XYZ123", Status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 300)
				fault.Probability = 0.05
				if fault.Code == "XYZ123" {
					fault.Operation = "replay" // elsewhere it would end the run
				}
				require.NoError(t, s.server.Inject(fault))
				r := s.recoverer(t, recovery.WithMaxAttempts(10))
				report, err := r.Recover(t.Context(), s.request("faults"))
				for tries := 0; err != nil && tries < 20; tries++ { // a listing that failed for good, say
					report, err = r.Recover(t.Context(), s.request("faults"))
				}
				drained(t, s, report, err)
				_, distinct := s.most()
				assert.Equal(t, 450, distinct)
			})
		})
	}
}

func TestACancelledRunIsResumed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 600)
		ctx, cancel := context.WithCancel(t.Context())
		r := s.recoverer(t, recovery.WithProgress(func(p recovery.Progress) {
			if p.Step == "replaying" && p.Totals.Replayed > 300 {
				cancel()
			}
		}))
		report, err := r.Recover(ctx, s.request("cancel"))
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, recovery.StateCancelled, report.State)
		assert.Positive(t, report.Totals.StillPending)
		assert.Positive(t, s.server.Pending(""))

		report, err = r.Resume(t.Context(), "cancel")
		drained(t, s, report, err)
		most, _ := s.most()
		assert.Equal(t, 1, most)
	})
}

func TestTheGateHoldsTheRunUntilTheReceiverIsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 50)
		s.setDown(true)
		upAt := time.Now().Add(3 * time.Minute)
		report, err := s.recoverer(t, recovery.WithGate(func(context.Context) error {
			if time.Now().Before(upAt) {
				return errors.New("not yet")
			}
			s.setDown(false)
			return nil
		})).Recover(t.Context(), s.request("gate"))
		drained(t, s, report, err)
		assert.Equal(t, 1, report.GateClosed)
		for _, d := range s.server.Deliveries() {
			assert.False(t, d.Time.Before(upAt))
		}
	})
}

func TestAGateThatStaysClosedEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 50)
		report, err := s.recoverer(t, recovery.WithGate(func(context.Context) error { return errors.New("down") })).
			Recover(t.Context(), s.request("gate"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Contains(t, report.Reason, "not ready for 10m0s: down")
		assert.Empty(t, s.server.Deliveries())
	})
}

func TestWhatIsOlderThanSevenDaysIsNamedAndNeverTried(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute} {
		for _, trueDates := range []bool{false, true} {
			t.Run(fmt.Sprintf("our clock is off by %v, true dates %v", off, trueDates), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := outage(t, 0, celcointest.WithTrueDates(trueDates))
					now := time.Now()
					old := now.Add(-7 * 24 * time.Hour)
					s.from, s.to = old.Add(-30*time.Minute), old.Add(8*time.Hour)
					shift := 3 * time.Hour // what a false Z takes off a date
					if trueDates {
						shift = 0
					}
					edge := old.Add(shift)
					require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 20, edge.Add(5*time.Minute), edge.Add(2*time.Hour)))
					require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentOut, 10, edge.Add(-5*time.Minute), edge.Add(-time.Second)))
					r := s.recoverer(t, recovery.WithClock(func() time.Time { return time.Now().Add(off) }))
					plan, err := r.Plan(t.Context(), s.request("edge"))
					require.NoError(t, err)
					if !trueDates { // true dates beyond 7 days are not listed any more
						assert.Equal(t, 10, plan.Expired)
						assert.Len(t, plan.ExpiredItems, 10)
					}
					report, err := r.Run(t.Context(), plan)
					require.NoError(t, err)
					assert.Equal(t, 20, report.Totals.Delivered, "%+v", report.Totals)
					assert.Equal(t, plan.Expired, report.Totals.Expired)
					assert.Zero(t, s.server.Pending(celcoin.EntityPixPaymentIn))
				})
			})
		}
	}
}

func TestUnitsCanBeRunOneByOneAndAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.request("units"))
		require.NoError(t, err)
		for range 2 {
			sum := 0
			for _, u := range plan.Units {
				result, err := r.RunUnit(t.Context(), plan.ID, u.Unit)
				require.NoError(t, err)
				assert.Equal(t, recovery.StateDrained, result.State, result.Reason)
				assert.Equal(t, u.Items, result.Totals.Delivered)
				sum += result.Totals.Planned
			}
			assert.Equal(t, plan.Items, sum)
		}
		report, err := r.Verify(t.Context(), plan.ID)
		drained(t, s, report, err)
		most, _ := s.most()
		assert.Equal(t, 1, most)
		_, err = r.RunUnit(t.Context(), plan.ID, recovery.Unit{Entity: "kyc"})
		require.ErrorIs(t, err, recovery.ErrInvalidRequest)
	})
}

func TestALargerPlanThanAllowedIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		req := s.request("large")
		req.MaxItems = 149
		report, err := s.recoverer(t).Recover(t.Context(), req)
		require.ErrorIs(t, err, recovery.ErrTooManyItems)
		assert.Equal(t, recovery.StateRefused, report.State)
		req.MaxItems = 150
		report, err = s.recoverer(t).Recover(t.Context(), req)
		drained(t, s, report, err)
	})
}

// hiding is a Celcoin whose listings miss a webhook now and then.
type hiding struct {
	recovery.API
	id   string
	left int // listings that miss it
}

func (h *hiding) Webhooks(ctx context.Context, q celcoin.Query, opts ...celcoin.CallOption) iter.Seq2[celcoin.Webhook, error] {
	return func(yield func(celcoin.Webhook, error) bool) {
		for w, err := range h.API.Webhooks(ctx, q, opts...) {
			if w.ID == h.id && h.left > 0 {
				h.left--
				continue
			}
			if !yield(w, err) {
				return
			}
		}
	}
}

func TestOneLookIsNotEnough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		h := &hiding{API: s.client, id: s.server.Webhooks()[9].ID}
		s.poison[h.id] = true
		r, err := recovery.New(h, recovery.WithRate(1000, 100), recovery.WithMaxAttempts(1))
		require.NoError(t, err)
		plan, err := r.Plan(t.Context(), s.request("twice"))
		require.NoError(t, err)
		begin := time.Now()
		h.left = 2 // when its replay is proven, and at the first look
		report, err := r.Run(t.Context(), plan)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, 1, report.Totals.StillPending)
		assert.GreaterOrEqual(t, time.Since(begin), 30*time.Second, "the settle time lies between two looks")
	})
}
