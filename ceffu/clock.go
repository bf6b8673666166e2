package ceffu

import (
	"sync"
	"time"
)

// clock hands out the timestamps of requests, in Unix milliseconds: by this
// machine's clock, or by Ceffu's after Ceffu has refused one. No timestamp is
// handed out twice, as Ceffu takes two equal signatures for a duplicate, and a
// signature covers nothing but the body.
type clock struct {
	now func() time.Time

	mu         sync.Mutex
	last       int64
	offset     time.Duration // of Ceffu's clock to ours, as far as we were told
	generation int           // counts the corrections

	recent [1024]int64        // the timestamps that were handed out last
	handed int                // how many ever
	taken  map[int64]struct{} // those that a clock which was set back comes to again
}

// next returns a timestamp, and in which generation of the clock it was taken.
func (c *clock) next() (millis int64, generation int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last+1, c.now().Add(c.offset).UnixMilli())
	for len(c.taken) > 0 {
		if _, again := c.taken[c.last]; !again {
			break
		}
		delete(c.taken, c.last)
		c.last++
	}
	c.recent[c.handed%len(c.recent)] = c.last
	c.handed++
	return c.last, c.generation
}

// tick is the precision of a response's Date; smaller differences say nothing.
const tick = 2 * time.Second

// adopt sets the clock by the response that refused a timestamp of that
// generation, and tells whether the next timestamp is another clock's.
func (c *clock) adopt(generation int, theirs, ours time.Time) bool {
	return c.set(generation, theirs.Sub(ours))
}

// own goes back to this machine's clock.
func (c *clock) own(generation int) bool { return c.set(generation, 0) }

// set changes the offset, unless that has been done since that generation. A
// clock that ran ahead is set back, whether the offset was wrong or this
// machine's clock for a while. It goes on from there, past every timestamp that
// it has handed out before.
func (c *clock) set(generation int, offset time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return true
	}
	if offset != 0 && (offset-c.offset).Abs() < tick {
		offset = c.offset
	}
	now := c.now().Add(offset).UnixMilli()
	if offset == c.offset && c.last < now+tick.Milliseconds() {
		return false
	}
	c.offset = offset
	c.last = 0
	c.generation++
	if c.taken == nil {
		c.taken = map[int64]struct{}{}
	}
	for _, t := range c.recent[:min(c.handed, len(c.recent))] {
		if t >= now {
			c.taken[t] = struct{}{}
		}
	}
	for t := range c.taken {
		if t < now {
			delete(c.taken, t) // the clock has gone past it
		}
	}
	return true
}
