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
	timers bool          // the clock is the machine's, so a timer can wait for it
	turn   chan struct{} // full while work runs

	mu    sync.Mutex
	queue []work
	timer *time.Timer // for the head of the queue
}

type work struct {
	due time.Time
	do  func(context.Context)
}

func (s *schedule) at(due time.Time, do func(context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	after := sort.Search(len(s.queue), func(i int) bool { return s.queue[i].due.After(due) })
	s.queue = slices.Insert(s.queue, after, work{due, do})
	if after == 0 {
		s.wind()
	}
}

// wind sets the timer for the head of the queue, if there is one.
func (s *schedule) wind() {
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.timers && len(s.queue) > 0 && s.life.Err() == nil {
		s.timer = time.AfterFunc(s.queue[0].due.Sub(s.now()), s.run)
	}
}

func (s *schedule) isDue() bool {
	return len(s.queue) > 0 && !s.queue[0].due.After(s.now()) && s.life.Err() == nil
}

// next takes the next piece that is due.
func (s *schedule) next() (work, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isDue() {
		s.wind()
		return work{}, false
	}
	head := s.queue[0]
	s.queue[0] = work{} // what it holds can go
	s.queue = s.queue[1:]
	return head, true
}

// run runs whatever is due. Where that is going on already, it returns at once, as
// work may lead to a request, and every request calls run.
func (s *schedule) run() {
	for {
		s.mu.Lock()
		due := s.isDue()
		s.mu.Unlock()
		if !due {
			return
		}
		select {
		case s.turn <- struct{}{}:
			s.work()
		default:
			return // whoever has the turn looks again after it
		}
	}
}

// work runs whatever is due, and gives the turn back.
func (s *schedule) work() {
	for piece, ok := s.next(); ok; piece, ok = s.next() {
		piece.do(s.life)
	}
	<-s.turn
}

// settle runs whatever is due, and waits for what is running already.
func (s *schedule) settle() {
	s.turn <- struct{}{}
	s.work()
	s.run()
}

// drain settles until nothing is left, which only timers bring about.
func (s *schedule) drain() {
	for s.settle(); s.timers; s.settle() {
		s.mu.Lock()
		if len(s.queue) == 0 || s.life.Err() != nil {
			s.mu.Unlock()
			return
		}
		wait := time.After(s.queue[0].due.Sub(s.now()))
		s.mu.Unlock()
		select {
		case <-wait:
		case <-s.life.Done():
		}
	}
}
