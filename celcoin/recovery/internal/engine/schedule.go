package engine

import (
	"slices"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// perEntity is how many units of an entity replay at once in a process: two can
// share the places in flight, while a third begins or ends. As many are looked at.
const perEntity = 3

// schedule says which unit is next. A unit that waits is in nobody's hands.
type schedule struct {
	changed chan struct{} // of capacity 1: a unit was given back, or may go on

	mu      sync.Mutex
	waiting []*entry
	running map[kind]int
	blocked map[celcoin.Entity]time.Time // an open breaker: when its next trial is
}

// entry is a unit that is not done.
type entry struct {
	span Span
	at   time.Time // not before
	// replays: it has something to replay, which an open breaker does not let it.
	replays bool
}

// kind is what units are counted by that run at once.
type kind struct {
	entity  celcoin.Entity
	replays bool
}

func (e *entry) kind() kind { return kind{e.span.Entity, e.replays} }

func newSchedule(spans []Span) *schedule {
	s := &schedule{changed: make(chan struct{}, 1), running: map[kind]int{}, blocked: map[celcoin.Entity]time.Time{}}
	for _, span := range spans {
		s.waiting = append(s.waiting, &entry{span: span, replays: true})
	}
	return s
}

// take gives out the next unit, or says when to ask again; zero: when nothing is left
// to do but to wait for open breakers. Idle tells whether nothing is under way.
func (s *schedule) take(now time.Time) (next *entry, wait time.Duration, idle bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	idle = true
	for _, n := range s.running {
		idle = idle && n == 0
	}
	over := idle
	wait = time.Hour
	for i, e := range s.waiting {
		due, trial := e.at, s.blocked[e.span.Entity]
		blocked := e.replays && trial.After(now)
		if blocked && trial.After(due) {
			due = trial
		}
		over = over && blocked
		if due.After(now) {
			wait = min(wait, due.Sub(now))
		} else if s.running[e.kind()] < perEntity {
			s.waiting = slices.Delete(s.waiting, i, i+1)
			s.running[e.kind()]++
			return e, 0, false
		}
	}
	if over {
		wait = 0
	}
	return nil, wait, idle
}

// change changes the schedule, and has it looked at again.
func (s *schedule) change(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// done gives a unit back: with a time at which to go on, or not at all. As is
// what it was taken as.
func (s *schedule) done(e *entry, as kind, again bool) {
	s.change(func() {
		s.running[as]--
		if again {
			s.waiting = append(s.waiting, e)
		}
	})
}

// block keeps an entity's replays back until an open breaker admits its next trial;
// zero: it is not open.
func (s *schedule) block(entity celcoin.Entity, next time.Time) {
	s.mu.Lock()
	same := s.blocked[entity].Equal(next)
	s.mu.Unlock()
	if !same {
		s.change(func() { s.blocked[entity] = next })
	}
}

// drop forgets the units of an entity that wait for their turn.
func (s *schedule) drop(entity celcoin.Entity) {
	s.change(func() {
		s.waiting = slices.DeleteFunc(s.waiting, func(e *entry) bool { return e.span.Entity == entity })
	})
}
