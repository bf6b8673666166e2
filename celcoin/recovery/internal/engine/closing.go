package engine

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// closingLook looks at all of a unit once more. It asks the receiver and Celcoin for all rows
// that have no evidence, or only that of the count, and lists what is pending once
// more. Nothing is written before all of it is known.
func (s *session) closingLook(ctx context.Context) error {
	var events []ledger.Event
	var open []int
	for i := range s.unit.Rows {
		if r := &s.unit.Rows[i]; r.State != ledger.Delivered || s.e.Received != nil && r.Evidence < ledger.ByPulled {
			open = append(open, i)
		}
	}
	if s.e.Received != nil && len(open) > 0 {
		has, err := s.received(ctx, open)
		if err != nil {
			return err
		}
		open = without(open, has)
		if len(has) > 0 {
			events = append(events, ledger.Event{Kind: ledger.KindReceived, Items: has})
		}
	}
	pending, unlisted, err := s.e.list(ctx, s.req.query(s.span, new(true)), nil)
	if err != nil && !s.e.tooOld(s.span, err) { // else what is left of the window is out of reach
		return err
	}
	seen := map[int]ledger.Event{}
	for n := range pending {
		if i, known := s.unit.Find(&pending[n]); known && s.unit.Rows[i].Evidence < ledger.ByPulled {
			seen[i] = ledger.Event{Kind: ledger.KindPending, Receiver: pending[n].HTTPStatus}
		}
	}
	found, later, err := s.foundLater(ctx, pending)
	if err != nil {
		return err
	}
	if err := s.statuses(ctx, without(open, slices.Collect(maps.Keys(seen))), seen); err != nil {
		return err
	}
	events = append(events, s.eventsOf(seen)...)
	events = append(events, itemEvents(found)...)
	return s.write(ctx, true, append(events, ledger.Event{Kind: ledger.KindLooked, Later: later, Unlisted: unlisted})...)
}

// without are the rows that are not among others.
func without(rows, others []int) []int {
	out := make(map[int]bool, len(others))
	for _, i := range others {
		out[i] = true
	}
	return slices.DeleteFunc(slices.Clone(rows), func(i int) bool { return out[i] })
}

// foundLater are those of the pending webhooks that a look has found and that belong
// to the plan, but are not in it. Later is how many are dated after the plan by both
// readings: they did not fail in the outage.
func (s *session) foundLater(ctx context.Context, items []ledger.Item) (found []ledger.Item, later int, err error) {
	planned := s.unit.Sealed
	for _, it := range items {
		if _, known := s.unit.Find(&it); known || s.unit.Elsewhere(owned(&it)) {
			continue
		}
		earlier, _ := it.Expires()
		if !earlier.IsZero() && !planned.IsZero() && earlier.Add(-ledger.Lifetime).After(planned) {
			later++
			continue
		}
		it.FoundLater = true
		found = append(found, it)
	}
	_, found, err = s.leftOut.of(ctx, s.span.Entity, found)
	return found, later, err
}

// statuses finds out under which status Celcoin lists rows that are not pending:
// page by page, or one by one where that takes fewer calls. What no page shows
// is looked up, unless its age explains it.
func (s *session) statuses(ctx context.Context, rows []int, seen map[int]ledger.Event) error {
	left := map[int]bool{}
	for _, i := range rows {
		left[i] = true
	}
	for _, mode := range []*bool{nil, new(false)} {
		if len(left) <= fewRows {
			break
		}
		_, err := s.e.eachRow(ctx, s.req.query(s.span, mode), func(total int) error {
			if total/fullPage > len(left) {
				return errStop
			}
			return nil
		}, func(it ledger.Item, _ *celcoin.Webhook) error {
			if i, known := s.unit.Find(&it); known && left[i] {
				seen[i] = shown(&it)
				delete(left, i)
			}
			return nil
		})
		if errors.Is(err, errStop) {
			break
		}
		if err != nil && s.e.tooOld(s.span, err) {
			for i := range left {
				seen[i] = ledger.Event{Kind: ledger.KindFinal}
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
	if len(rows) > fewRows {
		for i := range left {
			if s.over(i) {
				seen[i] = ledger.Event{Kind: ledger.KindGone}
				delete(left, i)
			}
		}
	}
	one, err := s.lookUp(ctx, slices.Sorted(maps.Keys(left)))
	maps.Copy(seen, one)
	return err
}
