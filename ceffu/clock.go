package ceffu

import (
	"sync"
	"time"
)

// clock hands out the timestamps of requests, in Unix milliseconds, strictly
// increasing: Ceffu takes two equal signatures for a duplicate, and a signature
// covers nothing but the body.
type clock struct {
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
	c.last = max(c.last+1, time.Now().Add(c.offset).UnixMilli())
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

// correct sets the clock by a response that refused a timestamp of that generation.
// Whoever was refused in an earlier generation has only to ask again. A clock that
// ran ahead is set back, and increases strictly from there, past every timestamp
// that it has handed out before.
func (c *clock) correct(generation int, theirs, ours time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	offset := theirs.Sub(ours)
	if generation != c.generation || (offset-c.offset).Abs() < tick {
		return
	}
	c.offset = offset
	c.last = 0
	c.generation++
	now := time.Now().Add(offset).UnixMilli()
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
}
