package engine

import (
	"net/http"
	"time"
)

// clock is how far Celcoin's clock is ahead of this machine's, if that counts. It is
// trusted if two answers agreed.
func (e *Engine) clock() (ahead time.Duration, trusted bool) {
	e.calls.mu.Lock()
	defer e.calls.mu.Unlock()
	return e.calls.clock.counting(), e.calls.clock.trusted
}

// vendorNow is the time by Celcoin's clock.
func (e *Engine) vendorNow() time.Time {
	ahead, _ := e.clock()
	return time.Now().Add(ahead)
}

// vendorClock reads Celcoin's clock from the Date of its answers.
type vendorClock struct {
	last    time.Duration
	seen    bool
	skew    time.Duration
	trusted bool
}

// tolerated is how far clocks may differ before it counts, and answers may
// before they do not agree.
const tolerated = 30 * time.Second

// observe takes an answer that came without a cache in between. One alone may be
// wrong by days; it counts once another agrees.
func (v *vendorClock) observe(h http.Header, received time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || h.Get("Age") != "" {
		return
	}
	skew := date.Add(time.Second / 2).Sub(received)
	if v.seen && (skew-v.last).Abs() <= tolerated {
		v.skew, v.trusted = skew, true
	}
	v.last, v.seen = skew, true
}

func (v *vendorClock) counting() time.Duration {
	if !v.trusted || v.skew.Abs() <= tolerated {
		return 0
	}
	return v.skew
}
