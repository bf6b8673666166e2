package engine

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// WatchPrefix begins the IDs of the recoveries that a watch makes.
const WatchPrefix = "watch-"

// Missed is what is pending of an entity, in short.
type Missed struct {
	Pending int
	Open    int       // of them, in none of the watch's own recoveries
	Oldest  time.Time // by the earlier reading of its date; zero: none can be read
	Expires time.Time // the first of them, by the later reading
	Err     error     // why it could not be asked, or not in full
}

// Survey asks what is pending in the windows of a request, and keeps nothing. It
// leaves out what the receiver has and what was pulled. The error is ctx's.
func (e *Engine) Survey(ctx context.Context, req Request) (map[celcoin.Entity]*Missed, error) {
	other := req
	other.ID = "" // rows of the watch's own recoveries are not left out of it
	own, pulled := &leftOut{e: e, req: &req}, &leftOut{e: e, req: &other}
	all := map[celcoin.Entity]*Missed{}
	for _, entity := range req.Entities {
		all[entity] = &Missed{}
	}
	err := parallel(ctx, e.Concurrency, req.Entities, func(ctx context.Context, entity celcoin.Entity) error {
		m, one, counted := all[entity], req, newOwners() // windows that touch show some twice
		one.Entities = []celcoin.Entity{entity}
		more := 0 // webhooks that Celcoin counts
		for _, s := range one.spans(e.Window) {
			items, unlisted, err := e.list(ctx, req.query(s, new(true)), nil)
			if err == nil {
				_, items, err = pulled.of(ctx, entity, items)
			}
			var taken map[ledger.Name]bool // by the watch's own recoveries
			if err == nil && len(items) > 0 {
				taken, err = own.read(ctx)
			}
			if err != nil {
				m.Err = err
				return ctx.Err()
			}
			more += unlisted
			unit := &UnitPlan{Span: s}
			for i := range items {
				it := &items[i]
				if counted.claim(it.ID+" "+it.Key+" "+it.Created, unit) != unit {
					continue
				}
				m.add(it)
				if _, ok := taken[it.Name()]; !ok {
					m.Open++
				}
			}
		}
		if more > 0 {
			m.Err = fmt.Errorf("Celcoin counts %d more webhooks than it lists", more) //nolint:staticcheck // its name
		}
		return nil
	})
	return all, err
}

func (m *Missed) add(it *ledger.Item) {
	m.Pending++
	earlier, later := it.Expires()
	if earlier.IsZero() {
		return
	}
	if created := earlier.Add(-ledger.Lifetime); m.Oldest.IsZero() || created.Before(m.Oldest) {
		m.Oldest = created
	}
	if m.Expires.IsZero() || later.Before(m.Expires) {
		m.Expires = later
	}
}

// watched is a document that says how far the watches of a product have come.
type watched struct {
	Entities map[celcoin.Entity]Asked `json:"entities,omitempty"`
}

// Asked is how far a watch has come with an entity.
type Asked struct {
	From    time.Time `json:"from"`             // from when on something may be missing
	Success time.Time `json:"success,omitzero"` // when it was last asked for in full
}

// Watched returns from when on something may be missing of any of the entities, at
// least so far back, and when all of them were last asked for in full; zero: never.
func (e *Engine) Watched(ctx context.Context, p celcoin.Product, entities []celcoin.Entity, back time.Duration) (from, success time.Time, err error) {
	err = update(ctx, e, e.watchedName(p), func(now time.Time, w *watched) (changed bool, _ error) {
		from, success = now.Add(-back), now
		for _, entity := range entities {
			a, known := w.Entities[entity]
			if !known { // as long as it cannot be asked, this is how far it was watched
				a.From, changed = now.Add(-back), true
				w.set(map[celcoin.Entity]Asked{entity: a})
			}
			if a.From.Before(from) {
				from = a.From
			}
			if a.Success.Before(success) {
				success = a.Success
			}
		}
		return changed, nil
	})
	return from, success, err
}

// SetWatched keeps how far a watch has come.
func (e *Engine) SetWatched(ctx context.Context, p celcoin.Product, entities map[celcoin.Entity]Asked) error {
	return update(ctx, e, e.watchedName(p), func(_ time.Time, w *watched) (bool, error) {
		w.set(entities)
		return true, nil
	})
}

func (w *watched) set(entities map[celcoin.Entity]Asked) {
	if w.Entities == nil {
		w.Entities = map[celcoin.Entity]Asked{}
	}
	maps.Copy(w.Entities, entities)
}

func (e *Engine) watchedName(p celcoin.Product) string {
	return "watch-" + e.environment() + "-" + shortHash(string(p))
}

// Now is the store's clock.
func (e *Engine) Now() time.Time { return e.now() }
