package engine

import (
	"context"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// WatchPrefix begins the IDs of the recoveries that a watch makes.
const WatchPrefix = "watch-"

// Missed is what is pending of an entity, in short.
type Missed struct {
	Pending int
	Open    int       // of them, in none of a watch's own recoveries
	Oldest  time.Time // by the earlier reading of its date; zero: none can be read
	Expires time.Time // the first of them, by the later reading
	Err     error     // why it could not be asked, or not in full
}

// Survey asks what is pending in the windows of a request, and keeps nothing. It
// leaves out what the receiver has or was pulled. The error is ctx's.
func (e *Engine) Survey(ctx context.Context, req Request) (map[celcoin.Entity]*Missed, error) {
	other := req
	other.ID = "" // rows of the watch's own recoveries are not left out of it
	own, pulled := &leftOut{e: e, req: &req}, &leftOut{e: e, req: &other}
	all := map[celcoin.Entity]*Missed{}
	for _, entity := range req.Entities {
		all[entity] = &Missed{}
	}
	err := parallel(ctx, e.Concurrency, req.Entities, func(ctx context.Context, entity celcoin.Entity) error {
		m, one := all[entity], req
		one.Entities = []celcoin.Entity{entity}
		for _, s := range one.spans(e.Window) {
			items, _, err := e.list(ctx, req.query(s, new(true)), nil)
			if err == nil {
				_, items, err = pulled.of(ctx, entity, items)
			}
			var taken map[ledger.Name]struct{} // by the watch's own recoveries
			if err == nil && len(items) > 0 {
				taken, err = own.read(ctx)
			}
			if err != nil {
				m.Err = err
				return ctx.Err()
			}
			for i := range items {
				m.add(&items[i])
				if _, ok := taken[items[i].Name()]; !ok {
					m.Open++
				}
			}
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

// watched is a document that says how far a watch has come.
type watched struct {
	Success time.Time `json:"success"`
}

// Watched returns when the watch of a product last asked for everything, and keeps a
// new time unless that is zero.
func (e *Engine) Watched(ctx context.Context, p celcoin.Product, at time.Time) (last time.Time, err error) {
	err = update(ctx, e, "watch-"+e.environment()+"-"+shortHash(string(p)), func(_ time.Time, w *watched) (bool, error) {
		if !at.IsZero() {
			w.Success = at
		}
		last = w.Success
		return !at.IsZero(), nil
	})
	return last, err
}

// Now is the store's clock.
func (e *Engine) Now() time.Time { return e.now() }
