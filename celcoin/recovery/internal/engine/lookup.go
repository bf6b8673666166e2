package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// shown is the event of a row that Celcoin lists, under whatever status. Only a
// delivery that the receiver did not answer with an error is evidence.
func shown(it *ledger.Item) ledger.Event {
	ev := ledger.Event{Kind: ledger.KindOther, Receiver: it.HTTPStatus}
	switch {
	case it.Status == celcoin.StatusPending:
		ev.Kind = ledger.KindPending
	case it.Status == celcoin.StatusSent && (it.HTTPStatus == 0 || it.HTTPStatus >= 200 && it.HTTPStatus <= 299):
		ev.Kind = ledger.KindSent
	default:
		ev.Other = cmp.Or(it.Status, "?")
	}
	return ev
}

// find tells how Celcoin shows a row, under any status, and its payload if it does.
func (s *session) find(ctx context.Context, row int) (seen ledger.Event, payload *celcoin.Webhook, err error) {
	r, span := &s.unit.Rows[row], s.span
	if r.Window != nil {
		span.From, span.To = r.Window.From, r.Window.To
	}
	// By the documentation OnlyPending unset shows all; integrators saw that what is
	// pending is only shown with true.
	for _, pending := range []*bool{nil, new(true), new(false)} {
		q := s.req.query(span, pending)
		q.WebhookID = r.ID
		_, err := s.e.eachRow(ctx, q, nil, func(it ledger.Item, w *celcoin.Webhook) error {
			if it.Name() != r.Name() {
				return nil
			}
			seen, payload = shown(&it), w
			return errStop
		})
		switch {
		case errors.Is(err, errStop):
			return seen, payload, nil
		case err != nil && s.e.tooOld(span, err):
			return ledger.Event{Kind: ledger.KindFinal}, nil, nil
		case err != nil:
			return seen, nil, err
		}
	}
	return ledger.Event{Kind: ledger.KindGone}, nil, nil
}

// lookUp finds out how Celcoin shows rows, one by one: those that can be asked for.
func (s *session) lookUp(ctx context.Context, rows []int) (map[int]ledger.Event, error) {
	var mu sync.Mutex
	seen := map[int]ledger.Event{}
	err := parallel(ctx, s.e.Concurrency, rows, func(ctx context.Context, i int) error {
		if r := &s.unit.Rows[i]; r.ID == "" || r.Error != "" {
			return nil
		}
		ev, _, err := s.find(ctx, i)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			seen[i] = ev
		}
		return err
	})
	return seen, err
}

// lookAt looks rows up and writes what is seen of them, as far as it tells something.
func (s *session) lookAt(ctx context.Context, rows []int) error {
	if len(rows) == 0 {
		return nil
	}
	seen, err := s.lookUp(ctx, rows)
	if err != nil {
		return err
	}
	return s.write(ctx, false, s.eventsOf(seen)...)
}

// eventsOf are the events of what is seen of rows, as far as they tell something. What
// is in flight, and neither pending nor sent, may still come until it is due.
func (s *session) eventsOf(seen map[int]ledger.Event) (events []ledger.Event) {
	for _, i := range slices.Sorted(maps.Keys(seen)) {
		ev, r := seen[i], &s.unit.Rows[i]
		ev.Items = []int{i}
		switch {
		case ev.Kind == ledger.KindFinal && r.State != ledger.Counted:
			continue
		case ev.Kind == ledger.KindGone && r.State == ledger.Counted && s.over(i):
			ev.Kind = ledger.KindFinal // no look is possible any more
		case ev.Kind == ledger.KindSent && s.e.Received != nil && r.Evidence < ledger.ByPulled:
			ev.Kind, ev.Other = ledger.KindPending, celcoin.StatusSent
		case ev.Kind == ledger.KindPending || ev.Kind == ledger.KindSent:
		case r.State.InFlight() && r.State != ledger.Overdue && !s.isDue(r, s.e.now()):
			continue
		}
		events = append(events, ev)
	}
	return events
}
