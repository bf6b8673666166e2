package simulator

import (
	"container/heap"
	"context"
	"time"
)

// KeepTime runs whatever falls due on a clock of the caller's own, and looks for
// it every so often, at most once in a millisecond, until ctx ends or the
// simulator closes. It is for programs:
// as long as it runs nobody else does that work, so that no request waits for
// deliveries to a slow receiver. Settle would wait for its end.
func (c *Core) KeepTime(ctx context.Context, every time.Duration) { c.schedule.keep(ctx, every) }

// keep takes a turn that lasts until ctx ends or the schedule is closed.
func (s *schedule) keep(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(max(every, time.Millisecond)) // it panics at 0
	defer ticker.Stop()
	turn := s.take()
	defer s.giveBack(turn)
	for {
		s.runDue()
		select {
		case <-ctx.Done():
			return
		case <-s.life.Done():
			return
		case <-ticker.C:
		}
	}
}

// take waits for the running turn and begins the next.
func (s *schedule) take() chan struct{} {
	for {
		s.mu.Lock()
		active := s.active
		if active == nil {
			turn := make(chan struct{})
			s.active = turn
			s.mu.Unlock()
			return turn
		}
		s.mu.Unlock()
		<-active
	}
}

// runDue runs what is due. The turn is the caller's.
func (s *schedule) runDue() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && s.isDue() {
		next, _ := heap.Pop(&s.queue).(work)
		s.mu.Unlock()
		next.do(s.life)
		s.mu.Lock()
	}
}

func (s *schedule) giveBack(turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(turn)
	s.active = nil
	s.wind()
}
