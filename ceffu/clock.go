package ceffu

import (
	"sync"
	"time"
)

// clock hands out the timestamps of requests, in Unix milliseconds, strictly
// increasing: Ceffu takes two equal signatures for a duplicate, and a signature
// covers nothing but the body.
type clock struct {
	mu     sync.Mutex
	last   int64
	offset time.Duration // of Ceffu's clock to ours, as far as we were told
	turn   int           // counts the corrections
}

// next returns a timestamp, and by which turn of the clock it was taken.
func (c *clock) next() (millis int64, turn int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last+1, time.Now().Add(c.offset).UnixMilli())
	return c.last, c.turn
}

// tick is the precision of an answer's Date; smaller differences say nothing.
const tick = 2 * time.Second

// correct sets the clock by an answer that refused a timestamp of that turn.
// Whoever was refused under an earlier turn has only to ask again. A clock that
// ran ahead is set back, and increases strictly from there.
func (c *clock) correct(turn int, theirs, ours time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	offset := theirs.Sub(ours)
	if turn != c.turn || (offset-c.offset).Abs() < tick {
		return
	}
	c.offset = offset
	c.last = 0
	c.turn++
}
