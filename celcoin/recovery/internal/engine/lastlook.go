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
// there, and is not dated after the plan, gets a unit.
func (r *run) lookAtEmpty(ctx context.Context) (added []Span, err error) {
	found, later, err := r.e.emptyWindows(ctx, r.plan)
	if err != nil {
		return nil, err
	}
	for span, items := range found {
		if err := r.e.addUnit(ctx, r.plan, span, items); err != nil {
			return nil, err
		}
		added = append(added, span)
	}
	r.write(ctx, runEvent{Kind: runLooked, Time: r.e.now(), Empty: len(found), Later: later, Clock: r.e.trustedNow()})
	return added, nil
}

// emptyWindows looks for pending webhooks in the windows without items.
func (e *Engine) emptyWindows(ctx context.Context, p *Plan) (found map[Span][]ledger.Item, later int, err error) {
	var empty []Span
	for _, u := range p.Units {
		if u.Empty() && u.Listed {
			empty = append(empty, u.Span)
		}
	}
	pulled, err := e.pulledElsewhere(ctx, &p.Request)
	if err != nil {
		return nil, 0, err
	}
	found = map[Span][]ledger.Item{}
	var mu sync.Mutex
	err = parallel(ctx, e.Concurrency, empty, func(ctx context.Context, span Span) error {
		q := p.Request.query(span, new(true))
		if n, err := e.count(ctx, q); err != nil || n == 0 {
			if err != nil && e.tooOld(span, err) {
				return nil // it was empty, and is out of reach
			}
			return err
		}
		l, err := e.list(ctx, q, nil)
		if err != nil {
			return err
		}
		s := &session{unitLog: &unitLog{e: e, span: span, unit: &ledger.Unit{Sealed: p.Planned}}, req: &p.Request, given: &given{rows: pulled}}
		items, n, err := s.unlisted(ctx, l.items)
		mu.Lock()
		defer mu.Unlock()
		if later += n; len(items) > 0 {
			found[span] = items
		}
		return err
	})
	return found, later, err
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
	if !log.unit.Listed {
		listed, sealed := ledger.Event{Kind: ledger.KindListed}, ledger.Event{Kind: ledger.KindSealed, Time: p.Planned}
		if err := log.list(ctx, p, items, listed, sealed); err != nil {
			return err
		}
	}
	plan, err := e.openWaiting(ctx, p.Request.ID, planLog)
	if err != nil {
		return err
	}
	defer plan.Close() //nolint:errcheck // what counts is durable
	return appendPlan(ctx, e, plan, p, true, planEvent{Kind: planAdded, Unit: &span})
}
