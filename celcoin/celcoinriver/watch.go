package celcoinriver

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// WatchKind is the kind of the jobs of a watch.
const WatchKind = "reenvio_watch"

// WatchArgs are the arguments of a job that is one round of a watch.
type WatchArgs struct{}

// Kind implements [river.JobArgs].
func (WatchArgs) Kind() string { return WatchKind }

// PeriodicWatch makes [recovery.Recoverer.Watch] a periodic job: one round, by
// whichever machine takes it, every so often, a second at least. It stands in the
// PeriodicJobs of each river.Config, and what to watch in [WithWatch].
//
// There is one job for each stretch of time. A machine that is killed in a round
// does not stop those that follow: what it was at, they go on with.
func PeriodicWatch(every time.Duration, opts ...InsertOption) *river.PeriodicJob {
	every = max(every, time.Second)
	insert := insertOpts(river.UniqueOpts{ByPeriod: every}, opts)
	return river.NewPeriodicJob(river.PeriodicInterval(every), func() (river.JobArgs, *river.InsertOpts) {
		return WatchArgs{}, insert
	}, &river.PeriodicJobOpts{ID: WatchKind, RunOnStart: true})
}

// WithWatch says what [PeriodicWatch] watches. It must be the same on all
// machines; Every is ignored. Notify and Observe are called where the round is.
func WithWatch(config recovery.WatchConfig) WorkerOption {
	return func(w *worker) { w.watch = &config }
}

// watcher works the rounds of a watch. It is always there, so that River knows
// its kind on all machines.
type watcher struct {
	limits[WatchArgs]

	worker *worker
}

// Work implements [river.Worker].
func (w *watcher) Work(ctx context.Context, job *river.Job[WatchArgs]) error {
	ahead := clockAhead(job.JobRow)
	if w.worker.watch == nil {
		return errors.New("celcoinriver: watch: this machine was not told what to watch: give AddWorkers the option WithWatch on all of them")
	}
	slice, cancel := context.WithTimeout(ctx, w.worker.slice)
	defer cancel()
	round, end := context.WithCancel(slice)
	defer end()
	c, done := *w.worker.watch, false
	c.Observe = func(s recovery.WatchState) {
		if !s.Recovering {
			done = true
			end()
		}
		if observe := w.worker.watch.Observe; observe != nil {
			observe(s)
		}
	}
	if notify := w.worker.watch.Notify; notify != nil {
		c.Notify = func(_ context.Context, s recovery.WatchState) { notify(ctx, s) } // the round's has ended
	}
	err := w.worker.recoverer.Watch(round, c)
	switch {
	case done:
		return nil
	case slice.Err() != nil:
		return snooze(0, ahead) // what it was recovering goes on first
	case errors.Is(err, recovery.ErrInvalidRequest):
		return river.JobCancel(err)
	default:
		return err
	}
}
