package engine

import "context"

// Verify looks at all units and at the windows without items, and replays
// nothing. What it finds of a unit is written when all of it is found, and that the
// windows were looked at when all were: one that cannot finish takes nothing back.
func (e *Engine) Verify(ctx context.Context, p *Plan) error {
	if err := e.CheckEnvironment(p.Fingerprint); err != nil {
		return err
	}
	began, calls := e.now(), e.calls.Stats().Calls
	var left given
	err := parallel(ctx, e.Concurrency, p.spans(), func(ctx context.Context, span Span) error {
		return e.verifyUnit(ctx, p, span, &left)
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
func (e *Engine) verifyUnit(ctx context.Context, p *Plan, span Span, left *given) error {
	s, err := waiting(ctx, func() (*session, error) { return e.openSession(ctx, &p.Request, span) })
	if err != nil {
		return err
	}
	defer s.unitLog.close() //nolint:errcheck // what counts is durable
	s.given = left
	if err := s.interrupted(ctx); err != nil {
		return err
	}
	return s.close(ctx)
}
