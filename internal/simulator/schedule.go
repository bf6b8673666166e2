package simulator

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// schedule runs work at times on a clock, one piece after another: what is due
// first runs first, and of two that are due together the one scheduled first.
type schedule struct {
	life   context.Context //nolint:containedctx // it is handed to work, which ends with the simulator
	now    func() time.Time
	timers bool // the clock is the machine's, so a timer can wait for it

	mu     sync.Mutex
	queue  workQueue
	count  int           // of all work ever scheduled: the order among equals
	timer  *time.Timer   // for the head of the queue
	active chan struct{} // closed when the running turn ends; nil: none runs
	closed bool
}

func newSchedule(life context.Context, now func() time.Time, timers bool) *schedule {
	return &schedule{life: life, now: now, timers: timers}
}

func (s *schedule) at(due time.Time, do func(context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.count++
	heap.Push(&s.queue, work{due: due, order: s.count, do: do})
	s.wind()
}

// wind sets the timer for the head of the queue. A running turn does it when it ends.
func (s *schedule) wind() {
	if !s.timers || s.closed || s.active != nil || len(s.queue) == 0 {
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
	if s.active != nil {
		s.mu.Unlock()
		return
	}
	s.active = make(chan struct{})
	for !s.closed && s.isDue() {
		next, _ := heap.Pop(&s.queue).(work)
		s.mu.Unlock()
		next.do(s.life)
		s.mu.Lock()
	}
	close(s.active)
	s.active = nil
	s.wind()
	s.mu.Unlock()
}

func (s *schedule) isDue() bool {
	return len(s.queue) > 0 && !s.queue[0].due.After(s.now())
}

// settle takes turns, its own or another's, until nothing is due.
func (s *schedule) settle() {
	for {
		s.run()
		s.mu.Lock()
		active, more := s.active, !s.closed && s.isDue()
		s.mu.Unlock()
		if active != nil {
			<-active
			continue
		}
		if !more {
			return
		}
	}
}

func (s *schedule) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.queue)
	if s.active != nil {
		n++
	}
	return n
}

// close drops what waits and returns when nothing runs any more.
func (s *schedule) close() {
	s.mu.Lock()
	s.closed = true
	s.queue = nil
	if s.timer != nil {
		s.timer.Stop()
	}
	active := s.active
	s.mu.Unlock()
	if active != nil {
		<-active
	}
}

type work struct {
	due   time.Time
	order int
	do    func(context.Context)
}

// workQueue is a container/heap.
type workQueue []work

func (q workQueue) Len() int      { return len(q) }
func (q workQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q workQueue) Less(i, j int) bool {
	if q[i].due.Equal(q[j].due) {
		return q[i].order < q[j].order
	}
	return q[i].due.Before(q[j].due)
}

func (q *workQueue) Push(x any) {
	if w, ok := x.(work); ok {
		*q = append(*q, w)
	}
}

func (q *workQueue) Pop() any {
	last := len(*q) - 1
	w := (*q)[last]
	(*q)[last] = work{}
	*q = (*q)[:last]
	return w
}
