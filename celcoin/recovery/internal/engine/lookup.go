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

// find tells how Celcoin shows rows of one id, which a call is for, under any status.
// Payload gets them as they are listed.
func (s *session) find(ctx context.Context, rows []int, payload func(*celcoin.Webhook)) (map[int]ledger.Event, error) {
	first, span := &s.unit.Rows[rows[0]], s.span
	if first.Window != nil {
		span.From, span.To = first.Window.From, first.Window.To
	}
	seen, missing := map[int]ledger.Event{}, ledger.Event{Kind: ledger.KindGone}
	// By the documentation OnlyPending unset shows all; integrators saw that what is
	// pending is only shown with true.
	for _, pending := range []*bool{nil, new(true), new(false)} {
		q := s.req.query(span, pending)
		q.WebhookID = first.ID
		_, err := s.e.eachRow(ctx, q, nil, func(it ledger.Item, w *celcoin.Webhook) error {
			for _, i := range rows {
				if _, known := seen[i]; !known && nameOf(&it) == nameOf(&s.unit.Rows[i].Item) {
					seen[i] = shown(&it)
					payload(w)
				}
			}
			if len(seen) == len(rows) {
				return errStop
			}
			return nil
		})
		if err != nil && s.e.tooOld(span, err) {
			missing.Kind = ledger.KindFinal
		} else if err != nil && !errors.Is(err, errStop) {
			return nil, err
		}
		if err != nil {
			break
		}
	}
	for _, i := range rows {
		if _, known := seen[i]; !known {
			seen[i] = missing
		}
	}
	return seen, nil
}

// lookUp finds out how Celcoin shows rows, by their ids.
func (s *session) lookUp(ctx context.Context, rows []int) (map[int]ledger.Event, error) {
	type place struct { // what one call looks up
		id     string
		window ledger.Window
	}
	groups := map[place][]int{}
	for _, i := range rows {
		r := &s.unit.Rows[i]
		if r.ID == "" || r.Error != "" {
			continue
		}
		p := place{id: r.ID}
		if r.Window != nil {
			p.window = *r.Window
		}
		groups[p] = append(groups[p], i)
	}
	var mu sync.Mutex
	seen := map[int]ledger.Event{}
	err := parallel(ctx, s.e.Concurrency, slices.Collect(maps.Values(groups)), func(ctx context.Context, group []int) error {
		found, err := s.find(ctx, group, func(*celcoin.Webhook) {})
		mu.Lock()
		defer mu.Unlock()
		maps.Copy(seen, found)
		return err
	})
	return seen, err
}

// lookAt looks rows up and writes what is seen of them. What is in flight and
// not there yet may still come.
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
