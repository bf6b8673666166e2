package engine

import (
	"context"
	"errors"
	"sync"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// othersLooked tells whether another part of this run has looked at the windows
// without items, and run what it found there.
func (r *run) othersLooked(ctx context.Context) (bool, error) {
	runs, err := r.e.ReadRuns(ctx, r.plan.Request.ID)
	return err == nil && runs.LookedByRun.After(r.since), err
}

// looked says that the windows without items were looked at.
func (e *Engine) looked() runEvent {
	ev := runEvent{Kind: runLooked, Time: e.now()}
	if _, trusted := e.clock(); trusted {
		ev.Clock = e.vendorNow()
	}
	return ev
}

// lookAtEmpty counts what is pending in the windows without items. Those that have
// something get a unit, which is looked at like any other. Added are these.
func (e *Engine) lookAtEmpty(ctx context.Context, p *Plan, left *leftOut) (added []Span, err error) {
	var mu sync.Mutex
	err = parallel(ctx, e.Concurrency, p.spans(true), func(ctx context.Context, span Span) error {
		n, err := e.count(ctx, p.Request.query(span, new(true)))
		if err != nil && e.tooOld(span, err) {
			return nil // it was empty, and is out of reach
		}
		if err != nil || n == 0 {
			return err
		}
		found, err := e.addUnit(ctx, p, span, left)
		if found {
			mu.Lock()
			defer mu.Unlock()
			added = append(added, span)
		}
		return err
	})
	return added, err
}

// addUnit gives a window a log, looks at it, and takes it into the plan if it finds
// something.
func (e *Engine) addUnit(ctx context.Context, p *Plan, span Span, left *leftOut) (added bool, err error) {
	log, err := whenFree(ctx, func() (*unitLog, error) { return e.openUnit(ctx, p.Request.ID, span) })
	if err != nil {
		return false, err
	}
	unit := log.unit
	if !unit.Listed {
		err = log.list(ctx, p, nil, ledger.Event{Kind: ledger.KindListed}, ledger.Event{Kind: ledger.KindSealed, Time: p.Planned})
	}
	if err = errors.Join(err, log.close()); err == nil {
		unit, err = e.verifyUnit(ctx, p.Request.ID, span, left)
	}
	if err != nil || len(unit.Rows)+unit.Unlisted+unit.Later == 0 {
		return false, err
	}
	plan, err := whenFree(ctx, func() (journal.Log, error) { return e.Store.Open(ctx, p.Request.ID, planLog) })
	if err != nil {
		return false, err
	}
	defer plan.Close() //nolint:errcheck // what counts is durable
	return true, p.write(ctx, e, plan, true, planEvent{Kind: planAdded, Unit: &span})
}

// Verify looks at all units and at the windows without items, and replays
// nothing. What it finds of a unit is written when all of it is found, and that the
// windows were looked at when all were: what a Verify that ends early has not looked
// at stays as it was.
func (e *Engine) Verify(ctx context.Context, p *Plan) error {
	if err := e.CheckEnvironment(p.Fingerprint); err != nil {
		return err
	}
	began, calls := e.now(), e.calls.Stats().Calls
	left := &leftOut{e: e, req: &p.Request}
	err := parallel(ctx, e.Concurrency, p.spans(false), func(ctx context.Context, span Span) error {
		_, err := e.verifyUnit(ctx, p.Request.ID, span, left)
		return err
	})
	if err != nil {
		return err
	}
	left = &leftOut{e: e, req: &p.Request, own: true}
	if _, err := e.lookAtEmpty(ctx, p, left); err != nil {
		return err
	}
	log, err := e.openRun(ctx, p, began)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // what counts is durable
	ended := runEvent{Kind: runEnded, Time: e.now(), Result: Verified, Calls: e.calls.Stats().Calls - calls}
	return appendRecords(ctx, log, true, e.looked(), ended)
}

// verifyUnit looks at a unit. While a run has it, it waits.
func (e *Engine) verifyUnit(ctx context.Context, id string, span Span, left *leftOut) (*ledger.Unit, error) {
	s, err := whenFree(ctx, func() (*session, error) { return e.openSession(ctx, id, span) })
	if err != nil {
		return nil, err
	}
	defer s.close() //nolint:errcheck // what counts is durable
	s.leftOut = left
	return s.unit, errors.Join(s.closingLook(ctx), s.settle(ctx))
}
