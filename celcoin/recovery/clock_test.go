package recovery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// What an answer's Date says is read when the whole answer is there, which may be
// minutes later; and pages wait for their turn.
func TestSlowAnswersAreNotTakenForAnotherClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 900)
		require.NoError(t, s.server.Inject(celcointest.Fault{DelayHeaders: 20 * time.Second, DelayBody: 10 * time.Second, Times: -1}))
		for _, off := range []time.Duration{0, 20 * time.Second, -10 * time.Minute, 2 * time.Hour} {
			r := s.recoverer(t, recovery.WithRate(0.02, 1), recovery.WithClock(func() time.Time { return time.Now().Add(-off) }))
			plan, err := r.Plan(t.Context(), s.request("slow"))
			require.NoError(t, err)
			if off.Abs() < time.Minute {
				assert.Zero(t, plan.Skew)
			} else {
				assert.InDelta(t, off.Seconds(), plan.Skew.Seconds(), 100)
			}
		}
	})
}

func TestQuickAnswersTellTheOtherClockToASecond(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{40 * time.Second, -40 * time.Second, 10 * time.Minute, -2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 100)
			r := s.recoverer(t, recovery.WithClock(func() time.Time { return time.Now().Add(-off) }))
			plan, err := r.Plan(t.Context(), s.request("quick"))
			require.NoError(t, err)
			assert.InDelta(t, off.Seconds(), plan.Skew.Seconds(), 1)
		})
	}
}

// A plan is judged by the same clock wherever it is read.
func TestAStoredPlanKeepsCelcoinsClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		edge := time.Now().Add(-7*24*time.Hour + 3*time.Hour)
		s.from, s.to = edge.Add(-30*time.Minute), edge.Add(time.Hour)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 30, s.from, s.to))
		store := recovery.MemoryStore()
		behind := recovery.WithClock(func() time.Time { return time.Now().Add(-2 * time.Hour) })
		plan, err := s.recoverer(t, recovery.WithStore(store), behind).Plan(t.Context(), s.request("stored"))
		require.NoError(t, err)
		assert.Equal(t, 10, plan.Expired)
		again, err := s.recoverer(t, recovery.WithStore(store), behind).Stored(t.Context(), plan.ID)
		require.NoError(t, err)
		assert.Equal(t, plan, again)

		_, err = s.recoverer(t, recovery.WithStore(store), behind).Verify(t.Context(), plan.ID)
		require.NoError(t, err)
		again, err = s.recoverer(t, recovery.WithStore(store), behind).Stored(t.Context(), plan.ID)
		require.NoError(t, err)
		assert.InDelta(t, 2*time.Hour, again.Skew, float64(time.Second))
	})
}

// Clocks that differ by less than half a minute are taken for the same. Celcoin
// stops listing a webhook before it is too old by ours.
func TestAnAbsenceJustBeforeTheSeventhDayProvesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0, celcointest.WithTrueDates(true))
		edge := time.Now().Add(-7 * 24 * time.Hour)
		s.from, s.to = edge.Add(20*time.Second), edge.Add(25*time.Second)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 5, s.from, s.to))
		never := map[string]bool{}
		for _, w := range s.server.Webhooks() {
			never[w.ID] = true
		}
		s.acceptOnly(t, never)
		report, err := s.recoverer(t, recovery.WithSettle(time.Second), recovery.WithCanary(0),
			recovery.WithClock(func() time.Time { return time.Now().Add(-25 * time.Second) }),
			recovery.WithProgress(func(p recovery.Progress) {
				if p.Step == "replaying" {
					time.Sleep(20 * time.Second) //nolint:forbidigo // virtual time
				}
			})).Recover(t.Context(), s.request("edge"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State, report.Reason)
		assert.Zero(t, report.Totals.Delivered)
	})
}
