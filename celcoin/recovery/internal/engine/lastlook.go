package engine

import (
	"context"
	"errors"
	"sync"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// othersLooked tells whether another part of this run has looked at the windows
// without items, and found nothing.
func (r *run) othersLooked(ctx context.Context) (bool, error) {
	runs, err := r.e.ReadRuns(ctx, r.plan.Request.ID)
	return err == nil && runs.Looked.After(r.since) && runs.Pending == 0, err
}

// lookAtEmpty counts what is pending in the windows without items. What is found
// there, and is not dated after the plan, gets a unit. The event says so.
func (e *Engine) lookAtEmpty(ctx context.Context, p *Plan) (looked runEvent, added []Span, err error) {
	var empty []Span
	for _, u := range p.Units {
		if u.Empty() && u.Listed {
			empty = append(empty, u.Span)
		}
	}
	var mu sync.Mutex
	var given given
	looked.Kind = runLooked
	err = parallel(ctx, e.Concurrency, empty, func(ctx context.Context, span Span) error {
		q := p.Request.query(span, new(true))
		n, err := e.count(ctx, q)
		var all, items []ledger.Item
		if err == nil && n > 0 {
			all, _, err = e.list(ctx, q, nil)
		}
		if err != nil && e.tooOld(span, err) {
			return nil // it was empty, and is out of reach
		}
		if err != nil {
			return err
		}
		for _, it := range all {
			if it.FoundLater = !datedAfter(&it, p.Planned); it.FoundLater {
				items = append(items, it)
			}
		}
		after := len(all) - len(items)
		items, _, err = given.leaveOut(ctx, e, &p.Request, span.Entity, items)
		mu.Lock()
		defer mu.Unlock()
		if looked.Later += after; err != nil || len(items) == 0 {
			return err
		}
		looked.Empty++
		added = append(added, span)
		return e.addUnit(ctx, p, span, items)
	})
	looked.Time, looked.Clock = e.now(), e.trustedNow()
	return looked, added, err
}

// addUnit gives a window a log with what a later look has found in it.
func (e *Engine) addUnit(ctx context.Context, p *Plan, span Span, items []ledger.Item) error {
	log, err := e.openUnit(ctx, p.Request.ID, span)
	if errors.Is(err, journal.ErrLocked) {
		return nil // another process adds it
	}
	if err != nil {
		return err
	}
	defer log.close() //nolint:errcheck // what counts is durable
	err = log.list(ctx, p, items, ledger.Event{Kind: ledger.KindListed}, ledger.Event{Kind: ledger.KindSealed, Time: p.Planned})
	if err != nil {
		return err
	}
	plan, err := waiting(ctx, func() (journal.Log, error) { return e.Store.Open(ctx, p.Request.ID, planLog) })
	if err != nil {
		return err
	}
	defer plan.Close() //nolint:errcheck // what counts is durable
	return p.write(ctx, e, plan, true, planEvent{Kind: planAdded, Unit: &span})
}
