package engine

import (
	"context"
	"maps"
	"sync"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// sight is what Celcoin shows of a row.
type sight struct {
	status   celcoin.Status   // empty: it does not show the row
	receiver int              // HTTP status that the receiver last answered
	refused  bool             // Celcoin refuses to show it, for its age
	webhook  *celcoin.Webhook // if it is to be pulled
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

func sightOf(it *ledger.Item) sight {
	status := celcoin.Status(cut(string(it.Status)))
	if status == "" {
		status = "?" // it is listed
	}
	return sight{status: status, receiver: it.HTTPStatus}
}

// modes are the three values of OnlyPending. By the documentation unset shows all;
// integrators saw that what is pending is only shown with true.
func modes() []*bool { return []*bool{nil, new(true), new(false)} }

// place is an id in a window: what one call looks up.
type place struct {
	id   string
	span Span
}

// lookUp asks Celcoin for rows one by one, by their ids.
func (s *session) lookUp(ctx context.Context, rows []int) (map[int]sight, error) {
	var places []place
	grouped := map[place][]int{}
	for _, i := range rows {
		r := &s.unit.Rows[i]
		if r.ID == "" || r.Error != "" {
			continue
		}
		p := place{r.ID, s.span}
		if r.Window != nil {
			p.span.From, p.span.To = r.Window.From, r.Window.To
		}
		if len(grouped[p]) == 0 {
			places = append(places, p)
		}
		grouped[p] = append(grouped[p], i)
	}
	var mu sync.Mutex
	seen := map[int]sight{}
	err := parallel(ctx, s.e.Concurrency, places, func(ctx context.Context, p place) error {
		found, err := s.lookUpOne(ctx, p, grouped[p])
		mu.Lock()
		defer mu.Unlock()
		maps.Copy(seen, found)
		return err
	})
	return seen, err
}

func (s *session) lookUpOne(ctx context.Context, p place, rows []int) (map[int]sight, error) {
	found := map[int]sight{}
	for _, mode := range modes() {
		q := s.req.query(p.span, mode)
		q.WebhookID = p.id
		walk := &pass{e: s.e, query: q, size: fullPage, each: func(w *celcoin.Webhook) error {
			it := itemOf(w)
			for _, i := range rows {
				if nameOf(&it) == nameOf(&s.unit.Rows[i].Item) {
					v := sightOf(&it)
					if s.e.Pull != nil {
						v.webhook = w
					}
					found[i] = v
				}
			}
			return nil
		}}
		_, err := walk.run(ctx)
		if err != nil && s.e.tooOld(p.span, err) {
			for _, i := range rows {
				if _, ok := found[i]; !ok {
					found[i] = sight{refused: true}
				}
			}
			return found, nil
		}
		if err != nil || len(found) == len(rows) {
			return found, err
		}
	}
	for _, i := range rows {
		if _, ok := found[i]; !ok {
			found[i] = sight{}
		}
	}
	return found, nil
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
	events := s.eventsOf(rows, seen)
	return s.write(ctx, false, events...)
}

// eventsOf are the events of what is seen of rows. What is in flight, and neither
// pending nor sent, may still come until it is due.
func (s *session) eventsOf(rows []int, seen map[int]sight) (events []ledger.Event) {
	for _, i := range rows {
		v, ok := seen[i]
		r := &s.unit.Rows[i]
		if !ok || v.refused && r.State != ledger.Counted {
			continue
		}
		ev := ledger.Event{Kind: v.kind(), Items: []int{i}, Receiver: v.receiver}
		switch {
		case ev.Kind == ledger.KindSent && s.e.Received != nil && r.Evidence < ledger.ByPulled:
			ev.Kind = ledger.KindMissing
		case ev.Kind == ledger.KindGone && r.State == ledger.Counted && (v.refused || s.over(i)):
			ev.Kind = ledger.KindFinal // it cannot be looked at any more
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
