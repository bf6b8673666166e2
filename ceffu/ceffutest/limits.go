package ceffutest

import (
	"sync"
	"time"
)

// limiter admits n requests a period. With n zero it admits all. A period also
// ends with a clock that goes back further than it is long.
type limiter struct {
	n      int
	period time.Duration

	mu    sync.Mutex
	began time.Time
	count int
}

func (l *limiter) admits(now time.Time) bool {
	if l.n == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.began).Abs() >= l.period {
		l.began, l.count = now, 0
	}
	l.count++
	return l.count <= l.n
}

// signatures remembers the signatures of a window. With a window of zero it
// remembers none.
type signatures struct {
	window time.Duration

	mu    sync.Mutex
	seen  map[string]time.Time
	queue []sighting // oldest first, so that what is past the window can go
}

type sighting struct {
	signature string
	at        time.Time
}

// isNew says whether a signature was not seen within the window, and notes it.
func (s *signatures) isNew(signature string, now time.Time) bool {
	if s.window == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
	if at, ok := s.seen[signature]; ok && now.Sub(at).Abs() < s.window {
		return false
	}
	if s.seen == nil {
		s.seen = make(map[string]time.Time)
	}
	s.seen[signature] = now
	s.queue = append(s.queue, sighting{signature, now})
	return true
}

func (s *signatures) forget(now time.Time) {
	for len(s.queue) > 0 && now.Sub(s.queue[0].at).Abs() >= s.window {
		if s.seen[s.queue[0].signature].Equal(s.queue[0].at) {
			delete(s.seen, s.queue[0].signature)
		}
		s.queue = s.queue[1:]
	}
}
