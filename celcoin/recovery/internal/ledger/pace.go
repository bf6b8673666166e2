package ledger

import (
	"math"
	"time"
)

// Pace gives out the calls of all processes of a store in disjoint slots of time.
type Pace struct {
	Now     time.Time     `json:"now"`               // the store's clock, when this was written
	Next    time.Time     `json:"next"`              // where the next slot begins
	Owner   string        `json:"owner,omitempty"`   // the process that had the last slot
	Rate    float64       `json:"rate,omitempty"`    // calls a second at present; 0: the full rate
	Until   time.Time     `json:"until,omitzero"`    // nothing goes before
	Backoff time.Duration `json:"backoff,omitempty"` // of the latest pause
}

// Slot allows N calls: the first at Start, the others Gap apart.
type Slot struct {
	Start time.Time
	Gap   time.Duration
	N     int
	Taken time.Time // when the process had it

	size, used int
	dropped    bool
}

// Call takes the next call out of a slot, and says when it is due. A call that is
// late is dropped: several processes that catch up at once would be faster than
// the rate.
func (s *Slot) Call(now time.Time) (due time.Time, ok bool) {
	for s.N > 0 {
		due = s.Start
		s.Start = due.Add(s.Gap)
		s.N--
		if !now.After(latest(due, s.Taken).Add(maxLate)) {
			s.used++
			return due, true
		}
		s.dropped = true
	}
	return time.Time{}, false
}

// Want is how many calls to ask for in the next slot, so that a process which
// latency holds back does not take what it cannot use; 0: as many as there are.
func (s *Slot) Want() int {
	if s.dropped {
		return s.used + 1
	}
	return 2 * s.size
}

const (
	slotLength = 250 * time.Millisecond // rounded up to whole calls
	maxLate    = 50 * time.Millisecond  // of a call, after it is due or after its slot was taken
	maxBackoff = time.Minute
	slowest    = 32 // the rate falls to this part of the full one
	// jitter is how far the clocks of processes on one store may differ: if the
	// store's is further back than that, it was set back.
	jitter = time.Second
)

// at takes note of the store's clock. What was given out moves with it when it is
// set back, or no call would be due until the clock has caught up.
func (p *Pace) at(now time.Time) {
	if back := now.Sub(p.Now); back < -jitter {
		p.Next, p.Until = p.Next.Add(back), p.Until.Add(back)
	}
	p.Now = now
}

// Take gives a slot to a process, of no more calls than it wants. A process that is
// alone may make up for what it left unused, by a burst.
func (p *Pace) Take(now time.Time, owner string, full float64, burst, want int) Slot {
	p.at(now)
	rate := full
	if p.Rate > 0 && p.Rate < full {
		rate = p.Rate
		if p.Rate += full / 20; p.Rate >= full {
			p.Rate = 0
		}
	}
	earliest := now
	if p.Owner == "" || p.Owner == owner {
		earliest = now.Add(-time.Duration(float64(burst) / rate * float64(time.Second)))
	}
	start := latest(p.Next, earliest, p.Until)
	n := max(int(math.Ceil(rate*now.Add(slotLength).Sub(start).Seconds())), int(math.Ceil(rate*slotLength.Seconds())))
	if want > 0 {
		n = min(n, want)
	}
	gap := time.Duration(float64(time.Second) / rate)
	p.Next, p.Owner = start.Add(time.Duration(n)*gap), owner
	return Slot{Start: start, Gap: gap, N: n, Taken: now, size: n}
}

// Throttle is for an answer that asks to come later: all pause for the hint, or
// longer each time, and go on at half the rate.
func (p *Pace) Throttle(now time.Time, hint time.Duration, full float64) {
	p.at(now)
	if p.Rate == 0 {
		p.Rate = full
	}
	if now.Before(p.Until) { // calls that fail together pause once
		p.Until = latest(p.Until, now.Add(hint))
		return
	}
	p.Rate = max(p.Rate/2, full/slowest)
	if now.Sub(p.Until) > 2*p.Backoff {
		p.Backoff = 0
	}
	p.Backoff = min(max(2*p.Backoff, time.Second), maxBackoff)
	p.Until = now.Add(max(hint, p.Backoff))
}

func latest(t time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if o.After(t) {
			t = o
		}
	}
	return t
}
