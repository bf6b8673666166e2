package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

func requestOf(u *ledger.Unit) (*Request, error) {
	r := &Request{}
	if err := json.Unmarshal(u.Head.Request, r); err != nil {
		return nil, fmt.Errorf("the head of the unit: %w", ledger.ErrIllegal)
	}
	return r, nil
}

// Verify looks at all units and at the windows without items, and replays
// nothing. What it finds of a unit is written when all of it is found, and that the
// windows were looked at when all were: one that cannot finish takes nothing back.
func (e *Engine) Verify(ctx context.Context, p *Plan) error {
	if err := e.CheckEnvironment(p.Fingerprint); err != nil {
		return err
	}
	began, calls := e.now(), e.calls.Stats().Calls
	var spans []Span
	for _, u := range p.Units {
		if !u.Empty() {
			spans = append(spans, u.Span)
		}
	}
	left := &given{}
	err := parallel(ctx, e.Concurrency, spans, func(ctx context.Context, span Span) error {
		return e.verifyUnit(ctx, p, span, left)
	})
	if err != nil {
		return err
	}
	found, later, err := e.emptyWindows(ctx, p)
	if err != nil {
		return err
	}
	for span, items := range found {
		if err := e.addUnit(ctx, p, span, items); err != nil {
			return err
		}
	}
	log, err := e.openRun(ctx, p, began)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // what counts is durable
	for _, ev := range []runEvent{
		{Kind: runLooked, Time: e.now(), Empty: len(found), Later: later, Clock: e.trustedNow()},
		{Kind: runEnded, Time: e.now(), Result: Verified, Calls: e.calls.Stats().Calls - calls},
	} {
		record, err := json.Marshal(ev)
		if err != nil {
			return err
		}
		if err := log.Append(ctx, true, record); err != nil {
			return err
		}
	}
	return nil
}

// verifyUnit looks at a unit. While a run has it, it waits.
func (e *Engine) verifyUnit(ctx context.Context, p *Plan, span Span, left *given) error {
	log, err := e.openWaiting(ctx, p.Request.ID, span.LogName())
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // what counts is durable
	u, err := e.readUnit(ctx, p.Request.ID, span.LogName())
	if err != nil {
		return err
	}
	s := &session{
		unitLog: &unitLog{e: e, id: p.Request.ID, span: span, log: log, unit: u},
		req:     &p.Request, given: left, base: unknown,
	}
	if err := s.interrupted(ctx); err != nil {
		return err
	}
	f, err := s.look(ctx)
	if err != nil {
		return err
	}
	return s.take(ctx, f)
}
