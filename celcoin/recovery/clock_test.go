package recovery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
