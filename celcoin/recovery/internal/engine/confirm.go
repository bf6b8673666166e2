package engine

import (
	"context"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
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
	if len(s.inFlight()) == 0 {
		return nil
	}
	first := s.e.expected(s.span.Entity, nil)
	if len(s.in(ledger.Accepted, ledger.InDoubt)) == 0 {
		first = 0
	}
	if err := sleep(ctx, first); err != nil {
		return err
	}
	waited, step := first, firstLook
	for {
		flying := s.in(ledger.Accepted, ledger.InDoubt)
		if err := s.observe(ctx, flying); err != nil {
			return err
		}
		if len(s.in(ledger.Accepted, ledger.InDoubt)) == 0 {
			if len(flying) > 0 && len(s.in(ledger.Overdue)) == 0 {
				s.e.expected(s.span.Entity, &waited)
			}
			break
		}
		if err := sleep(ctx, min(step, s.timeout())); err != nil {
			return err
		}
		waited, step = waited+step, min(2*step, maxLook)
	}
	return s.judge(ctx)
}

// expected is how long the deliveries of an entity took lately: it is not worth
// looking before. It only saves calls.
func (e *Engine) expected(entity celcoin.Entity, took *time.Duration) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	if took != nil {
		e.took[entity] = *took * 3 / 4
	}
	return e.took[entity]
}

// observe finds out what became of rows in flight, and writes which are overdue.
func (s *session) observe(ctx context.Context, flying []int) error {
	var err error
	due := slices.DeleteFunc(slices.Clone(flying), func(i int) bool { return !s.isDue(i) })
	switch {
	case len(flying) == 0:
		return nil
	case s.e.Received != nil:
		err = s.askReceiver(ctx, flying)
	case s.countable(flying):
		var counted bool
		if counted, err = s.byCount(ctx, flying); err == nil && !counted && len(due) > 0 {
			err = s.byList(ctx, flying)
		}
	default:
		err = s.lookAt(ctx, flying)
	}
	if err != nil {
		return err
	}
	var late []int
	for _, i := range due {
		switch r := &s.unit.Rows[i]; r.State {
		case ledger.InDoubt:
			if r.Probe {
				s.fail(i)
			}
			late = append(late, i)
		case ledger.Accepted:
			late = append(late, i)
		default: // it has arrived, or left for another state
		}
	}
	if len(late) == 0 {
		return nil
	}
	return s.write(ctx, false, ledger.Event{Kind: ledger.KindTimeout, Items: late})
}

// isDue tells whether a row in flight should have arrived by now.
func (s *session) isDue(row int) bool {
	r := &s.unit.Rows[row]
	began := r.Sent
	if r.State != ledger.InDoubt && r.Accepted.After(began) {
		began = r.Accepted
	}
	return !s.e.now().Before(began.Add(s.timeout()))
}

// judge looks at the overdue rows, and takes back those whose delivery has failed.
func (s *session) judge(ctx context.Context) error {
	late := s.in(ledger.Overdue)
	if len(late) == 0 && s.unit.Totals().Pending > 0 {
		return nil // the next batch tells the news
	}
	if len(s.news) > 0 {
		if _, err := s.ask(ctx, 0); err != nil {
			return err
		}
	}
	if len(late) == 0 {
		return nil
	}
	if s.e.Received != nil {
		if err := s.askReceiver(ctx, late); err != nil {
			return err
		}
		late = s.in(ledger.Overdue)
	}
	// One that may still come is not looked at all the time; one that will not is,
	// before it counts as failed.
	now := s.e.now()
	late = slices.DeleteFunc(late, func(i int) bool {
		return now.Sub(s.seen[i]) < lookAgain && !s.control.Lost(now, s.unit.Rows[i].Accepted, s.e.Policy)
	})
	if err := s.lookAt(ctx, late); err != nil {
		return err
	}
	var failed []int
	for _, i := range late {
		if s.unit.Rows[i].State == ledger.Overdue && s.control.Lost(now, s.unit.Rows[i].Accepted, s.e.Policy) {
			failed = append(failed, i)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	if err := s.write(ctx, false, ledger.Event{Kind: ledger.KindUndelivered, Items: failed}); err != nil {
		return err
	}
	for _, i := range failed {
		s.fail(i)
	}
	s.base = -1
	_, err := s.ask(ctx, 0)
	return err
}

// askReceiver asks the receiver for rows, and writes which it has.
func (s *session) askReceiver(ctx context.Context, rows []int) error {
	items := make([]*ledger.Item, len(rows))
	for n, i := range rows {
		items[n] = &s.unit.Rows[i].Item
	}
	answers, err := s.e.received(ctx, s.span.Entity, items)
	if err != nil {
		return err
	}
	var has []int
	now := s.e.now()
	for n, i := range rows {
		r := &s.unit.Rows[i]
		switch {
		case answers[n]:
			has = append(has, i)
			if r.State.InFlight() {
				s.prove(i)
			}
		case r.State.InFlight():
			s.seen[i] = now
		}
	}
	if len(has) == 0 {
		return nil
	}
	return s.write(ctx, false, ledger.Event{Kind: ledger.KindReceived, Items: has})
}

// countable tells whether the pending count of the unit may prove these rows.
func (s *session) countable(rows []int) bool {
	return len(rows) > fewRows && s.base >= 0 && !s.shared() && len(rows) == len(s.inFlight()) &&
		!slices.ContainsFunc(rows, func(i int) bool {
			r := &s.unit.Rows[i]
			return r.Probe || r.AnyStatus || r.Window != nil // another window's count has it
		})
}

// shared tells whether the window lists many ids that are other units', whose
// replays take them out of its count as well.
func (s *session) shared() bool { return len(s.unit.Foreign()) > fewRows }

// foreign counts what is pending of a few such ids.
func (s *session) foreign(ctx context.Context) (pending int, err error) {
	if s.shared() {
		return 0, nil // it is not counted
	}
	for _, id := range s.unit.Foreign() {
		q := s.req.query(s.span, new(true))
		q.WebhookID = id
		n, err := s.e.count(ctx, q)
		if err != nil {
			return 0, err
		}
		pending += n
	}
	return pending, nil
}

// baseline counts what is pending while nothing is in flight, if the batch that is
// about to be sent can be counted.
func (s *session) baseline(ctx context.Context, probe bool, batch [][]int) error {
	if probe {
		s.base = -1 // they are looked up
	}
	if s.base >= 0 || probe || s.e.Received != nil || s.shared() || len(batch) <= fewRows || len(s.inFlight()) > 0 {
		return nil
	}
	return s.measure(ctx)
}

// measure counts what is pending while nothing is in flight.
func (s *session) measure(ctx context.Context) error {
	foreign, err := s.foreign(ctx)
	if err != nil {
		return err
	}
	n, err := s.e.count(ctx, s.req.query(s.span, new(true)))
	if err != nil {
		return err
	}
	s.base, s.baseAt, s.baseForeign = n, s.e.now(), foreign
	return nil
}

// byCount tells whether the pending count fell by exactly these rows. If so they
// have left the list of what is pending: delivered, for all that is known so far.
func (s *session) byCount(ctx context.Context, rows []int) (bool, error) {
	n, err := s.e.count(ctx, s.req.query(s.span, new(true)))
	if err != nil {
		return false, err
	}
	now := s.e.now()
	if s.base-n != len(rows) || s.expiryBetween(s.baseAt, now) {
		for _, i := range rows {
			if s.base == n {
				s.seen[i] = now
			}
		}
		return false, nil
	}
	foreign, err := s.foreign(ctx) // after the count: then they were pending when it was taken
	if err != nil {
		return false, err
	}
	if foreign != s.baseForeign {
		s.base = -1
		return false, nil
	}
	s.base, s.baseAt = n, now
	return true, s.takeCounted(ctx, rows)
}

// byList finds out which of some rows have left the list of what is pending, where
// their number does not tell: from the list itself, or one by one where that takes fewer calls.
func (s *session) byList(ctx context.Context, rows []int) error {
	if s.base/fullPage >= len(rows)/2 {
		return s.lookAt(ctx, rows)
	}
	items, unlisted, err := s.e.list(ctx, s.req.query(s.span, new(true)), nil)
	if err != nil {
		return err
	}
	pending := map[int]bool{}
	for n := range items {
		if i, known := s.unit.Find(&items[n]); known {
			pending[i] = true
		}
	}
	now := s.e.now()
	var left []int
	for _, i := range rows {
		if pending[i] {
			s.seen[i] = now
		} else {
			left = append(left, i)
		}
	}
	s.base = -1 // what is left in flight is of another batch
	if unlisted > 0 || slices.ContainsFunc(left, s.over) {
		return s.lookAt(ctx, left)
	}
	if len(left) == 0 {
		return nil
	}
	return s.takeCounted(ctx, left)
}

// expiryBetween tells whether an undelivered row may have left the list because
// of its age between two counts.
func (s *session) expiryBetween(from, to time.Time) bool {
	skew := s.e.Skew()
	from, to = from.Add(skew-time.Minute), to.Add(skew+time.Minute)
	within := func(t time.Time) bool { return !t.IsZero() && t.After(from) && t.Before(to) }
	for i := range s.unit.Rows {
		if st := s.unit.Rows[i].State; st == ledger.Delivered || st == ledger.Counted {
			continue
		}
		if earlier, later := s.expires(i); within(earlier) || within(later) {
			return true
		}
	}
	return false
}

// takeCounted takes rows that have left the pending list for delivered, unless
// the newest of them, which is looked up, is listed under another status: a failed
// delivery may take a webhook out of the list as well. Then all are looked up.
func (s *session) takeCounted(ctx context.Context, rows []int) error {
	if err := s.write(ctx, false, ledger.Event{Kind: ledger.KindCounted, Items: rows}); err != nil {
		return err
	}
	newest := rows[len(rows)-1]
	if err := s.lookAt(ctx, []int{newest}); err != nil {
		return err
	}
	if s.unit.Rows[newest].State == ledger.Unproven {
		rest := slices.DeleteFunc(slices.Clone(rows), func(i int) bool { return s.unit.Rows[i].State != ledger.Counted })
		if err := s.lookAt(ctx, rest); err != nil {
			return err
		}
	}
	for _, i := range rows {
		if st := s.unit.Rows[i].State; st == ledger.Counted || st == ledger.Delivered {
			s.prove(i)
		}
	}
	return nil
}
