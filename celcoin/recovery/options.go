package recovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
	"github.com/reenvio/reenvio-go/internal/receive"
)

// Option sets up a [Recoverer]. An option that makes no sense is an error of
// [New].
type Option func(*options) error

type options struct{ engine.Config }

// The defaults, each said at its option.
func defaults() *options {
	return &options{engine.Config{
		Store:       journal.MemoryStore(),
		Rate:        10,
		Burst:       10,
		Concurrency: 8,
		Window:      time.Hour,
		MaxAttempts: 3,
		Policy:      ledger.Policy{Limit: 40, Canary: 3, DeliveryTimeout: 30 * time.Second, MaxWait: 10 * time.Minute},
	}}
}

// option sets something, if it makes sense.
func option(ok bool, problem string, set func(*options)) Option {
	return func(o *options) error {
		if !ok {
			return errors.New(problem)
		}
		set(o)
		return nil
	}
}

// WithStore keeps the journals in s: [FileStore] for a recovery that survives a
// crash. The default is a [MemoryStore] of the Recoverer's own. Processes that
// share a store share recoveries unit by unit, the rate, and what they know of
// failed deliveries.
func WithStore(s journal.Store) Option {
	return option(s != nil, "store: is nil", func(o *options) { o.Store = s })
}

// WithRate holds all calls to Celcoin, of all entities and of all processes that
// share the store, to so many a second. Burst is how many a process may make at
// once after a pause, while no other calls. The default is 10, with a burst of
// 10: Celcoin documents that there are limits, not which. A 429 halves the rate
// of all, and it comes back slowly.
func WithRate(perSecond float64, burst int) Option {
	ok := perSecond > 0 && !math.IsInf(perSecond, 0) && burst >= 1
	return option(ok, "rate: want one above 0 a second, and a burst of at least 1", func(o *options) {
		o.Rate, o.Burst = perSecond, burst
	})
}

// WithConcurrency lets n calls of this process be under way at once, of all
// kinds: 8 by default. It is also how many webhooks a crash of it can cause to be
// delivered twice.
func WithConcurrency(n int) Option {
	return option(n >= 1, "concurrency: must be at least 1", func(o *options) { o.Concurrency = n })
}

// WithWindow cuts the outage into windows of this length, 1 hour by default,
// which is also the longest. Celcoin is slow to answer for wide ones: integrators
// saw days time out. A window of more than 20,000 webhooks, or one that cannot be
// listed whole, is halved.
func WithWindow(d time.Duration) Option {
	return option(d >= time.Second, "window: must be at least a second", func(o *options) {
		o.Window = min(d, time.Hour).Truncate(time.Second)
	})
}

// WithGate asks whether the receiver is ready, before the first replay and
// between batches. An error pauses the run, longer each time, and is reported;
// after [WithMaxWait] it ends the run.
func WithGate(ready func(context.Context) error) Option {
	return option(ready != nil, "gate: is nil", func(o *options) { o.Gate = ready })
}

// WithMaxWait is how long a run waits before it ends as partial: for the gate,
// for Celcoin to take calls again (from the first failure in a row), and for the
// receiver to say what it has. It is also how long a delivery may take before it
// has failed for certain, and the time between two trials of an open breaker. 10
// minutes by default.
func WithMaxWait(d time.Duration) Option {
	return option(d > 0, "max wait: must be above 0", func(o *options) { o.Policy.MaxWait = d })
}

// WithPatience is the old name of [WithMaxWait].
//
// Deprecated: use [WithMaxWait].
func WithPatience(d time.Duration) Option { return WithMaxWait(d) }

// WithCanary lets n replays of an entity be in flight until one of them is proven
// delivered: 3 by default, 0 for no such limit. If twice as many fail before, the
// breaker of the entity opens. Canaries are looked up one by one, and one that fails
// does not count among the attempts of its webhook in that run.
func WithCanary(n int) Option {
	return option(n >= 0, "canary: must not be negative", func(o *options) { o.Policy.Canary = n })
}

// WithMaxAttempts gives up on a webhook after so many replays in a run: 3 by
// default. Another run tries again, up to 15 times in all.
func WithMaxAttempts(n int) Option {
	problem := fmt.Sprintf("max attempts: want 1 to %d", ledger.MaxAttempts)
	return option(n >= 1 && n <= ledger.MaxAttempts, problem, func(o *options) { o.MaxAttempts = n })
}

// WithFailureLimit opens the breaker of an entity after n failed deliveries in a
// row: 40 by default. By an older page of Celcoin's more than 50 block the
// entity. Since all that is in flight may fail, no more replays are in flight
// than failures are left; that bounds the speed where Celcoin takes its time to
// deliver. The breaker also opens when more than half of the last 100 deliveries
// failed. Open, it admits one trial per [WithMaxWait], and closes when one
// arrives. It is of the entity, for all units and processes of the store.
//
// Webhooks that fail again and again while others arrive do not open it: they are
// given up.
func WithFailureLimit(n int) Option {
	return option(n >= 1, "failure limit: must be at least 1", func(o *options) { o.Policy.Limit = n })
}

// WithDeliveryTimeout is how long a delivery may take after its replay was
// accepted, before it is overdue: 30 seconds by default. It grows to twice the
// slowest delivery seen, to [WithMaxWait] at most. It is also the time from the
// last replay to the closing look. Celcoin documents no such time.
func WithDeliveryTimeout(d time.Duration) Option {
	return option(d > 0, "delivery timeout: must be above 0", func(o *options) { o.Policy.DeliveryTimeout = d })
}

// WithSettle is the old name of [WithDeliveryTimeout].
//
// Deprecated: use [WithDeliveryTimeout].
func WithSettle(d time.Duration) Option { return WithDeliveryTimeout(d) }

// WithReceived asks the receiver itself which of some webhooks of one entity it
// has, and believes it alone: what is pending but received is not replayed, and
// what Celcoin lists as sent but is not received is replayed. It answers for each
// item, in their order; at most 200 are asked for at once. Look them up by their
// Key, or by entity, ID and PayloadStatus: one ID comes with several.
//
// It is called by several goroutines at once. After an error it is asked again,
// after longer and longer pauses, until [WithMaxWait] ends the run as partial.
func WithReceived(received func(ctx context.Context, items []Item) (received []bool, err error)) Option {
	return option(received != nil, "received: is nil", func(o *options) {
		o.Received = func(ctx context.Context, entity celcoin.Entity, rows []*ledger.Item) ([]bool, error) {
			items := make([]Item, len(rows))
			for i, row := range rows {
				items[i] = itemOf(entity, row)
			}
			return received(ctx, items)
		}
	})
}

// WithPull fetches what was missed instead of having it sent again: each
// webhook, with its payload in Request, is handed to deliver, 200 a call to
// Celcoin, and as many at once as [WithConcurrency] says. Nil is evidence that it is
// delivered; an error is a failed attempt, and a failed delivery for the canaries and
// the breaker. A process that dies may hand over again what was in flight, and after
// a power failure a page more: deliver must know duplicates.
//
// The text of an error is kept, in the journal and the report, on one line, cut
// at 300 bytes, and without the payload and the values in it: what else is
// secret, deliver must leave out. A panic of deliver is a failed attempt of its
// webhook; the type of its value is kept, and the stack is logged by
// [WithLogger]. Ctx ends when the run is stopped. A deliver that goes on all the
// same holds up the end of the run; if it returns nil then, that counts.
//
// Celcoin goes on listing these webhooks as pending, and may deliver them by
// itself. Later plans of the store leave them out, and a run of another recovery takes
// them for pulled. Those without a payload that is JSON are replayed. [WithReceived] is
// asked first.
func WithPull(deliver func(ctx context.Context, w celcoin.Webhook) error) Option {
	return option(deliver != nil, "pull: is nil", func(o *options) {
		o.Pull = func(ctx context.Context, w celcoin.Webhook) error {
			err := receive.Call(ctx, deliver, w)
			panicked, ok := err.(*receive.PanicError) //nolint:errorlint // as Call returns it, and not what deliver wraps
			if !ok {
				return err
			}
			if o.Logger != nil {
				o.Logger.LogAttrs(ctx, slog.LevelError, "recovery: the handler of WithPull panicked", slog.String("cause", string(panicked.Stack)))
			}
			return fmt.Errorf("the handler panicked, with a value of type %T", panicked.Value)
		}
	})
}

// WithProgress is told how far a plan or run has come, by one goroutine at a
// time. It must not block.
func WithProgress(f func(Progress)) Option {
	return option(f != nil, "progress: is nil", func(o *options) {
		o.Progress = func(p engine.Progress) {
			f(Progress{ID: p.ID, Step: p.Step, Done: p.Done, Of: p.Of, Totals: totalsOf(p.Totals), Until: p.Until})
		}
	})
}

// Progress is how far a plan or run has come.
type Progress struct {
	ID   string // empty while the process waits for Celcoin, with all its recoveries
	Step string // "listing", "replaying", "pulling", "verifying", "waiting for deliveries", "waiting for the receiver", "waiting for Celcoin"
	// Done of Of are windows where they are listed, and webhooks where they are replayed.
	Done, Of int
	Totals   Totals
	// Until is the end of a wait, at most; zero: it is none.
	Until time.Time
}

// WithLogger logs the steps of a recovery: never a payload, a document number
// or a filter.
func WithLogger(l *slog.Logger) Option {
	return option(l != nil, "logger: is nil", func(o *options) { o.Logger = l })
}
