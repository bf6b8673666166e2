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
	err := river.AddWorkerSafely(workers, w)
	if err == nil {
		err = river.AddWorkerSafely(workers, &watcher{worker: w})
	}
	if err != nil {
		return fmt.Errorf("celcoinriver: add workers: %w", err)
	}
	return nil
}

// worker works a slot of a recovery.
type worker struct {
	river.WorkerDefaults[Args]

	recoverer *recovery.Recoverer
	slice     time.Duration
	watch     *recovery.WatchConfig
}

// Work implements [river.Worker]. All jobs of one Enqueue, and all slices of one
// job, are one run: what has ended since the job was made is done.
func (w *worker) Work(ctx context.Context, job *river.Job[Args]) error {
	clock := clockOf(job.JobRow)
	slice, cancel := context.WithTimeout(ctx, w.slice)
	defer cancel()
	report, err := w.recoverer.ResumeSince(slice, job.Args.Recovery, job.CreatedAt)
	switch {
	case err != nil && slice.Err() != nil: // the slice is over, or River stops
		return clock.snooze(time.Time{})
	case err != nil && permanent(err):
		return river.JobCancel(err)
	case err != nil:
		return err
	case !report.Next.IsZero():
		return clock.snooze(report.Next)
	default:
		return nil
	}
}

// clock is how far the clock of this machine is ahead of the database's, which
// dates the attempts of jobs. River dates a snooze by the former, and ends it by
// the latter.
type clock time.Duration

func clockOf(job *rivertype.JobRow) clock {
	if job.AttemptedAt == nil {
		return 0
	}
	return clock(time.Since(*job.AttemptedAt))
}

// snooze lets a job go on at a time of the database's clock, or at once if it is
// zero, and in an hour at the latest.
func (c clock) snooze(at time.Time) error {
	wait := time.Duration(0)
	if !at.IsZero() {
		wait = min(max(time.Until(at)+time.Duration(c), time.Second), longestWait)
	}
	// Not by river.JobSnooze, which refuses to go back.
	return &river.JobSnoozeError{Duration: wait - time.Duration(c)}
}

// Timeout implements [river.Worker].
func (w *worker) Timeout(*river.Job[Args]) time.Duration { return timeout }

// NextRetry implements [river.Worker]. A database that was restarted is soon
// there again; whatever else it is, someone has to see to it.
func (w *worker) NextRetry(job *river.Job[Args]) time.Time { return nextRetry(job.Attempt) }

func nextRetry(attempt int) time.Time {
	return time.Now().Add(min(time.Second<<min(max(attempt-1, 0), 20), longestRetry))
}
