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
	queue   []work
	timer   *time.Timer // for the head of the queue
	running bool
	turn    chan struct{} // closed when the running turn ends, or the next one
	closed  bool
}

type work struct {
	due time.Time
	do  func(context.Context)
}

func newSchedule(life context.Context, now func() time.Time, timers bool) *schedule {
	return &schedule{life: life, now: now, timers: timers, turn: make(chan struct{})}
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

// run takes a turn: it runs whatever is due, unless a turn is running already.
func (s *schedule) run() {
	s.mu.Lock()
	defer s.mu.Unlock()
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
	s.endTurn()
	s.wind()
}

func (s *schedule) endTurn() {
	close(s.turn)
	s.turn = make(chan struct{})
}

func (s *schedule) isDue() bool {
	return len(s.queue) > 0 && !s.queue[0].due.After(s.now())
}

// settle takes turns, its own or another's, until nothing is due.
func (s *schedule) settle() {
	s.await(func() bool { return !s.isDue() })
}

// drain also waits for what is due later.
func (s *schedule) drain() {
	s.await(func() bool { return len(s.queue) == 0 })
}

func (s *schedule) await(done func() bool) {
	for {
		s.run()
		s.mu.Lock()
		turn, running, isDue := s.turn, s.running, s.isDue()
		over := s.closed || !running && done()
		s.mu.Unlock()
		switch {
		case over:
			return
		case running || !isDue:
			<-turn
		}
	}
}

// close drops what waits and returns when nothing runs any more.
func (s *schedule) close() {
	s.mu.Lock()
	s.closed = true
	s.queue = nil
	if s.timer != nil {
		s.timer.Stop()
	}
	turn, running := s.turn, s.running
	if !running {
		s.endTurn()
	}
	s.mu.Unlock()
	if running {
		<-turn
	}
}
