package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// unitLog is the log of a unit, held, and what it says.
type unitLog struct {
	e    *Engine
	id   string
	span Span
	log  journal.Log
	unit *ledger.Unit
}

// openUnit takes the log of a unit and reads it. While another holds it, the error is [journal.ErrLocked].
func (e *Engine) openUnit(ctx context.Context, id string, span Span) (*unitLog, error) {
	log, err := e.Store.Open(ctx, id, span.LogName())
	if err != nil {
		return nil, err
	}
	u, err := e.readUnit(ctx, id, span.LogName())
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &unitLog{e: e, id: id, span: span, log: log, unit: u}, nil
}

// readUnit reads the log of a unit, without a lock. One that does not exist is a
// unit without a head.
func (e *Engine) readUnit(ctx context.Context, id, name string) (*ledger.Unit, error) {
	u := new(ledger.Unit)
	for record, err := range e.Store.Read(ctx, id, name) {
		if err != nil {
			return nil, err
		}
		ev, err := ledger.Decode(record)
		if err == nil {
			err = u.Apply(&ev)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return u, nil
}

// write applies events, with the store's time, and appends them. After an error
// neither the unit nor the log can be used any more. It is not cut short by ctx,
// which would leave the log dead.
func (l *unitLog) write(ctx context.Context, durable bool, events ...ledger.Event) error {
	if len(events) == 0 && !durable {
		return nil
	}
	records := make([][]byte, len(events))
	now := l.e.now()
	for i := range events {
		e := &events[i]
		if e.Time.IsZero() {
			e.Time = now
		}
		// An event that does not fit must never get into the log.
		if err := l.unit.Apply(e); err != nil {
			return fmt.Errorf("%s: %w", l.span.LogName(), err)
		}
		var err error
		if records[i], err = e.Encode(); err != nil {
			return err
		}
	}
	return l.log.Append(context.WithoutCancel(ctx), durable, records...)
}

// lost tells whether another may hold the log by now.
func (l *unitLog) lost() bool {
	select {
	case <-l.log.Lost():
		return true
	default:
		return false
	}
}

func (l *unitLog) close() error { return l.log.Close() }

// list appends rows and what follows them, to a log that is new after its head.
func (l *unitLog) list(ctx context.Context, p *Plan, items []ledger.Item, after ...ledger.Event) error {
	var events []ledger.Event
	if !l.unit.Listed {
		request, err := json.Marshal(&p.Request)
		if err != nil {
			return err
		}
		events = append(events, ledger.Event{Kind: ledger.KindUnit, Head: &ledger.Head{
			Version: ledger.Version, Request: request, Fingerprint: p.Fingerprint,
			Entity: l.span.Entity, From: l.span.From, To: l.span.To,
		}})
	}
	for i := range items {
		events = append(events, ledger.Event{Kind: ledger.KindItem, Item: &items[i]})
	}
	return l.write(ctx, true, append(events, after...)...)
}
