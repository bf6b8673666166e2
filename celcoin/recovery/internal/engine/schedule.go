package engine

import (
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// perEntity is how many units of an entity run at once in a process: two can share
// the places in flight, while others begin or are looked at.
const perEntity = 4

// schedule says which unit is next. A unit that waits is not held. The
// schedule belongs to one goroutine, to which the others send what changes it.
type schedule struct {
	changes chan func()
	waiting []*entry
	running map[celcoin.Entity]int
	blocked map[celcoin.Entity]time.Time // an open breaker: when its next trial is
	closed  map[celcoin.Entity]int       // how often it was seen closed
}

// entry is a unit that is not done.
type entry struct {
	span Span
	at   time.Time // not before
	// replays: it has something to replay, which an open breaker does not let it.
	replays bool
	closed  int // as the schedule's when it was taken, or saw that itself
}

func newSchedule(spans []Span) *schedule {
	s := &schedule{
		changes: make(chan func()), running: map[celcoin.Entity]int{},
		blocked: map[celcoin.Entity]time.Time{}, closed: map[celcoin.Entity]int{},
	}
	for _, span := range spans {
		s.waiting = append(s.waiting, &entry{span: span, replays: true})
	}
	return s
}

// take gives out the next unit, or says when to ask again. Over is when all that wait
// do so for open breakers. Trials are made beside other work only, or those of several
// entities would keep each other going.
func (s *schedule) take(now time.Time) (next *entry, wait time.Duration, over bool) {
	work := slices.ContainsFunc(s.waiting, func(e *entry) bool { return !e.replays || s.blocked[e.span.Entity].IsZero() })
	for entity, n := range s.running {
		work = work || n > 0 && s.blocked[entity].IsZero()
	}
	wait, over = time.Hour, true
	for i, e := range s.waiting {
		due, trial := e.at, s.blocked[e.span.Entity]
		blocked := e.replays && !trial.IsZero() && (trial.After(now) || !work)
		if blocked && trial.After(due) {
			due = trial
		}
		over = over && blocked
		if due.After(now) {
			wait = min(wait, due.Sub(now))
		} else if !blocked && s.running[e.span.Entity] < perEntity {
			s.waiting = slices.Delete(s.waiting, i, i+1)
			s.running[e.span.Entity]++
			e.closed = s.closed[e.span.Entity]
			return e, 0, false
		}
	}
	return nil, wait, over
}

// done gives a unit back: with a time at which to go on, or not at all.
func (s *schedule) done(e *entry, again bool) {
	s.running[e.span.Entity]--
	if again {
		s.waiting = append(s.waiting, e)
	}
}

// block keeps the replays of a unit's entity back until an open breaker admits its next
// trial. What the unit knows may be older than that the breaker was seen closed.
func (s *schedule) block(e *entry, next time.Time) {
	s.changes <- func() {
		if e.closed == s.closed[e.span.Entity] {
			s.blocked[e.span.Entity] = next
		}
	}
}

// unblock lets the replays of a unit's entity go on: the unit has seen the breaker closed.
func (s *schedule) unblock(e *entry) {
	s.changes <- func() {
		delete(s.blocked, e.span.Entity)
		s.closed[e.span.Entity]++
		e.closed = s.closed[e.span.Entity]
	}
}

// drop forgets the units of an entity that wait for their turn.
func (s *schedule) drop(entity celcoin.Entity) {
	s.changes <- func() {
		s.waiting = slices.DeleteFunc(s.waiting, func(e *entry) bool { return e.span.Entity == entity })
	}
}
