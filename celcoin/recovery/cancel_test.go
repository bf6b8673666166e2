package recovery_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// A bubble ends with an error if a goroutine is left behind.
func TestARecoveryCanBeCancelledAtAnyRequest(t *testing.T) {
	t.Parallel()
	for at := 1; at < 120; at += 4 {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 20, celcointest.WithReplayDelay(2*time.Second))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var n atomic.Int64
			require.NoError(t, s.server.Inject(celcointest.Fault{
				Times: -1, DelayHeaders: time.Millisecond, Match: func(*http.Request) bool {
					if n.Add(1) == int64(at) {
						cancel()
					}
					return true
				},
			}))
			r := s.recoverer(t)
			begin := time.Now()
			report, err := r.Recover(ctx, s.request("")) // an ID that nobody has to think of
			if ctx.Err() == nil {
				drained(t, s, report, err)
				return
			}
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, recovery.StateCancelled, report.State, report.Reason)
			assert.Less(t, time.Since(begin), time.Minute)
			require.NotEmpty(t, report.ID)

			req := s.request(report.ID)
			report, err = r.Recover(t.Context(), req)
			drained(t, s, report, err)
			most, _ := s.most()
			assert.Equal(t, 1, most)
		})
	}
}

func TestAUnitThatIsCancelledSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.request("unit"))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		result, err := r.RunUnit(ctx, plan.ID, plan.Units[0].Unit)
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, recovery.StateCancelled, result.State)
	})
}
