package engine

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// leftOut are the rows of other recoveries that are left out of one, read once for
// all its units: above all those that were pulled, which Celcoin lists as pending
// all the same.
type leftOut struct {
	e   *Engine
	req *Request

	mu   sync.Mutex
	rows map[ledger.Name]struct{} // nil: not read
}

func (l *leftOut) read(ctx context.Context) (map[ledger.Name]struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rows != nil {
		return l.rows, nil
	}
	others, err := l.e.overlapping(ctx, l.req)
	if err != nil {
		return nil, err
	}
	rows := map[ledger.Name]struct{}{}
	for id, b := range others {
		// What one recovery of a watch has, it goes on trying.
		watched := strings.HasPrefix(id, WatchPrefix) && strings.HasPrefix(l.req.ID, WatchPrefix)
		if id == l.req.ID || !b.Pulled && !watched {
			continue
		}
		for u, err := range l.e.unitsOf(ctx, id) {
			if err != nil {
				return nil, err
			}
			for i := range u.Unit.Rows {
				if r := &u.Unit.Rows[i]; r.Evidence == ledger.ByPulled || watched && r.State != ledger.Delivered {
					rows[r.Name()] = struct{}{}
				}
			}
		}
	}
	l.rows = rows
	return rows, nil
}

// of tells those that are left out of rows, and those that the receiver has, from
// the others.
func (l *leftOut) of(ctx context.Context, entity celcoin.Entity, items []ledger.Item) (left, others []ledger.Item, err error) {
	if len(items) == 0 {
		return nil, nil, nil
	}
	elsewhere, err := l.read(ctx)
	if err != nil {
		return nil, nil, err
	}
	received := make([]bool, len(items))
	if l.e.Received != nil {
		pointers := make([]*ledger.Item, len(items))
		for i := range items {
			pointers[i] = &items[i]
		}
		if received, err = l.e.received(ctx, entity, pointers); err != nil {
			return nil, nil, err
		}
	}
	for i := range items {
		if _, known := elsewhere[items[i].Name()]; known || received[i] {
			left = append(left, items[i])
		} else {
			others = append(others, items[i])
		}
	}
	return left, others, nil
}

// missed are the pending webhooks of a window that a plan would have listed, if it
// had seen them. Later is how many are dated after the plan by both readings: they did
// not fail in the outage.
func (l *leftOut) missed(ctx context.Context, entity celcoin.Entity, items []ledger.Item, planned time.Time) (
	found []ledger.Item, later int, err error,
) {
	for _, it := range items {
		earlier, _ := it.Expires()
		if !earlier.IsZero() && earlier.Add(-ledger.Lifetime).After(planned) && !planned.IsZero() {
			later++
			continue
		}
		it.FoundLater = true
		found = append(found, it)
	}
	_, found, err = l.of(ctx, entity, found)
	return found, later, err
}
