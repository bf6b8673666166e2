package recovery_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// Where a run waits, Celcoin may deliver a part of the plan of its own accord.
// The pending webhooks become fewer then, and not by what is asked for next.
func TestWhatCelcoinDeliversByItselfDoesNotHideABrokenReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 600, celcointest.WithBlocking(20, 50))
		gate := 0
		report, err := s.recoverer(t, recovery.WithGate(func(context.Context) error {
			if gate++; gate == 4 { // the first 22 minutes have been asked for
				for _, w := range s.server.Webhooks() {
					if age := w.Created.Sub(s.from); age > 35*time.Minute && age < time.Hour {
						s.server.Redeliver(w.Product, w.Entity, w.ID)
					}
				}
				s.server.Settle()
				s.setDown(true)
				time.Sleep(time.Minute) //nolint:forbidigo // virtual time
			}
			return nil
		})).Recover(t.Context(), s.request("by-itself"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Positive(t, report.Totals.AlreadyDelivered)
		unblocked(t, s)
	})
}

// Entities may have receivers of their own.
func TestABrokenReceiverOfOneEntityHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 2200)
		for _, w := range s.server.Webhooks() {
			if w.Entity == celcoin.EntityPixPaymentIn {
				s.poison[w.ID] = true
			}
		}
		report, err := s.recoverer(t).Recover(t.Context(), s.request("one-broken"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Contains(t, report.Reason, "deliveries of pix-payment-in failed")
		assert.Equal(t, 1100, report.Totals.Delivered)
		byEntity, _ := s.failedDeliveries()
		assert.LessOrEqual(t, byEntity[string(celcoin.EntityPixPaymentIn)], 50)
	})
}

// acceptOnly makes Celcoin take the replays of some webhooks and do nothing.
func (s *story) acceptOnly(t *testing.T, ids map[string]bool) {
	t.Helper()
	require.NoError(t, s.server.Inject(celcointest.Fault{
		Operation: "replay", Times: -1, Status: 200, Body: []byte(`{"body":{"totalItems":1},"status":"SUCCESS","version":"1.0.0"}`),
		Match: func(r *http.Request) bool { return ids[r.URL.Query().Get("webhookId")] },
	}))
}

// A unit leaves late replays behind. They take up room of the next unit's, which
// is of the same entity.
func TestTheLateReplaysOfOneUnitDoNotStopTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 240, s.from, s.to))
		never := map[string]bool{} // the last ones of the first hour
		for _, w := range s.server.Webhooks() {
			if age := w.Created.Sub(s.from); age > 50*time.Minute && age < time.Hour {
				never[w.ID] = true
			}
		}
		s.acceptOnly(t, never)
		req := s.request("units")
		req.Margin = -1
		r := s.recoverer(t, recovery.WithCanary(0), recovery.WithFailureLimit(len(never)), recovery.WithMaxAttempts(1))
		plan, err := r.Plan(t.Context(), req)
		require.NoError(t, err)
		require.Len(t, plan.Units, 2)
		first, err := r.RunUnit(t.Context(), plan.ID, plan.Units[0].Unit)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, first.State)
		assert.Equal(t, len(never), first.Totals.StillPending, first.Reason)
		second, err := r.RunUnit(t.Context(), plan.ID, plan.Units[1].Unit)
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, second.State, second.Reason)
	})
}

func TestAUnitDoesNotWaitForWhatAnotherHasLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 40, s.from, s.to))
		s.poison[s.server.Webhooks()[3].ID] = true
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.request("units"))
		require.NoError(t, err)
		require.Len(t, plan.Units, 2)
		_, err = r.RunUnit(t.Context(), plan.ID, plan.Units[0].Unit)
		require.NoError(t, err)
		begin := time.Now()
		second, err := r.RunUnit(t.Context(), plan.ID, plan.Units[1].Unit)
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, second.State)
		assert.Less(t, time.Since(begin), 10*time.Second, "no second look")
	})
}

// What the receiver does not have may be on its way, or may have failed: the
// receiver's word does not tell, but Celcoin shows it.
func TestAReceiverThatIsAskedIsNotBlockedByLateDeliveriesEither(t *testing.T) {
	t.Parallel()
	for _, breakAfter := range []int{1, 50, 130} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 400, celcointest.WithReplayDelay(5*time.Second), celcointest.WithReplaySpread(40*time.Second),
				celcointest.WithBlocking(20, 50))
			begin := time.Now()
			report, err := s.recoverer(t, recovery.WithCanary(0), recovery.WithReceived(s.has),
				recovery.WithProgress(func(p recovery.Progress) {
					if p.Totals.Delivered > breakAfter { // and comes back for a while, now and then
						s.setDown(int(time.Since(begin)/(20*time.Second))%2 == 1)
					}
				})).Recover(t.Context(), s.request("asked"))
			require.NoError(t, err)
			assert.Equal(t, recovery.StatePartial, report.State)
			s.server.Settle()
			unblocked(t, s)
		})
	}
}

func TestABrokenReceiverThatIsAskedEndsTheRunSoonAndIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		s.setDown(true)
		begin := time.Now()
		report, err := s.recoverer(t, recovery.WithReceived(s.has)).Recover(t.Context(), s.request("asked"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Contains(t, report.Reason, "is the receiver up?")
		assert.Less(t, time.Since(begin), time.Minute)
		require.NotEmpty(t, report.Failures)
		assert.Equal(t, 503, report.Failures[0].ReceiverStatus)
	})
}

// has is the receiver's own word.
func (s *story) has(_ context.Context, w celcoin.Webhook) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived[w.ID] > 0, nil
}
