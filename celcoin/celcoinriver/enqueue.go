package celcoinriver

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// Kind is the kind of the jobs of recoveries.
const Kind = "reenvio_recovery"

// Args are the arguments of a job: a recovery and a slot of it.
type Args struct {
	Recovery string `json:"recovery" river:"unique"`
	Slot     int    `json:"slot"     river:"unique"`
}

// Kind implements [river.JobArgs].
func (Args) Kind() string { return Kind }

// InsertOption changes how jobs are inserted, by [Enqueue] and [PeriodicWatch].
type InsertOption func(*river.InsertOpts)

// WithQueue inserts into this queue instead of River's default. Whoever works it
// must have the workers of [AddWorkers].
func WithQueue(name string) InsertOption {
	return func(o *river.InsertOpts) { o.Queue = name }
}

// WithPriority is River's priority, from 1, the first and the default, to 4.
func WithPriority(priority int) InsertOption {
	return func(o *river.InsertOpts) { o.Priority = priority }
}

// insertOpts lets a job fail every ten minutes for as long as Celcoin replays
// anything: a rescue of River's uses up an attempt. Jobs are unique among those
// that are not at their end. One that is completed does not count, or a partial
// recovery could not be enqueued again before River cleans up.
func insertOpts(unique river.UniqueOpts, opts []InsertOption) *river.InsertOpts {
	unique.ByState = []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
	o := &river.InsertOpts{MaxAttempts: 10_000, UniqueOpts: unique}
	for _, opt := range opts {
		if opt != nil {
			opt(o)
		}
	}
	return o
}

// Enqueue inserts a job for each worker that is to run a plan: a new run of what
// the store has under the plan's ID. It may be called again at any time. While a
// job of a slot is not at its end, no other is inserted for it; more workers than
// before get more slots; a recovery that ended as partial is run again.
//
// A job that waits for a worker costs nothing, so ask for some more than there
// are machines: after a kill the slot of the killed comes back after 15 minutes
// at best, see the package comment.
func Enqueue[TTx any](ctx context.Context, client *river.Client[TTx], plan *recovery.Plan, workers int, opts ...InsertOption) error {
	switch {
	case plan == nil || plan.ID == "":
		return fmt.Errorf("celcoinriver: enqueue: the plan has no ID: %w", recovery.ErrInvalidRequest)
	case workers < 1:
		return fmt.Errorf("celcoinriver: enqueue %s: %d workers: %w", plan.ID, workers, recovery.ErrInvalidRequest)
	}
	params := make([]river.InsertManyParams, workers)
	for slot := range params {
		params[slot] = river.InsertManyParams{Args: Args{plan.ID, slot}, InsertOpts: insertOpts(river.UniqueOpts{ByArgs: true}, opts)}
	}
	if _, err := client.InsertMany(ctx, params); err != nil {
		return fmt.Errorf("celcoinriver: enqueue %s: %w", plan.ID, err)
	}
	return nil
}
