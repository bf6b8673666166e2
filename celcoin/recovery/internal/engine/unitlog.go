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

// openUnit takes the log of a unit and reads it. While another holds it, the error
// is [journal.ErrLocked]. What the store has cut off it, the log says for the report.
func (e *Engine) openUnit(ctx context.Context, id string, span Span) (*unitLog, error) {
	log, err := e.Store.Open(ctx, id, span.LogName())
	if err != nil {
		return nil, err
	}
	l := &unitLog{e: e, id: id, span: span, log: log}
	if l.unit, err = e.readUnit(ctx, id, span.LogName()); err == nil && l.unit.Head.Version > 0 {
		if c, ok := log.(journal.Cutter); ok && c.Cut() > 0 {
			err = l.write(ctx, true, ledger.Event{Kind: ledger.KindCut, Cut: c.Cut()})
		}
	}
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return l, nil
}

// readUnit reads the log of a unit, without a lock. One that does not exist is a
// unit without a head.
func (e *Engine) readUnit(ctx context.Context, id, name string) (*ledger.Unit, error) {
	u := new(ledger.Unit)
	return u, readLog(ctx, e, id, name, u.Apply)
}

// write applies events, with the store's time, and appends them. After an error
// neither the unit nor the log can be used any more.
func (l *unitLog) write(ctx context.Context, durable bool, events ...ledger.Event) error {
	if len(events) == 0 && !durable {
		return nil
	}
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
	}
	return appendRecords(ctx, l.log, durable, events...)
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
	events = append(events, itemEvents(items)...)
	return l.write(ctx, true, append(events, after...)...)
}

func itemEvents(items []ledger.Item) []ledger.Event {
	events := make([]ledger.Event, len(items))
	for i := range items {
		events[i] = ledger.Event{Kind: ledger.KindItem, Item: &items[i]}
	}
	return events
}
