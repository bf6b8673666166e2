package ceffu

import (
	"slices"
	"sync"
	"time"
)

// clock hands out the timestamps of requests, in Unix milliseconds: by this
// machine's clock, or by Ceffu's after Ceffu has refused one. It repeats none of
// those that it has handed out last, as Ceffu takes two equal signatures for a
// duplicate, and a signature covers nothing but the body.
type clock struct {
	now func() time.Time

	mu         sync.Mutex
	last       int64
	recent     [1024]int64   // those that were handed out last
	place      int           // of the next one among them
	offset     time.Duration // of Ceffu's clock to ours, as far as we were told
	generation int           // counts the corrections
}

// next returns a timestamp, and in which generation of the clock it was taken.
// They increase, unless the clock has been set back.
func (c *clock) next() (millis int64, generation int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last+1, c.now().Add(c.offset).UnixMilli())
	for slices.Contains(c.recent[:], c.last) {
		c.last++
	}
	// Those that a clock which was set back has yet to come to keep their places.
	for range c.recent {
		if c.recent[c.place%len(c.recent)] <= c.last {
			break
		}
		c.place++
	}
	c.recent[c.place%len(c.recent)] = c.last
	c.place++
	return c.last, c.generation
}

// tick is the precision of a response's Date; smaller differences say nothing.
const tick = 2 * time.Second

// set sets the clock to an offset after a timestamp of that generation was
// refused, unless that has been done since. It tells whether the next timestamp
// is another clock's. A clock that ran ahead is set back, whether the offset was
// wrong or this machine's clock for a while.
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
	return true
}
