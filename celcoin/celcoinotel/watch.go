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
		}
	}
	w.entities = now
}

// register lets a meter ask for the gauges. Ages are as of then, so they grow
// between looks, and while no look succeeds.
func (w *watch) register(m metric.Meter) error {
	pending, err1 := m.Int64ObservableGauge("reenvio.recovery.pending", metric.WithUnit("{webhook}"),
		metric.WithDescription("Webhooks that were pending at the last look, and older than its grace."))
	oldestAge, err2 := m.Float64ObservableGauge("reenvio.recovery.oldest_age", metric.WithUnit("s"),
		metric.WithDescription("Age of the oldest of them; 0 if there are none."))
	firstExpiry, err3 := m.Float64ObservableGauge("reenvio.recovery.first_expiry", metric.WithUnit("s"),
		metric.WithDescription("Time until Celcoin stops to replay the first of them, negative once it has; not there if there are none."))
	lastSuccess, err4 := m.Float64ObservableGauge("reenvio.recovery.last_success", metric.WithUnit("s"),
		metric.WithDescription("When all entities were last asked in full, in Unix time; 0: never."))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	_, err := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		var oldest, expires time.Time
		for entity, e := range w.entities {
			o.ObserveInt64(pending, int64(e.Pending), metric.WithAttributes(keyEntity.String(string(entity))))
			oldest, expires = first(oldest, e.Oldest), first(expires, e.Expires)
		}
		var age, success float64
		if !oldest.IsZero() {
			age = time.Since(oldest).Seconds()
		}
		if len(w.entities) > 0 {
			o.ObserveFloat64(oldestAge, age)
		}
		if !expires.IsZero() {
			o.ObserveFloat64(firstExpiry, time.Until(expires).Seconds())
		}
		if !w.success.IsZero() {
			success = float64(w.success.UnixMilli()) / 1000
		}
		if w.seen {
			o.ObserveFloat64(lastSuccess, success)
		}
		return nil
	}, pending, oldestAge, firstExpiry, lastSuccess)
	return err
}

// first is the earlier of two times, of which one may not be known.
func first(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
