package simulator

import (
	"context"
	"slices"
	"sort"
	"sync"
	"time"
)

// schedule runs work at times on a clock, one piece after another: what is due
// first runs first, and of two that are due together the one scheduled first.
type schedule struct {
	life   context.Context //nolint:containedctx // it is handed to work, which ends with the simulator
	now    func() time.Time
	timers bool // the clock is the machine's, so a timer can wait for it

	mu      sync.Mutex
	turned  sync.Cond // a turn has ended
	queue   []work
	timer   *time.Timer // for the head of the queue
	running bool
	closed  bool
}

type work struct {
	due time.Time
	do  func(context.Context)
}

func newSchedule(life context.Context, now func() time.Time, timers bool) *schedule {
	s := &schedule{life: life, now: now, timers: timers}
	s.turned.L = &s.mu
	return s
}

func (s *schedule) at(due time.Time, do func(context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	after := sort.Search(len(s.queue), func(i int) bool { return s.queue[i].due.After(due) })
	s.queue = slices.Insert(s.queue, after, work{due, do})
	s.wind()
}

// wind sets the timer for the head of the queue. A running turn does it when it ends.
func (s *schedule) wind() {
	if !s.timers || s.closed || s.running || len(s.queue) == 0 {
		return
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timer = time.AfterFunc(s.queue[0].due.Sub(s.now()), s.run)
}

func (s *schedule) run() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn()
}

// turn runs whatever is due, unless a turn is running already. It needs the lock,
// which the work does not have.
func (s *schedule) turn() {
	if s.running {
		return
	}
	s.running = true
	for !s.closed && s.isDue() {
		next := s.queue[0]
		s.queue[0] = work{} // what it holds can go
		s.queue = s.queue[1:]
		s.mu.Unlock()
		next.do(s.life)
		s.mu.Lock()
	}
	s.running = false
	s.turned.Broadcast()
	s.wind()
}

func (s *schedule) isDue() bool {
	return len(s.queue) > 0 && !s.queue[0].due.After(s.now())
}

// settle takes turns, its own or another's, until nothing is due, or with later
// until nothing is left, which only timers bring about.
func (s *schedule) settle(later bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		s.turn()
		waits := s.isDue() || later && s.timers && len(s.queue) > 0
		if s.closed || !s.running && !waits {
			return
		}
		if s.running || !s.isDue() {
			s.turned.Wait()
		}
	}
}

// close drops what waits and returns when nothing runs any more.
func (s *schedule) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.queue = nil
	if s.timer != nil {
		s.timer.Stop()
	}
	s.turned.Broadcast()
	for s.running {
		s.turned.Wait()
	}
}
