package recovery_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// While one process recovers, whatever another does with the same recovery is
// refused, and leaves it alone.
func TestASecondProcessOnTheSameRecoveryIsRefused(t *testing.T) {
	t.Parallel()
	const items = 300
	c := newCrash(t, items)
	second, err := c.job.recoverer()
	require.NoError(t, err)
	var requests atomic.Int64
	require.NoError(t, c.server.Inject(celcointest.Fault{
		Operation: "replay", Times: -1, DelayHeaders: 1,
		Match: func(*http.Request) bool {
			if n := requests.Add(1); n == 1 || n == items/2 {
				report, err := second.Recover(t.Context(), c.job.Request)
				assert.ErrorIs(t, err, recovery.ErrLocked)
				assert.Equal(t, recovery.StateRefused, report.State)
				_, err = second.Resume(t.Context(), c.job.Request.ID)
				assert.ErrorIs(t, err, recovery.ErrLocked)
				_, err = second.Verify(t.Context(), c.job.Request.ID)
				assert.ErrorIs(t, err, recovery.ErrLocked)
			}
			return false
		},
	}))
	out, err := c.child(t).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.EqualValues(t, items, requests.Load(), "nothing was asked for twice")
	c.succeed(t, items)
	assert.EqualValues(t, items, requests.Load())
}
