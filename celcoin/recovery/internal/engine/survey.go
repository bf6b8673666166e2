package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
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
// leaves out what the receiver has or was pulled.
func (e *Engine) Survey(ctx context.Context, req Request) (map[celcoin.Entity]*Missed, error) {
	given, err := e.pulledElsewhere(ctx, &req)
	if err != nil {
		return nil, err
	}
	other := req
	other.ID = "" // to which the rows of a watch's recoveries are not given
	pulled, err := e.pulledElsewhere(ctx, &other)
	if err != nil {
		return nil, err
	}
	all := map[celcoin.Entity]*Missed{}
	for _, entity := range req.Entities {
		all[entity] = &Missed{}
	}
	var mu sync.Mutex
	err = parallel(ctx, e.Concurrency, req.spans(e.Window), func(ctx context.Context, s Span) error {
		mu.Lock()
		m := all[s.Entity]
		failed := m.Err != nil
		mu.Unlock()
		if failed {
			return nil
		}
		l, err := e.list(ctx, req.query(s, new(true)), nil)
		var items []ledger.Item
		if err == nil {
			items, _, err = e.leaveOut(ctx, s.Entity, l.items, pulled)
		}
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			if ctx.Err() == nil && (!fatal(ctx, err) || isWait(err)) {
				m.Err, err = err, nil
			}
			return err
		}
		for i := range items {
			m.add(&items[i])
			if _, taken := given[nameOf(&items[i])]; !taken {
				m.Open++
			}
		}
		return nil
	})
	return all, err
}

func isWait(err error) bool {
	_, wait := errors.AsType[*WaitError](err)
	return wait
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

// isGiven tells whether a row of another recovery is left out of a later plan:
// because its payload was pulled, or, among the recoveries of a watch, because
// that one goes on trying it.
func isGiven(id, other string, r *ledger.Row) bool {
	return r.Evidence == ledger.ByPulled ||
		strings.HasPrefix(id, WatchPrefix) && strings.HasPrefix(other, WatchPrefix) && r.State != ledger.Delivered
}

// watched is a document that says how far a watch has come.
type watched struct {
	Success time.Time `json:"success"`
}

// Watched returns when the watch of a product last asked for everything.
func (e *Engine) Watched(ctx context.Context, p celcoin.Product) (at time.Time, err error) {
	err = update(ctx, e, "watch-"+e.environment()+"-"+shortHash(string(p)), func(_ time.Time, w *watched) (bool, error) {
		at = w.Success
		return false, nil
	})
	return at, err
}

// SetWatched keeps it.
func (e *Engine) SetWatched(ctx context.Context, p celcoin.Product, at time.Time) error {
	return update(ctx, e, "watch-"+e.environment()+"-"+shortHash(string(p)), func(_ time.Time, w *watched) (bool, error) {
		w.Success = at
		return true, nil
	})
}

// Now is the store's clock.
func (e *Engine) Now() time.Time { return e.now() }
