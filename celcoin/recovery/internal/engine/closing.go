package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

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
	events := f.events
	for i := range f.found {
		events = append(events, ledger.Event{Kind: ledger.KindItem, Item: &f.found[i]})
	}
	return s.write(ctx, true, append(events, ledger.Event{Kind: ledger.KindLooked, Later: f.later})...)
}

// look asks the receiver and Celcoin for all rows that have no evidence, or only
// that of the count, and lists what is pending once more.
func (s *session) look(ctx context.Context) (*finding, error) {
	f := &finding{}
	open := s.withoutEvidence()
	if s.e.Received != nil {
		var err error
		if open, err = s.lookAtReceiver(ctx, f, open); err != nil {
			return nil, err
		}
	}
	seen := map[int]sight{}
	pending, _, err := s.e.list(ctx, s.req.query(s.span, new(true)), nil)
	if err != nil && !s.e.tooOld(s.span, err) { // else what is left of the window is out of reach
		return nil, err
	}
	for n := range pending {
		it := &pending[n]
		i, known := s.unit.Find(it)
		switch {
		case known:
			if r := &s.unit.Rows[i]; r.State != ledger.Delivered || r.Evidence < ledger.ByPulled {
				seen[i] = sight{status: celcoin.StatusPending, receiver: it.HTTPStatus}
			}
		case it.ID != "" && s.unit.Elsewhere(it.ID):
		case s.isLater(it):
			f.later++
		default:
			it.FoundLater = true
			f.found = append(f.found, *it)
		}
	}
	if f.found, err = s.wanting(ctx, f.found); err != nil {
		return nil, err
	}
	open = slices.DeleteFunc(open, func(i int) bool { return seen[i].status != "" })
	if err := s.statuses(ctx, open, seen); err != nil {
		return nil, err
	}
	f.events = append(f.events, s.eventsOf(seen)...)
	return f, nil
}

// withoutEvidence are the rows to look at.
func (s *session) withoutEvidence() (rows []int) {
	for i := range s.unit.Rows {
		r := &s.unit.Rows[i]
		if r.State != ledger.Delivered || s.e.Received != nil && r.Evidence < ledger.ByPulled {
			rows = append(rows, i)
		}
	}
	return rows
}

// lookAtReceiver returns the rows that the receiver does not have.
func (s *session) lookAtReceiver(ctx context.Context, f *finding, rows []int) (missing []int, err error) {
	items := make([]*ledger.Item, len(rows))
	for n, i := range rows {
		items[n] = &s.unit.Rows[i].Item
	}
	answers, err := s.e.received(ctx, s.span.Entity, items)
	if err != nil {
		return nil, err
	}
	var has []int
	for n, i := range rows {
		if answers[n] {
			has = append(has, i)
		} else {
			missing = append(missing, i)
		}
	}
	if len(has) > 0 {
		f.events = append(f.events, ledger.Event{Kind: ledger.KindReceived, Items: has})
	}
	return missing, nil
}

// isLater tells whether a row did not fail in the outage.
func (s *session) isLater(it *ledger.Item) bool { return datedAfter(it, s.unit.Sealed) }

// datedAfter tells whether a row is dated after a time by both readings.
func datedAfter(it *ledger.Item, at time.Time) bool {
	earlier, _ := it.Expires()
	return !earlier.IsZero() && earlier.Add(-ledger.Lifetime).After(at) && !at.IsZero()
}

// wanting takes out of rows what a plan would leave out: what another recovery has
// pulled, and what the receiver has.
func (s *session) wanting(ctx context.Context, items []ledger.Item) ([]ledger.Item, error) {
	kept, _, err := s.given.leaveOut(ctx, s.e, s.req, s.span.Entity, items)
	return kept, err
}

// statuses finds out under which status Celcoin lists rows that are not pending:
// page by page, or one by one where that takes fewer calls. What no page shows
// is looked up, unless its age explains it.
func (s *session) statuses(ctx context.Context, rows []int, seen map[int]sight) error {
	left := rows
	if len(left) > fewRows {
		for _, mode := range []*bool{nil, new(false)} {
			fewer, err := s.paged(ctx, mode, left, seen)
			if err != nil {
				return err
			}
			left = slices.DeleteFunc(slices.Clone(left), func(i int) bool { _, ok := seen[i]; return ok })
			if len(left) == 0 || fewer {
				break
			}
		}
	}
	var ask []int
	for _, i := range left {
		if s.over(i) && len(rows) > fewRows {
			seen[i] = sight{}
		} else {
			ask = append(ask, i)
		}
	}
	one, err := s.lookUp(ctx, ask)
	maps.Copy(seen, one)
	return err
}

// paged looks for rows in the pages of the unit's window. Fewer means that
// looking them up takes fewer calls, so it has not.
func (s *session) paged(ctx context.Context, mode *bool, rows []int, seen map[int]sight) (fewer bool, err error) {
	wanted := make(map[int]bool, len(rows))
	for _, i := range rows {
		wanted[i] = true
	}
	_, err = s.e.rows(ctx, s.req.query(s.span, mode), func(total int) error {
		if fewer = total/fullPage > len(wanted); fewer {
			return errStop
		}
		return nil
	}, func(it ledger.Item, w *celcoin.Webhook) error {
		if i, known := s.unit.Find(&it); known && wanted[i] {
			seen[i] = sightOf(w)
			delete(wanted, i)
		}
		if len(wanted) == 0 {
			return errStop
		}
		return nil
	})
	switch {
	case err != nil && s.e.tooOld(s.span, err):
		for i := range wanted {
			seen[i] = sight{refused: true}
		}
	case err != nil && !errors.Is(err, errStop):
		return false, err
	}
	return fewer, nil
}
