package engine

import (
	"context"
	"strings"
	"sync"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// leftOut are the rows of other recoveries that are left out of one, read once for
// all its units: those that were pulled, which Celcoin lists as pending all the same,
// and in a recovery of a watch those that another of its recoveries is still trying.
type leftOut struct {
	e   *Engine
	req *Request
	own bool // also the rows of the recovery itself: windows that touch show some twice

	mu   sync.Mutex
	rows map[ledger.Name]bool // nil: not read; whether it was pulled
}

func (l *leftOut) read(ctx context.Context) (map[ledger.Name]bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rows != nil {
		return l.rows, nil
	}
	others, err := l.e.overlapping(ctx, l.req)
	if err != nil {
		return nil, err
	}
	rows := map[ledger.Name]bool{}
	for id, b := range others {
		watched := strings.HasPrefix(id, WatchPrefix) && strings.HasPrefix(l.req.ID, WatchPrefix)
		own := id == l.req.ID
		if own && !l.own || !own && !b.Pulled && !watched {
			continue
		}
		for u, err := range l.e.unitsOf(ctx, id) {
			if err != nil {
				return nil, err
			}
			for i := range u.Unit.Rows {
				r := &u.Unit.Rows[i]
				pulled, name := r.Evidence == ledger.ByPulled, r.Name()
				if pulled || own || watched && r.State != ledger.Delivered {
					rows[name] = rows[name] || pulled
				}
			}
		}
	}
	l.rows = rows
	return rows, nil
}

// of parts items into those to be left out, which are also those that the receiver
// has, and the others.
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
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range items {
		name := items[i].Name()
		if _, known := elsewhere[name]; known || received[i] {
			left = append(left, items[i])
			continue
		}
		others = append(others, items[i])
		if l.own { // it is another's from now on
			elsewhere[name] = false
		}
	}
	return left, others, nil
}
