package engine

import (
	"context"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

const (
	firstLook = 250 * time.Millisecond
	maxLook   = 15 * time.Second
	lookAgain = 30 * time.Second // at what is overdue
	// fewRows are looked up rather than counted: that is as cheap, and it is evidence.
	fewRows = 2
)

// confirm waits until everything in flight is known to have arrived, or is
// overdue. Overdue rows are looked at, and those whose delivery has failed go back.
func (s *session) confirm(ctx context.Context) error {
	flying := s.awaited()
	if len(flying) == 0 {
		return s.judge(ctx)
	}
	waited, step := s.took, firstLook
	if err := sleep(ctx, waited); err != nil {
		return err
	}
	for {
		if err := s.observe(ctx, flying); err != nil {
			return err
		}
		if flying = s.awaited(); len(flying) == 0 {
			break
		}
		if err := sleep(ctx, min(step, s.timeout())); err != nil {
			return err
		}
		waited, step = waited+step, min(2*step, maxLook)
	}
	if s.unit.In(ledger.Overdue) == 0 {
		s.took = waited * 3 / 4
	}
	return s.judge(ctx)
}

// awaited are the rows whose delivery is not overdue yet.
func (s *session) awaited() []int { return s.in(ledger.Accepted, ledger.InDoubt) }

// observe finds out what became of rows in flight, and writes which are overdue.
func (s *session) observe(ctx context.Context, flying []int) (err error) {
	now := s.e.now()
	due := func(r *ledger.Row) bool { return s.isDue(r, now) }
	told := true // of each row
	switch {
	case s.e.Received != nil:
		err = s.askReceiver(ctx, flying)
	case s.countable(flying):
		late := s.where(due, ledger.Accepted, ledger.InDoubt)
		told, err = s.byCount(ctx, flying, len(late) > 0)
	default:
		err = s.lookAt(ctx, flying)
	}
	if err != nil {
		return err
	}
	if told {
		s.unit.Missing = now
	}
	return s.mark(ctx, ledger.KindTimeout, s.where(due, ledger.Accepted, ledger.InDoubt))
}

// isDue tells whether a row in flight should have arrived by a time.
func (s *session) isDue(r *ledger.Row, at time.Time) bool {
	return !at.Before(r.Sent.Add(s.timeout()))
}

// judge looks at the overdue rows, and takes back those whose delivery has failed.
func (s *session) judge(ctx context.Context) error {
	if s.unit.In(ledger.Overdue) == 0 && s.unit.In(ledger.Pending) > 0 {
		return nil // the next batch tells what has become of this one
	}
	if len(s.unit.Untold) > 0 {
		if err := s.settle(ctx); err != nil {
			return err
		}
	}
	if err := s.askReceiver(ctx, s.in(ledger.Overdue)); err != nil {
		return err
	}
	// One that may still come is not looked at all the time; one that will not is,
	// before it counts as failed.
	now := s.e.now()
	lost := func(r *ledger.Row) bool { return s.control.Lost(now, r.Sent, s.e.Policy) }
	again := now.Sub(s.unit.Missing) >= lookAgain
	look := s.where(func(r *ledger.Row) bool { return again || lost(r) }, ledger.Overdue)
	if err := s.lookAt(ctx, look); err != nil {
		return err
	}
	if again {
		s.unit.Missing = now
	}
	failed := s.where(lost, ledger.Overdue)
	if len(failed) == 0 {
		return nil
	}
	s.base = unknown
	if err := s.mark(ctx, ledger.KindUndelivered, failed); err != nil {
		return err
	}
	return s.settle(ctx)
}

// received asks the receiver which rows it has.
func (s *session) received(ctx context.Context, rows []int) (has []int, err error) {
	items := make([]*ledger.Item, len(rows))
	for n, i := range rows {
		items[n] = &s.unit.Rows[i].Item
	}
	answers, err := s.e.received(ctx, s.span.Entity, items)
	if err != nil {
		return nil, err
	}
	for n, i := range rows {
		if answers[n] {
			has = append(has, i)
		}
	}
	return has, nil
}

// askReceiver asks the receiver for rows, if there is one to ask, and writes which it has.
func (s *session) askReceiver(ctx context.Context, rows []int) error {
	if s.e.Received == nil || len(rows) == 0 {
		return nil
	}
	has, err := s.received(ctx, rows)
	if err != nil {
		return err
	}
	return s.mark(ctx, ledger.KindReceived, has)
}

// unknown is a base that was not counted.
const unknown = -1

// countable tells whether the pending count of the unit may prove these rows.
func (s *session) countable(rows []int) bool {
	return len(rows) > fewRows && s.base != unknown && len(rows) == s.inFlight() &&
		!slices.ContainsFunc(rows, func(i int) bool {
			r := &s.unit.Rows[i]
			return r.Probe || r.Other != "" || r.Window != nil // another window's count has it
		})
}

// baseline counts what is pending while nothing is in flight, if the batch that is
// about to be sent can be counted. The count also falls by ids that are another
// unit's: a few of them cannot make up for a whole batch that has not arrived.
func (s *session) baseline(ctx context.Context, probe bool, batch [][]int) error {
	if probe {
		s.base = unknown // they are looked up
	}
	if s.base != unknown || probe || s.e.Received != nil || s.unit.Foreign() > fewRows ||
		len(batch) <= fewRows || s.inFlight() > 0 {
		return nil
	}
	return s.measure(ctx)
}

// measure counts what is pending while nothing is in flight.
func (s *session) measure(ctx context.Context) error {
	n, err := s.e.count(ctx, s.req.query(s.span, new(true)))
	s.base, s.baseAt = n, s.e.now()
	return err
}

// byCount takes rows for delivered, for all that is known so far, if the pending
// count fell by exactly these, and the newest of them is listed as sent: a failed
// delivery may take a webhook out of the list as well. What the count does not tell
// is looked up, once it is due. Told: of each row it is known whether it has arrived.
func (s *session) byCount(ctx context.Context, rows []int, due bool) (told bool, err error) {
	n, err := s.e.count(ctx, s.req.query(s.span, new(true)))
	if err != nil {
		return false, err
	}
	now := s.e.now()
	fell := s.base - n
	if fell != len(rows) || s.expiryBetween(s.baseAt, now) {
		if fell < len(rows) && !due {
			return fell == 0, nil
		}
		s.base = unknown
		return true, s.lookAt(ctx, rows)
	}
	if newest := rows[len(rows)-1]; !s.over(newest) {
		rows = rows[:len(rows)-1]
		if err := s.lookAt(ctx, []int{newest}); err != nil {
			return false, err
		}
		if s.unit.Rows[newest].State != ledger.Delivered {
			if due {
				s.base = unknown
				return true, s.lookAt(ctx, rows)
			}
			return false, nil
		}
	}
	s.base, s.baseAt = n, now
	return true, s.mark(ctx, ledger.KindCounted, rows)
}

// expiryBetween tells whether an undelivered row may have left the list because
// of its age between two counts.
func (s *session) expiryBetween(from, to time.Time) bool {
	skew, _ := s.e.clock()
	from, to = from.Add(skew-time.Minute), to.Add(skew+time.Minute)
	within := func(t time.Time) bool { return t.After(from) && t.Before(to) }
	for i := range s.unit.Rows {
		r := &s.unit.Rows[i]
		earlier, later := r.Expires()
		if r.State != ledger.Delivered && r.State != ledger.Counted && (within(earlier) || within(later)) {
			return true
		}
	}
	return false
}
