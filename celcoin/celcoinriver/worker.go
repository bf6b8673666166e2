package celcoinriver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

const (
	longestSlice = 10 * time.Minute
	// timeout is when River cancels a job that does not end by itself, and the
	// earliest it takes one for stuck. With 0, a minute would be the end; below,
	// a job would never be rescued.
	timeout = longestSlice + 5*time.Minute
	// longestWait is how long a job snoozes at most.
	longestWait = time.Hour
	// longestRetry is how long River waits at most after a job that failed.
	longestRetry = 10 * time.Minute
)

// WorkerOption configures [AddWorkers].
type WorkerOption func(*worker)

// WithSlice is how long a job works before it makes room for others in its queue
// and goes on later: 10 minutes by default, which is also the longest.
func WithSlice(d time.Duration) WorkerOption {
	return func(w *worker) { w.slice = d }
}

// AddWorkers registers what works the jobs of [Enqueue] and [PeriodicWatch]. The
// recoverer's store must be one that all machines share, such as celcoinsql's
// journalsql on the same database.
func AddWorkers(workers *river.Workers, recoverer *recovery.Recoverer, opts ...WorkerOption) error {
	if workers == nil || recoverer == nil {
		return errors.New("celcoinriver: add workers: there must be workers and a recoverer")
	}
	w := &worker{recoverer: recoverer, slice: longestSlice}
	for _, opt := range opts {
		if opt != nil {
			opt(w)
		}
	}
	if w.slice <= 0 || w.slice > longestSlice {
		return fmt.Errorf("celcoinriver: add workers: a slice of %v is not between 0 and %v", w.slice, longestSlice)
	}
	if err := errors.Join(river.AddWorkerSafely(workers, w), river.AddWorkerSafely(workers, &watcher{worker: w})); err != nil {
		return fmt.Errorf("celcoinriver: add workers: %w", err)
	}
	return nil
}

// limits are what the workers of both kinds have in common.
type limits[T river.JobArgs] struct {
	river.WorkerDefaults[T]
}

// Timeout implements [river.Worker].
func (limits[T]) Timeout(*river.Job[T]) time.Duration { return timeout }

// NextRetry implements [river.Worker]. A database that was restarted is soon
// there again; whatever else it is, someone has to see to it.
func (limits[T]) NextRetry(job *river.Job[T]) time.Time {
	return time.Now().Add(min(time.Second<<min(max(job.Attempt-1, 0), 20), longestRetry))
}

// worker works a slot of a recovery.
type worker struct {
	limits[Args]

	recoverer *recovery.Recoverer
	slice     time.Duration
	watch     *recovery.WatchConfig
}

// Work implements [river.Worker]. All jobs of one Enqueue, and all slices of one
// job, are one run: what has ended since the job was made is done.
func (w *worker) Work(ctx context.Context, job *river.Job[Args]) error {
	ahead := clockAhead(job.JobRow)
	slice, cancel := context.WithTimeout(ctx, w.slice)
	defer cancel()
	report, err := w.recoverer.ResumeSince(slice, job.Args.Recovery, job.CreatedAt)
	switch {
	case err != nil && slice.Err() != nil: // the slice is over, or River stops
		return snooze(0, ahead)
	case errors.Is(err, recovery.ErrNotFound), errors.Is(err, recovery.ErrInvalidRequest), errors.Is(err, recovery.ErrCorrupt):
		// Every other worker would fail as well. Another environment is not among it: other
		// workers may have the right client.
		return river.JobCancel(err)
	case err != nil:
		return err
	case !report.Next.IsZero(): // by the database's clock
		return snooze(min(max(time.Until(report.Next)+ahead, time.Second), longestWait), ahead)
	default:
		return nil
	}
}

// clockAhead is how far the clock of this machine is ahead of the database's, which
// dates the attempts of jobs.
func clockAhead(job *rivertype.JobRow) time.Duration {
	if job.AttemptedAt == nil {
		return 0
	}
	return time.Since(*job.AttemptedAt)
}

// snooze lets a job go on later. River dates a snooze by this machine's clock and
// ends it by the database's, and river.JobSnooze refuses to go back.
func snooze(wait, ahead time.Duration) error {
	return &river.JobSnoozeError{Duration: wait - ahead}
}
