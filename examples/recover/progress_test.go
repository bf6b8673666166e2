package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// ticking is a clock that is set by hand.
type ticking struct{ time.Time }

func (c *ticking) now() time.Time { return c.Time }

func TestInAPipeThereIsALineEveryFewSeconds(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	clock := &ticking{time.Unix(0, 0)}
	p := newProgress(&out, false, clock.now)
	for done := range 200 {
		p.told(recovery.Progress{ID: "x", Step: "replaying", Done: done, Of: 400})
		clock.Time = clock.Add(100 * time.Millisecond)
	}
	p.end()
	assert.Equal(t, "replaying 50 of 400 (12 %), 10.0/s, 35s left\n"+
		"replaying 100 of 400 (25 %), 10.0/s, 30s left\n"+
		"replaying 150 of 400 (37 %), 10.0/s, 25s left\n", out.String())
	assert.Equal(t, "x", p.recovery())
}

func TestOnATerminalThereIsOneLineWithABar(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	clock := &ticking{time.Unix(0, 0)}
	p := newProgress(&out, true, clock.now)
	p.step("counting", 1, 30)
	p.step("counting", 2, 30) // too soon
	p.step("counting", 30, 30)
	p.step("waiting for the receiver", 0, 0)
	p.end()
	p.end()
	assert.Equal(t, "\r\x1b[K[....................] counting 1 of 30 (3 %)"+
		"\r\x1b[K[####################] counting 30 of 30 (100 %)\r\x1b[Kwaiting for the receiver\r\x1b[K", out.String())
}
