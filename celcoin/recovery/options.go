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
)

// Option sets up a [Recoverer]. An option that makes no sense is an error of
// [New].
type Option func(*options) error

type options struct{ config engine.Config }

// The defaults, each said at its option.
func defaults() *options {
	return &options{config: engine.Config{
		Store:       journal.MemoryStore(),
		Rate:        10,
		Burst:       10,
		Concurrency: 8,
		Window:      time.Hour,
		MaxAttempts: 3,
		Policy:      ledger.Policy{Limit: 40, Canary: 3, DeliveryTimeout: 30 * time.Second, MaxWait: 10 * time.Minute},
	}}
}

// WithStore keeps the journals in s: [FileStore] for a recovery that survives a
// crash. The default is a [MemoryStore] of the Recoverer's own. Processes that
// share a store share recoveries unit by unit, the rate, and what they know of
// failed deliveries.
func WithStore(s journal.Store) Option {
	return func(o *options) error {
		if s == nil {
			return errors.New("store: is nil")
		}
		o.config.Store = s
		return nil
	}
}

// WithRate holds all calls to Celcoin, of all entities and of all processes that
// share the store, to so many a second. Burst is how many a process may make at
// once after a pause, while no other calls. The default is 10, with a burst of
// 10: Celcoin documents that there are limits, not which. A 429 halves the rate
// of all, and it comes back slowly.
func WithRate(perSecond float64, burst int) Option {
	return func(o *options) error {
		if !(perSecond > 0) || math.IsInf(perSecond, 0) || burst < 1 {
			return errors.New("rate: want one above 0 a second, and a burst of at least 1")
		}
		o.config.Rate, o.config.Burst = perSecond, burst
		return nil
	}
}

// WithConcurrency lets n calls of this process be under way at once, of all
// kinds: 8 by default. It is also how many webhooks a crash of it can cause to be
// delivered twice.
func WithConcurrency(n int) Option {
	return atLeastOne("concurrency", n, func(o *options) { o.config.Concurrency = n })
}

// WithWindow cuts the outage into windows of this length, 1 hour by default,
// which is also the longest. Celcoin is slow to answer for wide ones: integrators
// saw days time out. A window of more than 20,000 webhooks, or one that cannot be
// listed whole, is halved.
func WithWindow(d time.Duration) Option {
	return func(o *options) error {
		if d < time.Second {
			return errors.New("window: must be at least a second")
		}
		o.config.Window = min(d, time.Hour).Truncate(time.Second)
		return nil
	}
}

// WithGate asks whether the receiver is ready, before the first replay and
// between batches. An error pauses the run, longer each time, and is reported;
// after [WithMaxWait] it ends the run.
func WithGate(ready func(context.Context) error) Option {
	return func(o *options) error {
		if ready == nil {
			return errors.New("gate: is nil")
		}
		o.config.Gate = ready
		return nil
	}
}

// WithMaxWait is how long a run waits before it ends as partial: for the gate,
// for Celcoin to take calls again (from the first failure in a row), and for the
// receiver to say what it has. It is also how long a delivery may take before it
// has failed for certain, and the time between two trials of an open breaker. 10
// minutes by default.
func WithMaxWait(d time.Duration) Option {
	return positive("max wait", d, func(o *options) { o.config.Policy.MaxWait = d })
}

// WithPatience is the old name of [WithMaxWait].
//
// Deprecated: use [WithMaxWait].
func WithPatience(d time.Duration) Option { return WithMaxWait(d) }

// WithCanary lets n replays of an entity be in flight until one of them is proven
// delivered: 3 by default, 0 for no such limit. If twice as many fail before, the
// breaker of the entity opens. Canaries are looked up one by one, and one that fails is no
// attempt of its webhook's.
func WithCanary(n int) Option {
	return func(o *options) error {
		if n < 0 {
			return errors.New("canary: must not be negative")
		}
		o.config.Policy.Canary = n
		return nil
	}
}

// WithMaxAttempts gives up on a webhook after so many replays in a run: 3 by
// default. Another run tries again, up to 15 times in all.
func WithMaxAttempts(n int) Option {
	return func(o *options) error {
		if n < 1 || n > ledger.MaxAttempts {
			return fmt.Errorf("max attempts: want 1 to %d", ledger.MaxAttempts)
		}
		o.config.MaxAttempts = n
		return nil
	}
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
	return atLeastOne("failure limit", n, func(o *options) { o.config.Policy.Limit = n })
}

// WithDeliveryTimeout is how long a delivery may take after its replay was
// accepted, before it is overdue: 30 seconds by default. It grows to twice the
// slowest delivery seen, to [WithMaxWait] at most. It is also the time from the
// last replay to the closing look. Celcoin documents no such time.
func WithDeliveryTimeout(d time.Duration) Option {
	return positive("delivery timeout", d, func(o *options) { o.config.Policy.DeliveryTimeout = d })
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
// It is called by several goroutines at once. An error is no answer: it is asked
// again, longer each time, until [WithMaxWait] ends the run as partial.
func WithReceived(received func(ctx context.Context, items []Item) (received []bool, err error)) Option {
	return func(o *options) error {
		if received == nil {
			return errors.New("received: is nil")
		}
		o.config.Received = func(ctx context.Context, entity celcoin.Entity, rows []*ledger.Item) ([]bool, error) {
			items := make([]Item, len(rows))
			for i, row := range rows {
				items[i] = itemOf(entity, row)
			}
			return received(ctx, items)
		}
		return nil
	}
}

// WithPull fetches what was missed instead of having it sent again: each
// webhook, with its payload in Request, is handed to deliver, 200 a call to
// Celcoin, and as many at once as [WithConcurrency] says. Nil is evidence that it is
// delivered; an error is a failed attempt, and a delivery that failed for the
// gate, the canaries and the breaker. A process that dies may hand over again
// what was in flight, and after a power failure a page more: deliver must know
// duplicates.
//
// Celcoin goes on listing these webhooks as pending, and may deliver them by
// itself. Later plans of the store leave them out. Those without a payload that
// is JSON are replayed. [WithReceived] is asked first.
func WithPull(deliver func(ctx context.Context, w celcoin.Webhook) error) Option {
	return func(o *options) error {
		if deliver == nil {
			return errors.New("pull: is nil")
		}
		o.config.Pull = deliver
		return nil
	}
}

// WithProgress is told how far a plan or run has come, by one goroutine at a
// time. It must not block.
func WithProgress(f func(Progress)) Option {
	return func(o *options) error {
		if f == nil {
			return errors.New("progress: is nil")
		}
		o.config.Progress = func(p engine.Progress) {
			f(Progress{ID: p.ID, Step: p.Step, Done: p.Done, Of: p.Of, Totals: totalsOf(p.Totals), Until: p.Until})
		}
		return nil
	}
}

// Progress is how far a plan or run has come.
type Progress struct {
	ID   string
	Step string // "listing", "replaying", "verifying", "waiting for deliveries", "waiting for the receiver", "waiting for Celcoin"
	// Done of Of are windows where they are listed, and webhooks where they are replayed.
	Done, Of int
	Totals   Totals
	// Until is the end of a wait, at most; zero: it is none.
	Until time.Time
}

// WithLogger logs the steps of a recovery: never a payload, a document number
// or a filter.
func WithLogger(l *slog.Logger) Option {
	return func(o *options) error {
		if l == nil {
			return errors.New("logger: is nil")
		}
		o.config.Logger = l
		return nil
	}
}

func atLeastOne(name string, n int, set func(*options)) Option {
	return func(o *options) error {
		if n < 1 {
			return fmt.Errorf("%s: must be at least 1", name)
		}
		set(o)
		return nil
	}
}

func positive(name string, d time.Duration, set func(*options)) Option {
	return func(o *options) error {
		if d <= 0 {
			return fmt.Errorf("%s: must be above 0", name)
		}
		set(o)
		return nil
	}
}
