package recovery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestProgressSaysUntilWhenItWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		opens := time.Now().Add(time.Minute)
		waits := map[string]time.Duration{} // by step, the longest that was announced
		gate := func(context.Context) error {
			if time.Now().Before(opens) {
				return errors.New("down")
			}
			return nil
		}
		report, err := s.recoverer(t, recovery.WithGate(gate), recovery.WithProgress(func(p recovery.Progress) {
			if !p.Until.IsZero() {
				waits[p.Step] = max(waits[p.Step], time.Until(p.Until))
			}
		})).Recover(t.Context(), s.request("outage"))
		require.NoError(t, err)
		require.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Equal(t, 10*time.Minute, waits["waiting for the receiver"], "the max wait")
		assert.Positive(t, waits["waiting for deliveries"])
		assert.LessOrEqual(t, waits["waiting for deliveries"], 10*time.Minute)
	})
}
