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
	var mu sync.Mutex
	left := &leftOut{e: e, req: &p.Request}
	looked.Kind = runLooked
	err = parallel(ctx, e.Concurrency, p.spans(true), func(ctx context.Context, span Span) error {
		q := p.Request.query(span, new(true))
		n, err := e.count(ctx, q)
		var items []ledger.Item
		unlisted := 0
		if err == nil && n > 0 {
			items, unlisted, err = e.list(ctx, q, nil)
		}
		if err != nil && e.tooOld(span, err) {
			return nil // it was empty, and is out of reach
		}
		if err != nil {
			return err
		}
		found, later, err := left.missed(ctx, span.Entity, items, p.Planned)
		mu.Lock()
		defer mu.Unlock()
		looked.Later += later
		if len(found) > 0 || unlisted > 0 {
			looked.Empty++
		}
		if err != nil || len(found) == 0 {
			return err
		}
		added = append(added, span)
		return e.addUnit(ctx, p, span, found)
	})
	looked.Time = e.now()
	if _, trusted := e.clock(); trusted {
		looked.Clock = e.vendorNow()
	}
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
	plan, err := whenFree(ctx, func() (journal.Log, error) { return e.Store.Open(ctx, p.Request.ID, planLog) })
	if err != nil {
		return err
	}
	defer plan.Close() //nolint:errcheck // what counts is durable
	return p.write(ctx, e, plan, true, planEvent{Kind: planAdded, Unit: &span})
}

// Verify looks at all units and at the windows without items, and replays
// nothing. What it finds of a unit is written when all of it is found, and that the
// windows were looked at when all were: one that cannot finish takes nothing back.
func (e *Engine) Verify(ctx context.Context, p *Plan) error {
	if err := e.CheckEnvironment(p.Fingerprint); err != nil {
		return err
	}
	began, calls := e.now(), e.calls.Stats().Calls
	left := &leftOut{e: e, req: &p.Request}
	err := parallel(ctx, e.Concurrency, p.spans(false), func(ctx context.Context, span Span) error {
		return e.verifyUnit(ctx, p.Request.ID, span, left)
	})
	if err != nil {
		return err
	}
	looked, _, err := e.lookAtEmpty(ctx, p)
	if err != nil {
		return err
	}
	log, err := e.openRun(ctx, p, began)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // what counts is durable
	ended := runEvent{Kind: runEnded, Time: e.now(), Result: Verified, Calls: e.calls.Stats().Calls - calls}
	return appendRecords(ctx, log, true, looked, ended)
}

// verifyUnit looks at a unit. While a run has it, it waits.
func (e *Engine) verifyUnit(ctx context.Context, id string, span Span, left *leftOut) error {
	s, err := whenFree(ctx, func() (*session, error) { return e.openSession(ctx, id, span) })
	if err != nil {
		return err
	}
	defer s.close() //nolint:errcheck // what counts is durable
	s.leftOut = left
	if err := s.interrupted(ctx); err != nil {
		return err
	}
	return errors.Join(s.closingLook(ctx), s.settle(ctx))
}
