package celcointest

import (
	"net/http"
	"strconv"
	"time"
)

// rateLimit allows so many calls a window of time; a window begins with the
// first call after the last one ended, and also ends with a clock that goes back
// further than it is long. The documentation speaks of limits per minute, and of
// 429, but of no numbers.
type rateLimit struct {
	calls      int // 0: no limit
	window     time.Duration
	retryAfter bool // whether a refusal says when to come again

	start time.Time
	used  int
}

func (l *rateLimit) allow(now time.Time) bool {
	if l.calls == 0 {
		return true
	}
	if l.used == 0 || now.Sub(l.start).Abs() >= l.window {
		l.start, l.used = now, 0
	}
	if l.used >= l.calls {
		return false
	}
	l.used++
	return true
}

// header is that of a refusal: whole seconds until the window ends, rounded up.
func (l *rateLimit) header(now time.Time) http.Header {
	if !l.retryAfter {
		return nil
	}
	wait := l.window - now.Sub(l.start)
	seconds := int((wait + time.Second - 1) / time.Second)
	return http.Header{"Retry-After": {strconv.Itoa(seconds)}}
}
