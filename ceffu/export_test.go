package ceffu

import "time"

// SetClock replaces this machine's clock: virtual time only goes forward.
func (c *Client) SetClock(now func() time.Time) { c.clock.now = now }
