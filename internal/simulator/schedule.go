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
	life   context.Context //nolint:containedctx // whatever hangs, waits or delivers ends with it
	now    func() time.Time
	timers bool          // the clock is the machine's, so a timer can wait for it
	turn   chan struct{} // full while work runs

	queueMu sync.Mutex
	queue   []work
	timer   *time.Timer // for the head of the queue
}

type work struct {
	due time.Time
	do  func(context.Context)
}

// At runs work when the simulator's clock has reached due: one piece after another, in
// the order of due times. On the default clock a timer runs it, on one of the caller's
// own the next request, RunDue or Settle does. ctx ends with the simulator.
func (s *schedule) At(due time.Time, do func(ctx context.Context)) {
	s.queueMu.Lock()
	defer s.queueMu.Unlock()
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
	s.queueMu.Lock()
	defer s.queueMu.Unlock()
	if !s.isDue() {
		s.wind()
		return work{}, false
	}
	head := s.queue[0]
	s.queue = s.queue[1:]
	return head, true
}

// run runs whatever is due. Where that is going on already, it returns at once, as
// work may lead to a request, and every request calls run.
func (s *schedule) run() {
	for {
		s.queueMu.Lock()
		due := s.isDue()
		s.queueMu.Unlock()
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

// RunDue runs what is due on a clock of the caller's own, before a vendor shows its state.
func (s *schedule) RunDue() {
	if !s.timers {
		s.run()
	}
}

// Settle runs whatever is due and returns when nothing that is due is left or
// running. It must not be called from within scheduled work, such as a receiver.
func (s *schedule) Settle() {
	s.turn <- struct{}{}
	s.work()
	s.run()
}

// Drain is Settle that on the default clock also waits for what is due later.
func (s *schedule) Drain() {
	for s.Settle(); s.timers; s.Settle() {
		s.queueMu.Lock()
		if len(s.queue) == 0 || s.life.Err() != nil {
			s.queueMu.Unlock()
			return
		}
		wait := time.After(s.queue[0].due.Sub(s.now()))
		s.queueMu.Unlock()
		select {
		case <-wait:
		case <-s.life.Done():
		}
	}
}
