package engine

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// finding is what a closing look has found. Nothing is written before it has come
// to its end.
type finding struct {
	events []ledger.Event
	found  []ledger.Item // pending, and not in the unit
	later  int           // pending, and dated after the plan
}

// close is the closing look of a unit.
func (s *session) close(ctx context.Context) error {
	f, err := s.look(ctx)
	if err != nil {
		return err
	}
	return s.take(ctx, f)
}

// take writes what a closing look has found.
func (s *session) take(ctx context.Context, f *finding) error {
	return s.write(ctx, true, append(append(f.events, itemEvents(f.found)...), ledger.Event{Kind: ledger.KindLooked, Later: f.later})...)
}

// look asks the receiver and Celcoin for all rows that have no evidence, or only
// that of the count, and lists what is pending once more.
func (s *session) look(ctx context.Context) (*finding, error) {
	f := &finding{}
	var open []int
	for i := range s.unit.Rows {
		if r := &s.unit.Rows[i]; r.State != ledger.Delivered || s.e.Received != nil && r.Evidence < ledger.ByPulled {
			open = append(open, i)
		}
	}
	if s.e.Received != nil && len(open) > 0 {
		has, err := s.received(ctx, open)
		if err != nil {
			return nil, err
		}
		if len(has) > 0 {
			f.events = append(f.events, ledger.Event{Kind: ledger.KindReceived, Items: has})
		}
		open = without(open, has)
	}
	pending, _, err := s.e.list(ctx, s.req.query(s.span, new(true)), nil)
	if err != nil && !s.e.tooOld(s.span, err) { // else what is left of the window is out of reach
		return nil, err
	}
	seen := map[int]ledger.Event{}
	for n := range pending {
		if i, known := s.unit.Find(&pending[n]); known && s.unit.Rows[i].Evidence < ledger.ByPulled {
			seen[i] = ledger.Event{Kind: ledger.KindPending, Receiver: pending[n].HTTPStatus}
		}
	}
	if f.found, f.later, err = s.unlisted(ctx, pending); err != nil {
		return nil, err
	}
	if err := s.statuses(ctx, without(open, slices.Collect(maps.Keys(seen))), seen); err != nil {
		return nil, err
	}
	f.events = append(f.events, s.eventsOf(seen)...)
	return f, nil
}

// without are the rows that are not among others.
func without(rows, others []int) []int {
	out := make(map[int]bool, len(others))
	for _, i := range others {
		out[i] = true
	}
	return slices.DeleteFunc(slices.Clone(rows), func(i int) bool { return out[i] })
}

// unlisted are the pending webhooks that a look has found, and a plan would have
// listed, if it had seen them. Later is how many did not fail in the outage.
func (s *session) unlisted(ctx context.Context, items []ledger.Item) (found []ledger.Item, later int, err error) {
	items = slices.DeleteFunc(slices.Clone(items), func(it ledger.Item) bool {
		_, known := s.unit.Find(&it)
		return known || it.ID != "" && s.unit.Elsewhere(it.ID)
	})
	return s.given.foundLater(ctx, s.e, s.req, s.span.Entity, items, s.unit.Sealed)
}

// statuses finds out under which status Celcoin lists rows that are not pending:
// page by page, or one by one where that takes fewer calls. What no page shows
// is looked up, unless its age explains it.
func (s *session) statuses(ctx context.Context, rows []int, seen map[int]ledger.Event) error {
	left := rows
	for _, mode := range []*bool{nil, new(false)} {
		if len(left) <= fewRows {
			break
		}
		paged, err := s.paged(ctx, mode, left)
		if errors.Is(err, errStop) {
			break
		}
		if err != nil {
			return err
		}
		maps.Copy(seen, paged)
		left = without(left, slices.Collect(maps.Keys(paged)))
	}
	if len(rows) > fewRows {
		left = slices.DeleteFunc(left, func(i int) bool {
			over := s.over(i)
			if over {
				seen[i] = ledger.Event{Kind: ledger.KindGone}
			}
			return over
		})
	}
	one, err := s.lookUp(ctx, left)
	maps.Copy(seen, one)
	return err
}

// paged is what the pages of the unit's window show of rows. The error is errStop
// if looking them up takes fewer calls.
func (s *session) paged(ctx context.Context, mode *bool, rows []int) (map[int]ledger.Event, error) {
	seen, wanted := map[int]ledger.Event{}, make(map[int]bool, len(rows))
	for _, i := range rows {
		wanted[i] = true
	}
	_, err := s.e.rows(ctx, s.req.query(s.span, mode), func(total int) error {
		if total/fullPage > len(rows) {
			return errStop
		}
		return nil
	}, func(it ledger.Item, _ *celcoin.Webhook) error {
		if i, known := s.unit.Find(&it); known && wanted[i] {
			seen[i] = shown(&it)
		}
		return nil
	})
	if err != nil && s.e.tooOld(s.span, err) {
		for _, i := range rows {
			if _, ok := seen[i]; !ok {
				seen[i] = ledger.Event{Kind: ledger.KindFinal}
			}
		}
		return seen, nil
	}
	return seen, err
}
