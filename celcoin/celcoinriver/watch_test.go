package celcoinriver_test

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestAWatchIsARoundAJobAndRecoversWhatIsMissing(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 2, 10)
	states, notified := make(chan recovery.WatchState, 100), make(chan error, 100)
	o.watch = &recovery.WatchConfig{
		Entities: o.request.Entities, Lookback: 48 * time.Hour, Auto: true,
		Observe: func(s recovery.WatchState) { states <- s },
		Notify:  func(ctx context.Context, _ recovery.WatchState) { notified <- ctx.Err() },
	}
	o.periodic = []*river.PeriodicJob{celcoinriver.PeriodicWatch(2 * time.Second)}
	o.open(t)
	o.works(t)
	s := <-states
	require.NoError(t, s.Err)
	assert.Equal(t, 20, s.Pending)
	require.NotNil(t, s.Report)
	assert.Equal(t, recovery.StateDrained, s.Report.State)
	require.NoError(t, <-notified, "there is time to tell somebody")
	s = <-states
	require.NoError(t, s.Err)
	assert.Zero(t, s.Pending)
	different, duplicates := o.arrived()
	assert.Equal(t, 20, different)
	assert.Zero(t, duplicates)
}

// The orphan of a killed machine must not stop the watch until it is rescued.
func TestAWatchGoesOnAfterAKilledMachine(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 2, 0)
	o.open(t)
	_, err := o.client.Insert(t.Context(), celcoinriver.WatchArgs{}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: time.Second}})
	require.NoError(t, err)
	_, err = o.pool.Exec(t.Context(), "UPDATE "+celcoinriver.Schema+".river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{killed}'")
	require.NoError(t, err)
	looked := make(chan recovery.WatchState, 100)
	o.watch = &recovery.WatchConfig{Entities: o.request.Entities, Observe: func(s recovery.WatchState) { looked <- s }}
	o.periodic = []*river.PeriodicJob{celcoinriver.PeriodicWatch(time.Second)}
	o.pool.Close()
	o.open(t)
	o.works(t)
	s := <-looked
	require.NoError(t, s.Err)
	jobs, err := o.client.JobList(t.Context(), river.NewJobListParams().Kinds(celcoinriver.WatchKind).States(rivertype.JobStateRunning))
	require.NoError(t, err)
	assert.NotEmpty(t, jobs.Jobs, "River believes that the killed one works")
}

func TestAMachineThatWasNotToldWhatToWatchSaysSo(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 2, 0)
	o.open(t)
	o.works(t)
	inserted, err := o.client.Insert(t.Context(), celcoinriver.WatchArgs{}, nil)
	require.NoError(t, err)
	wait(t, "it fails", func() bool {
		row, err := o.client.JobGet(t.Context(), inserted.Job.ID)
		require.NoError(t, err)
		return len(row.Errors) > 0 && row.State == rivertype.JobStateRetryable || row.State == rivertype.JobStateAvailable && row.Attempt > 0
	})
}
