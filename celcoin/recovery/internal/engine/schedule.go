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
	mu      sync.Mutex
	entries []*entry
	running map[kind]int
	blocked map[celcoin.Entity]time.Time // an open breaker: when its next trial is
	changed chan struct{}                // closed and replaced at each change
}

type entry struct {
	span Span
	at   time.Time // not before
	// replays: it has something to replay, which an open breaker does not let it.
	replays bool
	left    bool // it was left at an open breaker
}

// kind is what units are counted by that run at once.
type kind struct {
	entity  celcoin.Entity
	replays bool
}

func (e *entry) kind() kind { return kind{e.span.Entity, e.replays} }

func newSchedule() *schedule {
	return &schedule{
		running: map[kind]int{}, blocked: map[celcoin.Entity]time.Time{}, changed: make(chan struct{}),
	}
}

// wake tells those who wait. The caller holds the lock.
func (s *schedule) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// take gives out the next unit, or says when to ask again; over: when nothing is
// left to do but to wait for open breakers.
func (s *schedule) take(now time.Time) (e *entry, wait time.Duration, changed <-chan struct{}, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	running := 0
	for _, n := range s.running {
		running += n
	}
	wait, over = time.Hour, running == 0
	for i, e := range s.entries {
		at := e.at
		if next := s.blocked[e.span.Entity]; e.replays && next.After(at) {
			at = next
		}
		switch {
		case at.After(now):
			wait = min(wait, at.Sub(now))
			over = over && e.replays && s.blocked[e.span.Entity].After(now)
		case s.running[e.kind()] < perEntity:
			s.entries = slices.Delete(s.entries, i, i+1)
			s.running[e.kind()]++
			return e, 0, nil, false
		default:
			over = false
		}
	}
	return nil, wait, s.changed, over
}

// idle tells whether no unit is in anybody's hands.
func (s *schedule) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.running {
		if n > 0 {
			return false
		}
	}
	return true
}

// done gives a unit back: with a time at which to go on, or not at all. As is
// what it was taken as.
func (s *schedule) done(e *entry, as kind, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[as]--
	if again {
		s.entries = append(s.entries, e)
	}
	s.wake()
}

// block keeps an entity's replays back until an open breaker admits its next trial.
func (s *schedule) block(entity celcoin.Entity, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked[entity] = next
}

// unblock lets an entity's replays go on: a trial was proven, or another process's.
func (s *schedule) unblock(entity celcoin.Entity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.blocked[entity].IsZero() {
		delete(s.blocked, entity)
		s.wake()
	}
}

// drop forgets the units of an entity that wait for their turn.
func (s *schedule) drop(entity celcoin.Entity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = slices.DeleteFunc(s.entries, func(e *entry) bool { return e.span.Entity == entity })
	s.wake()
}
