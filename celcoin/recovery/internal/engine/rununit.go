package engine

import (
	"context"
	"errors"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// RunUnit runs one unit to the end of its run. Of its recovery it reads and writes the
// log of the unit alone. The unit is there also when the error is not nil, if it could
// be read.
func (e *Engine) RunUnit(ctx context.Context, id string, span Span) (*ledger.Unit, error) {
	s, err := e.openSession(ctx, id, span)
	if err != nil {
		return nil, err
	}
	defer s.close() //nolint:errcheck // what counts is durable
	if s.unit.Sealed.IsZero() {
		return nil, ErrNotFound
	}
	if err := e.CheckEnvironment(s.unit.Head.Fingerprint); err != nil {
		return s.unit, err
	}
	if err := e.register(ctx, s.req); err != nil {
		return s.unit, err
	}
	calls := e.calls.Stats().Calls
	since := s.unit.Run.Ended // no other process has had it since it was opened
	for {
		next, err := s.advance(ctx, since)
		if err == nil && !next.IsZero() {
			if err = sleep(ctx, next.Sub(e.now())); err == nil {
				continue
			}
		}
		n := e.calls.Stats().Calls - calls
		return s.unit, errors.Join(err, s.write(ctx, false, ledger.Event{Kind: ledger.KindCalls, Calls: n}))
	}
}
