package celcoinriver_test

import (
	"context"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// works lets this process be a machine until the test ends.
func (o *outage) works(t *testing.T) {
	t.Helper()
	require.NoError(t, o.client.Start(t.Context()))
	t.Cleanup(func() { assert.NoError(t, o.client.StopAndCancel(context.Background())) })
}

// ended waits until no job has anything more to do.
func (o *outage) ended(t *testing.T) *celcoinriver.State {
	t.Helper()
	var s *celcoinriver.State
	wait(t, "all jobs have ended", func() bool {
		s = o.status(t)
		for _, j := range s.Jobs {
			if j.State != rivertype.JobStateCompleted && j.State != rivertype.JobStateCancelled {
				return false
			}
		}
		return true
	})
	return s
}

func TestARecoveryIsEnqueuedOnceUntilItHasEndedAndThenAgain(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 2, 10)
	o.MaxWait = 2 * time.Second
	o.open(t)
	o.down = true
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
	o.heal()
	o.enqueue(t, 1)
	s := o.ended(t)
	require.NoError(t, s.Report.Err())
	different, duplicates := o.arrived()
	assert.Equal(t, 20, different)
	assert.Zero(t, duplicates)
}

// The failed deliveries of an entity are of all machines together.
func TestABrokenReceiverIsLeftAloneByAllMachinesUntilItIsThereAgain(t *testing.T) {
	t.Parallel()
	if !long {
		t.Skip("it takes a minute: set REENVIO_LONG=1")
	}
	o := newOutage(t, shared.Database(t), 8, 60)
	o.last = 100
	o.MaxWait = 10 * time.Second // more than engine and deliveries need to tell what has failed
	o.open(t)
	o.enqueue(t, 3)
	for range 3 {
		o.start(t)
	}
	wait(t, "a job waits for the next trial", func() bool {
		return slices.ContainsFunc(o.status(t).Jobs, func(j celcoinriver.Job) bool {
			return j.Next.After(time.Now())
		})
	})
	for entity, n := range o.failures() {
		t.Logf("%d failed deliveries of %s", n, entity)
		assert.LessOrEqual(t, n, 40+2, "and a trial or two of %s", entity)
	}
	o.heal()
	s := o.ended(t)
	require.NoError(t, s.Report.Err())
	for _, j := range s.Jobs {
		assert.LessOrEqual(t, j.Attempt, 1, "to wait is no failure")
	}
	different, _ := o.arrived()
	assert.Equal(t, 480, different)
}

// River has a killed worker's job as running until its rescuer comes, after 15
// minutes at best. The units must not wait for that.
func TestUnitsOfAKilledWorkerGoOnInAnotherJob(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 4, 50)
	o.open(t)
	o.enqueue(t, 2)
	p := o.start(t)
	wait(t, "some arrive", func() bool { n, _ := o.arrived(); return n > 20 })
	p.kill()
	o.start(t)
	wait(t, "it is drained", func() bool { return o.status(t).Report.State == recovery.StateDrained })
	states := map[rivertype.JobState]int{}
	wait(t, "the other job ends", func() bool {
		clear(states)
		for _, j := range o.status(t).Jobs {
			states[j.State]++
		}
		return states[rivertype.JobStateCompleted] == 1
	})
	assert.Equal(t, 1, states[rivertype.JobStateRunning], "River believes that the killed one works")
	different, duplicates := o.arrived()
	assert.Equal(t, 200, different)
	assert.LessOrEqual(t, duplicates, o.Concurrency)
}

func TestAMachineThatStopsGivesItsUnitsBack(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 4, 50)
	o.Lease = time.Hour // whoever had to wait for it would fail the test
	o.open(t)
	o.enqueue(t, 1)
	p := o.start(t)
	wait(t, "some arrive", func() bool { n, _ := o.arrived(); return n > 20 })
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.Wait())
	j := o.status(t).Jobs[0]
	assert.Equal(t, rivertype.JobStateAvailable, j.State)
	assert.Zero(t, j.Attempt, "to stop is no failure")
	o.start(t)
	s := o.ended(t)
	require.NoError(t, s.Report.Err())
	_, duplicates := o.arrived()
	assert.Zero(t, duplicates)
}

// A job that is cut into slices neither counts as failed nor begins anew.
func TestAJobMakesRoomForOthersAndGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 8, 50)
	o.Slice = time.Second
	o.open(t)
	o.enqueue(t, 1)
	o.works(t)
	s := o.ended(t)
	require.NoError(t, s.Report.Err())
	row, err := o.client.JobGet(t.Context(), s.Jobs[0].ID)
	require.NoError(t, err)
	assert.Equal(t, 1, row.Attempt)
	assert.Empty(t, row.Errors)
	assert.Contains(t, string(row.Metadata), "snoozes")
	_, duplicates := o.arrived()
	assert.Zero(t, duplicates)
}

// All jobs of an Enqueue are one run: one that comes late does not try again what
// an earlier one has given up.
func TestWhatOneJobHasDoneTheOthersDoNotDoAgain(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 2, 10)
	o.poison = o.server.Webhooks()[3].ID
	o.open(t)
	o.enqueue(t, 2)
	o.works(t) // one job at a time
	s := o.ended(t)
	assert.Equal(t, recovery.StatePartial, s.Report.State)
	require.Len(t, s.Report.Failures, 1)
	assert.Equal(t, 3, s.Report.Failures[0].Attempts)

	o.mu.Lock()
	o.poison = ""
	o.mu.Unlock()
	o.enqueue(t, 1)
	require.NoError(t, o.ended(t).Report.Err(), "another run does")
}

func TestAJobThatNoWorkerCanDoIsCancelled(t *testing.T) {
	t.Parallel()
	o := newOutage(t, shared.Database(t), 2, 0)
	o.open(t)
	o.works(t)
	require.NoError(t, celcoinriver.Enqueue(t.Context(), o.client, &recovery.Plan{ID: "outage"}, 1))
	var s *celcoinriver.State
	wait(t, "it ends", func() bool { s = o.status(t); return s.Jobs[0].State == rivertype.JobStateCancelled })
	assert.Contains(t, s.Jobs[0].Error, "no such recovery")
	assert.Nil(t, s.Report)
	for _, err := range []error{
		celcoinriver.Enqueue(t.Context(), o.client, nil, 1),
		celcoinriver.Enqueue(t.Context(), o.client, &recovery.Plan{}, 1),
		celcoinriver.Enqueue(t.Context(), o.client, &recovery.Plan{ID: "a"}, 0),
	} {
		require.ErrorIs(t, err, recovery.ErrInvalidRequest)
	}
	_, err := celcoinriver.Status(t.Context(), o.client, o.recoverer, "another")
	require.ErrorIs(t, err, recovery.ErrNotFound)
	require.Error(t, celcoinriver.AddWorkers(o.workers, o.recoverer), "they are there already")
	require.Error(t, celcoinriver.AddWorkers(river.NewWorkers(), o.recoverer, celcoinriver.WithSlice(time.Hour)))
}

// orphan makes a job look as if its worker had been killed so long ago.
func (o *outage) orphan(t *testing.T, ago time.Duration) (id int64) {
	t.Helper()
	o.enqueue(t, 1)
	id = o.status(t).Jobs[0].ID
	_, err := o.pool.Exec(t.Context(), "UPDATE "+celcoinriver.Schema+".river_job SET state = 'running', attempt = 1, attempted_by = '{killed}', "+
		"attempted_at = now() - $1 * interval '1 second' WHERE id = $2", ago.Seconds(), id)
	require.NoError(t, err)
	return id
}

func TestAnOrphanIsRescuedAfterTheTimeoutOfItsKindAndNotBefore(t *testing.T) {
	t.Parallel()
	for ago, rescued := range map[time.Duration]bool{14 * time.Minute: false, 16 * time.Minute: true} {
		t.Run(ago.String(), func(t *testing.T) {
			t.Parallel()
			o := newOutage(t, shared.Database(t), 2, 5)
			o.RescueAfter = time.Second
			o.open(t)
			o.orphan(t, ago)
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

type otherArgs struct{}

func (otherArgs) Kind() string { return "other" }

// A client that does not know the kind of an orphan discards it, so that clients
// with other workers need another schema.
func TestClientsOfAnotherSchemaLeaveOrphansAlone(t *testing.T) {
	t.Parallel()
	for schema, state := range map[string]rivertype.JobState{
		"other": rivertype.JobStateRunning, celcoinriver.Schema: rivertype.JobStateDiscarded,
	} {
		t.Run(schema, func(t *testing.T) {
			t.Parallel()
			o := newOutage(t, shared.Database(t), 2, 5)
			o.open(t)
			id := o.orphan(t, time.Hour)
			require.NoError(t, celcoinriver.Migrate(t.Context(), o.pool, schema))
			others := river.NewWorkers()
			done := make(chan struct{})
			river.AddWorker(others, river.WorkFunc(func(context.Context, *river.Job[otherArgs]) error { close(done); return nil }))
			client, err := river.NewClient(riverpgxv5.New(o.pool), &river.Config{
				Schema: schema, Workers: others, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}},
				JobTimeout: time.Second, RescueStuckJobsAfter: time.Second, TestOnly: true,
			})
			require.NoError(t, err)
			require.NoError(t, client.Start(t.Context()))
			t.Cleanup(func() { assert.NoError(t, client.StopAndCancel(context.Background())) })
			_, err = client.Insert(t.Context(), otherArgs{}, nil)
			require.NoError(t, err)
			<-done // it works
			job := func() rivertype.JobState {
				row, err := o.client.JobGet(t.Context(), id)
				require.NoError(t, err)
				return row.State
			}
			if state == rivertype.JobStateDiscarded {
				wait(t, "it is discarded", func() bool { return job() == state })
			}
			assert.Equal(t, state, job())
		})
	}
}

func TestSeveralProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	dsn := shared.Database(t)
	errs := make(chan error)
	for range 4 {
		go func() {
			pool, err := pgxpool.New(t.Context(), dsn)
			if err == nil {
				err = celcoinriver.Migrate(t.Context(), pool, celcoinriver.Schema)
				pool.Close()
			}
			errs <- err
		}()
	}
	for range 4 {
		require.NoError(t, <-errs)
	}
}
