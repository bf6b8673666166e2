package recovery_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestABrokenReceiverOpensTheBreakerOfItsEntityAloneAndATrialClosesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200, celcointest.WithBlocking(20, 50))
		var up atomic.Bool
		s.refuses = func(entity celcoin.Entity) bool { return !up.Load() && entity == celcoin.EntityPixPaymentIn }
		store := recovery.MemoryStore()
		again := func() *recovery.Report {
			report, err := s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), s.request("broken"))
			require.NoError(t, err)
			return report
		}
		report := again()
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Contains(t, report.Reason, "is the receiver up?")
		require.ErrorIs(t, report.Err(), recovery.ErrPartial)
		assert.Equal(t, 100, report.Entities[1].Delivered, "the other entity")
		failed := s.failedDeliveries()
		assert.Equal(t, map[string]int{"pix-payment-in": 6}, failed, "twice the canaries")
		require.Len(t, report.Failures, 6, "they are pending, and named all the same")
		assert.Equal(t, http.StatusServiceUnavailable, report.Failures[0].ReceiverStatus)

		for range 5 { // whoever restarts it again and again
			again()
		}
		failed = s.failedDeliveries()
		assert.Equal(t, map[string]int{"pix-payment-in": 6}, failed, "no trial before its time")

		time.Sleep(10 * time.Minute) //nolint:forbidigo // virtual time
		again()
		failed = s.failedDeliveries()
		assert.Equal(t, map[string]int{"pix-payment-in": 7}, failed, "one trial")

		up.Store(true)
		time.Sleep(10 * time.Minute) //nolint:forbidigo // virtual time
		drained(t, s, again(), nil)
	})
}

func TestAReceiverThatBreaksMidwayIsNotBlocked(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]celcointest.Option{
		"pending stays pending":            nil,
		"a failure takes another status":   {celcointest.WithFailedReplayStatus("FALHA")},
		"deliveries take their time":       {celcointest.WithReplayDelay(3 * time.Second)},
		"deliveries are late and shuffled": {celcointest.WithReplaySpread(5 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 600, append(opts, celcointest.WithBlocking(20, 50))...)
				var broke sync.Once
				r := s.recoverer(t, recovery.WithProgress(func(p recovery.Progress) {
					if p.Totals.Replayed > 200 {
						broke.Do(func() { s.setDown(true) })
					}
				}))
				report, err := r.Recover(t.Context(), s.request("breaks"))
				require.NoError(t, err)
				assert.Equal(t, recovery.StatePartial, report.State)
				failed := s.failedDeliveries()
				assert.NotEmpty(t, failed)
				for entity, n := range failed {
					assert.LessOrEqual(t, n, 50, entity)
				}
				for _, w := range s.server.Webhooks() {
					require.False(t, w.Blocked, w.ID)
				}
				_, distinct := s.most()
				assert.LessOrEqual(t, report.Totals.Delivered-report.Totals.Counted, distinct, "%+v", report.Totals)

				s.setDown(false)
				for tries := 0; report.State != recovery.StateDrained && tries < 5; tries++ {
					time.Sleep(10 * time.Minute) //nolint:forbidigo // virtual time
					report, err = r.Resume(t.Context(), "breaks")
					require.NoError(t, err)
				}
				assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
				most, distinct := s.most()
				assert.Equal(t, 1, most)
				assert.Equal(t, 900, distinct)
			})
		})
	}
}

// A job that is cut into pieces goes on with what an open breaker had stopped.
func TestAJobGoesOnWithAUnitThatWaitedForItsBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 40)
		s.setDown(true)
		r := s.recoverer(t, recovery.WithStore(recovery.MemoryStore()))
		plan, err := r.Plan(t.Context(), s.request("job"))
		require.NoError(t, err)
		made := time.Now()
		report, err := r.ResumeSince(t.Context(), plan.ID, made)
		require.NoError(t, err)
		require.Equal(t, recovery.StatePartial, report.State)
		require.False(t, report.Next.IsZero())
		s.setDown(false)
		time.Sleep(time.Until(report.Next)) //nolint:forbidigo // virtual time
		report, err = r.ResumeSince(t.Context(), plan.ID, made)
		drained(t, s, report, err)
	})
}

// A trial may take as long as the wait for the next one, so that several entities
// would have one under way in turn for ever.
func TestTrialsOfSeveralEntitiesDoNotKeepEachOtherGoing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 1600, celcointest.WithBlocking(20, 50))
		s.miss(t, celcoin.EntityPixReversalIn, 1600)
		req := s.request("trials")
		req.Entities = append(req.Entities, celcoin.EntityPixReversalIn)
		began := time.Now()
		down := map[celcoin.Entity]time.Duration{celcoin.EntityPixPaymentIn: 15 * time.Minute, celcoin.EntityPixReversalIn: 22 * time.Minute}
		s.refuses = func(entity celcoin.Entity) bool { return time.Since(began) >= down[entity] }
		report, err := s.recoverer(t, recovery.WithRate(1.5, 1)).Recover(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Less(t, time.Since(began), time.Hour)
		for entity, n := range s.failedDeliveries() {
			assert.Less(t, n, 50, entity)
		}
	})
}

// Verify, too, may be the first to see that what an interrupted run had in flight failed.
func TestFailuresThatVerifyFindsCountForTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t, celcointest.WithFailedReplayStatus("FALHA"), celcointest.WithReplayDelay(2*time.Second))
		s.miss(t, celcoin.EntityPixPaymentIn, 400)
		store := recovery.MemoryStore()
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			r := s.recoverer(t, recovery.WithStore(store), recovery.WithProgress(func(p recovery.Progress) {
				if p.Totals.Replayed > 40 {
					s.setDown(true)
					time.AfterFunc(time.Second/2, cancel)
				}
			}))
			_, _ = r.Recover(ctx, s.one("verify"))
			cancel()
			time.Sleep(20 * time.Second) //nolint:forbidigo // virtual time
			_, err := r.Verify(t.Context(), "verify")
			require.NoError(t, err)
		}
		assert.LessOrEqual(t, s.failures(), 40)
	})
}

// Five windows have only poison left when the receiver breaks: trials are of the sixth.
func TestWhatNeverArrivesIsNotEveryTrial(t *testing.T) {
	t.Parallel()
	for _, pull := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 0)
			s.from = s.to.Add(-6 * time.Hour)
			s.miss(t, celcoin.EntityPixPaymentIn, 120)
			for i, w := range s.server.Webhooks()[:100] {
				if i%20 >= 16 {
					s.poison[w.ID] = true
				}
			}
			opts := []recovery.Option{recovery.WithStore(recovery.MemoryStore())}
			if pull {
				h := &handler{fails: func(w celcoin.Webhook) bool { return s.take(w.ID) != http.StatusOK }}
				opts = append(opts, recovery.WithPull(h.deliver))
			}
			r := s.recoverer(t, opts...)
			plan, err := r.Plan(t.Context(), s.one("poison"))
			require.NoError(t, err)
			for _, u := range plan.Units[:5] {
				for range 2 { // the breaker may be open after the unit before
					_, _ = r.RunUnit(t.Context(), plan.ID, u.Unit)
					time.Sleep(10 * time.Minute) //nolint:forbidigo // virtual time
				}
			}
			s.setDown(true)
			_, err = r.Run(t.Context(), plan)
			require.NoError(t, err)
			s.setDown(false)
			time.Sleep(10 * time.Minute) //nolint:forbidigo // virtual time
			report, err := r.Resume(t.Context(), plan.ID)
			require.NoError(t, err)
			assert.Equal(t, 100, report.Totals.Delivered, report.Reason)
		})
	}
}
