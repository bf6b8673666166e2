package celcoinriver_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestAWatchIsARoundAJobAndRecoversWhatIsMissing(t *testing.T) {
	t.Parallel()
	states, notified := make(chan recovery.WatchState, 100), make(chan error, 100)
	o := newOutage(t, shared.Database(t), 2, 10, func(o *outage) {
		o.watch = recovery.WatchConfig{
			Entities: o.request.Entities, Lookback: 48 * time.Hour, Auto: true,
			Observe: func(s recovery.WatchState) { states <- s },
			Notify:  func(ctx context.Context, _ recovery.WatchState) { notified <- ctx.Err() },
		}
		o.periodic = []*river.PeriodicJob{celcoinriver.PeriodicWatch(2 * time.Second)}
	})
	o.works(t)
	s := <-states
	require.NoError(t, s.Err)
	assert.Equal(t, 20, s.Pending)
	assert.True(t, s.Recovering)
	require.NoError(t, <-notified, "there is time to tell somebody")
	s = <-states
	require.NoError(t, s.Err)
	assert.Zero(t, s.Pending)
	require.NotNil(t, s.Report)
	assert.Equal(t, recovery.StateDrained, s.Report.State)
	require.NoError(t, <-notified)
	different, duplicates := o.arrived()
	assert.Equal(t, 20, different)
	assert.Zero(t, duplicates)
}

// A machine that is killed in a round, or hangs, must not stop the watch: River has
// its job as running until it is rescued.
func TestAWatchGoesOnWhileARoundDoesNotEnd(t *testing.T) {
	t.Parallel()
	var rounds atomic.Int32
	hang, looked := make(chan struct{}), make(chan recovery.WatchState, 100)
	o := newOutage(t, shared.Database(t), 2, 0, func(o *outage) {
		o.Slots = 2
		o.watch = recovery.WatchConfig{Entities: o.request.Entities, Observe: func(s recovery.WatchState) {
			if rounds.Add(1) == 1 {
				<-hang
			}
			looked <- s
		}}
		o.periodic = []*river.PeriodicJob{celcoinriver.PeriodicWatch(time.Second)}
	})
	o.works(t)
	t.Cleanup(func() { close(hang) }) // before the machine stops
	select {
	case s := <-looked:
		require.NoError(t, s.Err)
	case <-time.After(time.Minute):
		t.Fatal("no other round begins")
	}
}
