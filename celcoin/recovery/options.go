package recovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Option sets up a [Recoverer]. An option that makes no sense is an error of
// [New].
type Option func(*options) error

type options struct {
	store        Store
	rate         float64
	burst        int
	concurrency  int
	window       time.Duration
	gate         func(context.Context) error
	patience     time.Duration
	canary       int
	maxAttempts  int
	failureLimit int
	settle       time.Duration
	rounds       int
	grace        time.Duration
	received     func(context.Context, Item) (bool, error)
	progress     func(Progress)
	now          func() time.Time
	logger       *slog.Logger
}

// The defaults, each said at its option.
func defaults() *options {
	return &options{
		store:        MemoryStore(),
		rate:         10,
		burst:        10,
		concurrency:  8,
		window:       time.Hour,
		patience:     10 * time.Minute,
		canary:       3,
		maxAttempts:  3,
		failureLimit: 40,
		settle:       30 * time.Second,
		rounds:       3,
		grace:        10 * time.Second,
		now:          time.Now,
	}
}

// WithStore keeps the journals in s: [FileStore] for a recovery that survives a
// crash. The default is a [MemoryStore] of the Recoverer's own.
func WithStore(s Store) Option {
	return func(o *options) error {
		if s == nil {
			return errors.New("store: is nil")
		}
		o.store = s
		return nil
	}
}

// WithRate holds all calls to Celcoin together, of all entities, to so many a
// second, after a burst that may go at once. The default is 10, with a burst of
// 10: Celcoin documents that there are limits, not which. A 429 halves the
// rate, and it comes back slowly.
func WithRate(perSecond float64, burst int) Option {
	return func(o *options) error {
		if !(perSecond > 0) || math.IsInf(perSecond, 0) || burst < 1 {
			return errors.New("rate: want one above 0 a second, and a burst of at least 1")
		}
		o.rate, o.burst = perSecond, burst
		return nil
	}
}

// WithConcurrency lets n replays be under way at once: 8 by default. It is also
// how many webhooks a crash can cause to be delivered twice.
func WithConcurrency(n int) Option {
	return atLeastOne("concurrency", n, func(o *options) { o.concurrency = n })
}

// WithWindow cuts the outage into windows of this length, 1 hour by default.
// Celcoin is slow to answer for wide ones: integrators saw days time out.
func WithWindow(d time.Duration) Option {
	return func(o *options) error {
		if d < time.Second {
			return errors.New("window: must be at least a second")
		}
		o.window = d
		return nil
	}
}

// WithGate asks whether the receiver is ready, before the first replay and
// between batches. An error pauses the run, longer each time, and is reported;
// after [WithPatience] it ends the run.
func WithGate(ready func(context.Context) error) Option {
	return func(o *options) error {
		if ready == nil {
			return errors.New("gate: is nil")
		}
		o.gate = ready
		return nil
	}
}

// WithPatience is how long a run waits before it ends as partial: for the gate, for
// Celcoin to take calls again and to say what became of replays, and for late
// deliveries where they leave no room for more. 10 minutes by default.
func WithPatience(d time.Duration) Option {
	return positive("patience", d, func(o *options) { o.patience = d })
}

// WithCanary proves n webhooks delivered before the rest is asked for: 3 by
// default, 0 for none. If twice as many fail before the first arrives, the run
// ends; those that are only late are waited for first, as [WithPatience] says.
// Those whose outcome is unknown say nothing of the receiver, unless they arrive.
func WithCanary(n int) Option {
	return func(o *options) error {
		if n < 0 {
			return errors.New("canary: must not be negative")
		}
		o.canary = n
		return nil
	}
}

// WithMaxAttempts gives up on a webhook after so many replays in a run: 3 by
// default. Another run tries again, up to 15 times in all. A replay of which
// nothing came after its outcome was unknown (see [celcoin.ErrOutcomeUnknown]) is
// asked for again, and is none of them.
func WithMaxAttempts(n int) Option {
	return func(o *options) error {
		if n < 1 || n > maxAttempts {
			return fmt.Errorf("max attempts: want 1 to %d", maxAttempts)
		}
		o.maxAttempts = n
		return nil
	}
}

// WithFailureLimit ends a run after so many failed deliveries of one entity: 40
// by default. By an older page of Celcoin's more than 50 block the entity. It
// bounds how many replays of an entity are on their way at once, too, since all
// of them may fail: a late one, see [WithSettle], counts until it has arrived. If
// none is left, the run waits as long as [WithPatience] says; then it goes on if
// others of the entity have arrived, and ends as partial if none has. The other
// entities are recovered first.
//
// Each Run, Recover or Resume begins to count anew; the units of [Recoverer.RunUnit]
// share what the last of these has left. What Celcoin tries of its own accord is
// not counted, nor is a second delivery of what was asked for once; and while
// Celcoin delivers parts of the plan by itself, a failure may be noticed late. The
// default leaves room for some of that.
func WithFailureLimit(n int) Option {
	return atLeastOne("failure limit", n, func(o *options) { o.failureLimit = n })
}

// WithSettle is how long a delivery may take after its replay was accepted,
// before the replay is late: 30 seconds by default. A late one is looked at
// again, and asked for again in its turn if it is still pending then; if it
// arrives after all, the later ones get as much time as it took. It is also the
// time between the two looks that end a recovery. Celcoin documents no such time.
func WithSettle(d time.Duration) Option {
	return positive("settle", d, func(o *options) { o.settle = d })
}

// WithGrace is how long calls under way may go on after the context has ended:
// 10 seconds by default.
func WithGrace(d time.Duration) Option {
	return positive("grace", d, func(o *options) { o.grace = d })
}

// WithReceived asks the receiver itself whether it has a webhook, and believes
// it more than Celcoin: what is pending but received is not replayed, and what
// was sent but is not received is replayed again. The webhook has its ID, Status
// and dates, and no payload; [WithReceivedItem] tells its entity, too.
//
// It is called by several goroutines at once. An error is no answer: it is asked
// again, longer each time, until [WithPatience] ends the run as partial.
func WithReceived(received func(context.Context, celcoin.Webhook) (bool, error)) Option {
	if received == nil {
		return WithReceivedItem(nil)
	}
	return WithReceivedItem(func(ctx context.Context, it Item) (bool, error) {
		return received(ctx, celcoin.Webhook{
			ID: it.ID, Status: it.Status, HTTPStatusCode: it.HTTPStatusCode,
			Created: celcoin.ParseTimestamp(it.Created), LastUpdated: celcoin.ParseTimestamp(it.Updated),
		})
	})
}

// WithReceivedItem is [WithReceived] for a receiver that has to know the entity:
// webhooks of several entities may share an id, as those of one transaction do.
func WithReceivedItem(received func(context.Context, Item) (bool, error)) Option {
	return func(o *options) error {
		if received == nil {
			return errors.New("received: is nil")
		}
		o.received = received
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
		o.progress = f
		return nil
	}
}

// WithClock tells the time instead of time.Now. Waits are of real time all the
// same. Where Celcoin's clock differs by more than 30 seconds, its is used.
func WithClock(now func() time.Time) Option {
	return func(o *options) error {
		if now == nil {
			return errors.New("clock: is nil")
		}
		o.now = now
		return nil
	}
}

// WithLogger logs the steps of a recovery: never a payload, a document number
// or a filter. Webhook ids are logged at level debug.
func WithLogger(l *slog.Logger) Option {
	return func(o *options) error {
		if l == nil {
			return errors.New("logger: is nil")
		}
		o.logger = l
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
