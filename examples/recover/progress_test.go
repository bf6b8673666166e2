package main

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestProgressIsALineAMinuteOnAPipeAlsoWhileNothingHappens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b buffer
		p := &progress{w: &b, terminal: false, zone: brasilia}
		stop := p.start()
		p.show(recovery.Progress{Step: "replaying", Of: 12_400})
		time.Sleep(30 * time.Second)
		p.show(recovery.Progress{Step: "replaying", Done: 1_500, Of: 12_400})
		time.Sleep(31 * time.Second)
		p.show(recovery.Progress{Step: "waiting for deliveries", Until: time.Now().Add(10 * time.Minute)})
		time.Sleep(2 * time.Minute)
		stop()
		// The bubble's time begins at midnight of 2000-01-01 in UTC.
		assert.Equal(t, []string{
			"1999-12-31 21:01:00 replaying: 1,500 of 12,400 (12 %), 25.0/s, 7m16s left",
			"1999-12-31 21:02:00 waiting for deliveries, at most until 21:11:01",
			"1999-12-31 21:03:00 waiting for deliveries, at most until 21:11:01",
		}, strings.Split(strings.TrimSpace(b.String()), "\n"))
	})
}

func TestProgressIsOneLineWithABarOnATerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b buffer
		p := &progress{w: &b, terminal: true, zone: brasilia}
		stop := p.start()
		p.show(recovery.Progress{Step: "replaying", Done: 500, Of: 1_000, Totals: recovery.Totals{Replayed: 510}})
		time.Sleep(redraw + time.Millisecond)
		assert.Equal(t, "\r\x1b[K\x1b[?7l[##########..........] replaying: 500 of 1,000 (50 %), 510 replayed\x1b[?7h", b.String())
		stop()
		assert.True(t, strings.HasSuffix(b.String(), "\x1b[?7h\r\x1b[K"), "what comes next begins on a clean line")
	})
}

func TestAWaitIsShownUntilSomethingHasComeFurther(t *testing.T) {
	t.Parallel()
	p := &progress{w: io.Discard, terminal: false, zone: brasilia}
	until := time.Now().Add(time.Minute)
	p.show(recovery.Progress{ID: "x", Step: "replaying", Done: 3, Of: 9})
	p.show(recovery.Progress{ID: "x", Step: "waiting for the receiver", Done: 3, Of: 9, Until: until})
	p.show(recovery.Progress{ID: "x", Step: "replaying", Done: 3, Of: 9}) // of another unit
	assert.Contains(t, p.line(), "waiting for the receiver: 3 of 9 (33 %), at most until "+until.In(brasilia).Format(time.TimeOnly))
	p.show(recovery.Progress{ID: "x", Step: "replaying", Done: 4, Of: 9})
	assert.Contains(t, p.line(), "replaying: 4 of 9")
}
