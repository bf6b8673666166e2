package console

import (
	"fmt"
	"sync"
	"time"
)

// maxOffset keeps a clock where dates still look like dates.
const maxOffset = 100 * 365 * 24 * time.Hour

// Clock is the machine's clock with an offset, which may change while it runs.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
}

// Now is the time with the offset.
func (c *Clock) Now() time.Time { return time.Now().Add(c.Offset()) }

// Offset is how far the clock is ahead of the machine's.
func (c *Clock) Offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// Advance moves the clock, backwards if by is negative.
func (c *Clock) Advance(by time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Each is at most a third of what a Duration holds, so the sum cannot wrap.
	if by.Abs() > maxOffset || (c.offset+by).Abs() > maxOffset {
		return fmt.Errorf("clock: an offset of %v and %v is more than a hundred years", c.offset, by)
	}
	c.offset += by
	return nil
}
