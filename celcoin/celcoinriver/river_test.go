package celcoinriver_test

import (
	"bytes"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestARecoveryIsEnqueuedOnceUntilItHasEndedAndThenAgain(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 2, 10, func(o *outage) { o.MaxWait = 2 * time.Second })
	o.refuse(func([]byte) bool { return true })
	o.enqueue(t, 2)
	first := o.status(t)
	assert.Equal(t, recovery.StatePlanned, first.Report.State)
	require.Len(t, first.Jobs, 2)
	o.enqueue(t, 3) // one worker more
	again := o.status(t)
	require.Len(t, again.Jobs, 3)
	assert.Equal(t, first.Jobs, again.Jobs[1:], "the slots that are there stay as they are")

	o.works(t)
	wait(t, "it waits for the receiver", func() bool { return !o.status(t).Report.Next.IsZero() })
	for _, j := range o.status(t).Jobs {
		_, err := o.client.JobCancel(t.Context(), j.ID)
		require.NoError(t, err)
	}
	assert.NotEqual(t, recovery.StateDrained, o.ended(t).Report.State)
	o.refuse(nil)
	o.enqueue(t, 1)
	o.drained(t, 20)
}

// The failed deliveries of an entity are of all machines together.
func TestABrokenReceiverIsLeftAloneByAllMachinesUntilItIsThereAgain(t *testing.T) {
	t.Parallel()
	if !long {
		t.Skip("it takes a minute: set REENVIO_LONG=1")
	}
	// The wait is longer than engine and deliveries need to tell what has failed.
	o := newOutage(t, shared.Database(t), 8, 60, func(o *outage) { o.MaxWait = 10 * time.Second })
	var received atomic.Int64
	o.refuse(func([]byte) bool { return received.Add(1) > 100 })
	o.enqueue(t, 3)
	for range 3 {
		o.start(t, os.Args[0])
	}
	wait(t, "a job waits for the next trial", func() bool {
		return slices.ContainsFunc(o.status(t).Jobs, func(j celcoinriver.Job) bool { return j.Next.After(time.Now()) })
	})
	failed := map[string]int{}
	for _, d := range o.server.Deliveries() {
		if d.Status != http.StatusOK {
			failed[d.Event]++
			assert.LessOrEqual(t, failed[d.Event], 40+2, "and a trial or two of %s", d.Event)
		}
	}
	o.refuse(nil)
	s := o.ended(t)
	require.NoError(t, s.Report.Err())
	for _, j := range s.Jobs {
		assert.LessOrEqual(t, j.Attempt, 1, "to wait is not a failure")
	}
	different, _ := o.arrived()
	assert.Equal(t, 480, different)
}

func TestAMachineThatStopsGivesItsUnitsBack(t *testing.T) {
	t.Parallel()
	// Whoever had to wait for the lease would fail the test.
	o := newOutage(t, shared.Database(t), 4, 50, func(o *outage) { o.Lease = time.Hour })
	o.enqueue(t, 1)
	p := o.start(t, os.Args[0])
	wait(t, "some arrive", func() bool { n, _ := o.arrived(); return n > 20 })
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.Wait())
	j := o.status(t).Jobs[0]
	assert.Equal(t, rivertype.JobStateAvailable, j.State)
	assert.Zero(t, j.Attempt, "to stop is not a failure")
	o.start(t, os.Args[0])
	o.drained(t, 200)
}

// A job that is cut into slices neither counts as failed nor begins anew.
func TestAJobMakesRoomForOthersAndGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 8, 50, func(o *outage) { o.Slice = time.Second })
	o.enqueue(t, 1)
	o.works(t)
	s := o.drained(t, 400)
	row, err := o.client.JobGet(t.Context(), s.Jobs[0].ID)
	require.NoError(t, err)
	assert.Equal(t, 1, row.Attempt)
	assert.Empty(t, row.Errors)
	assert.Contains(t, string(row.Metadata), "snoozes")
}

// All jobs of an Enqueue are one run: one that comes late does not try again what
// an earlier one has given up.
func TestWhatOneJobHasDoneTheOthersDoNotDoAgain(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 2, 10, nil)
	poison := []byte(o.server.Webhooks()[3].ID)
	o.refuse(func(payload []byte) bool { return bytes.Contains(payload, poison) })
	o.enqueue(t, 2)
	o.works(t) // one job at a time
	s := o.ended(t)
	assert.Equal(t, recovery.StatePartial, s.Report.State)
	require.Len(t, s.Report.Failures, 1)
	assert.Equal(t, 3, s.Report.Failures[0].Attempts)

	o.refuse(nil)
	o.enqueue(t, 1)
	require.NoError(t, o.ended(t).Report.Err(), "another run does")
}

// All machines know the kind of a watch's jobs, so that no leader discards its
// orphans; one that was not told what to watch leaves them to others.
func TestAJobThatNoWorkerCanDoIsCancelledAndAWatchIsLeftToOthers(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 2, 0, nil)
	o.works(t)
	require.NoError(t, celcoinriver.Enqueue(t.Context(), o.client, &recovery.Plan{ID: "outage"}, 1))
	var s *celcoinriver.State
	wait(t, "it ends", func() bool { s = o.status(t); return s.Jobs[0].State == rivertype.JobStateCancelled })
	assert.Contains(t, s.Jobs[0].Error, "no such recovery")
	assert.Nil(t, s.Report)
	inserted, err := o.client.Insert(t.Context(), celcoinriver.WatchArgs{}, nil)
	require.NoError(t, err)
	wait(t, "it fails", func() bool {
		row, err := o.client.JobGet(t.Context(), inserted.Job.ID)
		require.NoError(t, err)
		return len(row.Errors) > 0 && (row.State == rivertype.JobStateRetryable || row.State == rivertype.JobStateAvailable)
	})
	for _, err := range []error{
		celcoinriver.Enqueue(t.Context(), o.client, nil, 1),
		celcoinriver.Enqueue(t.Context(), o.client, &recovery.Plan{}, 1),
		celcoinriver.Enqueue(t.Context(), o.client, &recovery.Plan{ID: "a"}, 0),
	} {
		require.ErrorIs(t, err, recovery.ErrInvalidRequest)
	}
	_, err = celcoinriver.Status(t.Context(), o.client, o.recoverer, "another")
	require.ErrorIs(t, err, recovery.ErrNotFound)
	require.Error(t, celcoinriver.AddWorkers(o.workers, o.recoverer), "they are there already")
	require.Error(t, celcoinriver.AddWorkers(river.NewWorkers(), o.recoverer, celcoinriver.WithSlice(time.Hour)))
}

func TestAnOrphanIsRescuedAfterTheTimeoutOfItsKindAndNotBefore(t *testing.T) {
	t.Parallel()
	for ago, rescued := range map[time.Duration]bool{14 * time.Minute: false, 16 * time.Minute: true} {
		t.Run(ago.String(), func(t *testing.T) {
			t.Parallel()
			o := newOutage(t, shared.Database(t), 2, 5, func(o *outage) { o.RescueStuckJobsAfter = time.Second })
			o.enqueue(t, 1)
			_, err := o.pool.Exec(t.Context(), "UPDATE "+celcoinriver.Schema+".river_job SET state = 'running', attempt = 1, attempted_by = '{killed}', "+
				"attempted_at = now() - $1 * interval '1 second'", ago.Seconds())
			require.NoError(t, err)
			o.works(t)
			if rescued {
				require.NoError(t, o.ended(t).Report.Err())
				return
			}
			require.NoError(t, celcoinriver.Enqueue(t.Context(), o.client, &recovery.Plan{ID: "outage"}, 2))
			wait(t, "the other slot ends", func() bool { return o.status(t).Jobs[0].State == rivertype.JobStateCompleted })
			assert.Equal(t, rivertype.JobStateRunning, o.status(t).Jobs[1].State)
		})
	}
}

func TestSeveralProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	dsn := shared.Database(t)
	var running sync.WaitGroup
	for range 4 {
		pool, err := pgxpool.New(t.Context(), dsn)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		running.Go(func() { assert.NoError(t, celcoinriver.Migrate(t.Context(), pool, celcoinriver.Schema)) })
	}
	running.Wait()
}
