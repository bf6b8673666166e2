package celcoinotel

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

const keyEntity = attribute.Key("reenvio.entity")

// Watched keeps what a watch has seen for the gauges reenvio.recovery.*, which
// the package comment lists. It is for recovery.WatchConfig.Observe:
//
//	recoverer.Watch(ctx, recovery.WatchConfig{Entities: entities, Observe: observer.Watched})
//
// Two watches want an Observer each, or each undoes what the other says.
func (o *Observer) Watched(s recovery.WatchState) { o.watch.set(s) }

// watch is what is known of the last looks. Its zero value knows nothing, and
// shows nothing.
type watch struct {
	mu       sync.Mutex
	seen     bool
	success  time.Time
	entities map[celcoin.Entity]recovery.WatchEntity
}

func (w *watch) set(s recovery.WatchState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen, w.success = true, s.LastSuccess
	if len(s.Entities) == 0 {
		return // nothing could be asked: what was seen before still stands
	}
	now := make(map[celcoin.Entity]recovery.WatchEntity, len(s.Entities))
	for e := range w.entities {
		now[e] = recovery.WatchEntity{} // a series that merely ended would keep its last value in a graph
	}
	for _, e := range s.Entities {
		if before, known := w.entities[e.Entity]; e.Err == nil {
			now[e.Entity] = e
		} else if known {
			now[e.Entity] = before
		} else {
			delete(now, e.Entity)
		}
	}
	w.entities = now
}

// register lets a meter ask for the gauges. Ages are as of then, so they grow
// between looks, and while no look succeeds.
func (w *watch) register(m metric.Meter) error {
	_, err := m.Int64ObservableGauge("reenvio.recovery.pending",
		metric.WithUnit("{webhook}"),
		metric.WithDescription("Webhooks that were pending at the last look, and older than its grace."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			for entity, e := range w.entities {
				o.Observe(int64(e.Pending), metric.WithAttributes(keyEntity.String(string(entity))))
			}
			return nil
		}))
	for _, gauge := range []struct {
		name, description string
		value             func() (seconds float64, known bool)
	}{
		{"oldest_age", "Age of the oldest of them; 0 if there are none.", func() (float64, bool) {
			if oldest := w.first(func(e recovery.WatchEntity) time.Time { return e.Oldest }); !oldest.IsZero() {
				return time.Since(oldest).Seconds(), true
			}
			return 0, len(w.entities) > 0
		}},
		{"first_expiry", "Time until Celcoin stops to replay the first of them, negative once it has; not there if there are none.", func() (float64, bool) {
			expires := w.first(func(e recovery.WatchEntity) time.Time { return e.Expires })
			return time.Until(expires).Seconds(), !expires.IsZero()
		}},
		{"last_success", "When all entities were last asked in full, in Unix time; 0: never.", func() (float64, bool) {
			if w.success.IsZero() {
				return 0, w.seen
			}
			return float64(w.success.UnixMilli()) / 1000, true
		}},
	} {
		_, e := m.Float64ObservableGauge("reenvio.recovery."+gauge.name,
			metric.WithUnit("s"), metric.WithDescription(gauge.description),
			metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				if seconds, known := gauge.value(); known {
					o.Observe(seconds)
				}
				return nil
			}))
		err = errors.Join(err, e)
	}
	return err
}

// first is the earliest of the instants of all entities, zero if there is none.
func (w *watch) first(of func(recovery.WatchEntity) time.Time) (first time.Time) {
	for _, e := range w.entities {
		if t := of(e); !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
