package simulator

import "time"

// RateLimit admits so many calls a window of time, which begins with a call. It
// needs the caller's lock.
type RateLimit struct {
	Calls  int // 0: no limit
	Window time.Duration

	start time.Time
	used  int
}

// Take counts a call in, or says how long it is until the window ends.
func (l *RateLimit) Take(now time.Time) (wait time.Duration) {
	if l.Calls == 0 {
		return 0
	}
	if l.used == 0 || now.Sub(l.start).Abs() >= l.Window { // Abs: a clock may be put back
		l.start, l.used = now, 0
	}
	if l.used >= l.Calls {
		return max(l.Window-now.Sub(l.start), 1)
	}
	l.used++
	return 0
}
