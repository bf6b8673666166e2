package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/internal/redact"
)

// sight is what Celcoin shows of a row.
type sight struct {
	status   celcoin.Status // empty: it does not show the row
	receiver int            // HTTP status that the receiver last answered
	refused  bool           // Celcoin refuses to show it, for its age
}

// kind is what a sight tells. Only a delivery that the receiver did not answer
// with an error is evidence.
func (v sight) kind() ledger.Kind {
	switch {
	case v.status == "":
		return ledger.KindGone
	case v.status == celcoin.StatusPending:
		return ledger.KindPending
	case v.status == celcoin.StatusSent && (v.receiver == 0 || v.receiver >= 200 && v.receiver <= 299):
		return ledger.KindSent
	}
	return ledger.KindOther
}

func sightOf(w *celcoin.Webhook) sight {
	status := celcoin.Status(redact.Text(string(w.Status), maxLength))
	if status == "" {
		status = "?" // it is listed
	}
	return sight{status: status, receiver: w.HTTPStatusCode}
}

// find looks for rows of one id, which a call is for, under any status. Refused: they
// are too old to be shown.
func (s *session) find(ctx context.Context, rows []int, found func(row int, w *celcoin.Webhook)) (refused bool, err error) {
	first, span := &s.unit.Rows[rows[0]], s.span
	if first.Window != nil {
		span.From, span.To = first.Window.From, first.Window.To
	}
	left := slices.Clone(rows)
	// By the documentation OnlyPending unset shows all; integrators saw that what is
	// pending is only shown with true.
	for _, pending := range []*bool{nil, new(true), new(false)} {
		q := s.req.query(span, pending)
		q.WebhookID = first.ID
		_, err := s.e.rows(ctx, q, nil, func(it ledger.Item, w *celcoin.Webhook) error {
			left = slices.DeleteFunc(left, func(i int) bool {
				same := nameOf(&it) == nameOf(&s.unit.Rows[i].Item)
				if same {
					found(i, w)
				}
				return same
			})
			if len(left) == 0 {
				return errStop
			}
			return nil
		})
		switch {
		case errors.Is(err, errStop):
			return false, nil
		case err != nil && s.e.tooOld(span, err):
			return true, nil
		case err != nil:
			return false, err
		}
	}
	return false, nil
}

// lookUp finds out how Celcoin shows rows, by their ids.
func (s *session) lookUp(ctx context.Context, rows []int) (map[int]sight, error) {
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
	seen := map[int]sight{}
	err := parallel(ctx, s.e.Concurrency, slices.Collect(maps.Values(groups)), func(ctx context.Context, group []int) error {
		found := map[int]sight{}
		refused, err := s.find(ctx, group, func(row int, w *celcoin.Webhook) { found[row] = sightOf(w) })
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for _, i := range group {
			v, ok := found[i]
			v.refused = !ok && refused
			seen[i] = v
		}
		return nil
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

// eventsOf are the events of what is seen of rows. What is in flight, and neither
// pending nor sent, may still come until it is due.
func (s *session) eventsOf(seen map[int]sight) (events []ledger.Event) {
	for _, i := range slices.Sorted(maps.Keys(seen)) {
		v, r := seen[i], &s.unit.Rows[i]
		if v.refused && r.State != ledger.Counted {
			continue
		}
		ev := ledger.Event{Kind: v.kind(), Items: []int{i}, Receiver: v.receiver}
		switch {
		case ev.Kind == ledger.KindSent && s.e.Received != nil && r.Evidence < ledger.ByPulled:
			ev.Kind = ledger.KindMissing
		case ev.Kind == ledger.KindGone && r.State == ledger.Counted && (v.refused || s.over(i)):
			ev.Kind = ledger.KindFinal // no look is possible any more
		case ev.Kind == ledger.KindPending || ev.Kind == ledger.KindSent:
		case r.State.InFlight() && r.State != ledger.Overdue && !s.isDue(i):
			continue
		case ev.Kind == ledger.KindOther:
			ev.Other = v.status
		}
		events = append(events, ev)
	}
	return events
}
