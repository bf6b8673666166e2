package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// progress shows how far a recovery has come: on a terminal as a bar in one line
// that changes, elsewhere in a plain line now and then.
//
// It is no library's bar: those bring a dozen modules, which must not get into
// the library's go.mod, and a module of its own would put this program out of
// reach of "go run ./examples/recover".
type progress struct {
	w        io.Writer
	terminal bool
	now      func() time.Time

	mu    sync.Mutex
	id    string
	name  string    // of the step
	began time.Time // the step
	first int       // done when it began
	shown time.Time // the last line
	dirty bool      // the terminal's line is not empty
}

const (
	redraw     = 100 * time.Millisecond // on a terminal
	plainEvery = 5 * time.Second        // elsewhere
	barWidth   = 20
)

func newProgress(w io.Writer, terminal bool, now func() time.Time) *progress {
	return &progress{w: w, terminal: terminal, now: now, shown: now()}
}

// told is what a recovery calls.
func (p *progress) told(r recovery.Progress) {
	p.mu.Lock()
	p.id = r.ID
	p.mu.Unlock()
	p.step(r.Step, r.Done, r.Of)
}

// recovery is the ID of the one that is under way; empty if none has begun.
func (p *progress) recovery() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id
}

// step says that done of as many have been done.
func (p *progress) step(name string, done, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	fresh := name != p.name
	if fresh || done < p.first {
		p.name, p.began, p.first = name, now, done
	}
	pause := plainEvery
	if p.terminal {
		pause = redraw
		if fresh || done == of {
			pause = 0
		}
	}
	if now.Sub(p.shown) < pause {
		return
	}
	p.shown = now
	line := p.line(done, of, now)
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K"+line)
		p.dirty = true
		return
	}
	fmt.Fprintln(p.w, line)
}

// line is as "replaying 412 of 1240 (33 %), 18.2/s, 45s left", behind a bar on a
// terminal.
func (p *progress) line(done, of int, now time.Time) string {
	if of <= 0 {
		return p.name
	}
	line := fmt.Sprintf("%s %d of %d (%d %%)", p.name, done, of, 100*done/of)
	if p.terminal {
		full := barWidth * min(max(done, 0), of) / of
		line = "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] " + line
	}
	elapsed := now.Sub(p.began).Seconds()
	if gone := done - p.first; gone > 0 && elapsed >= 1 {
		rate := float64(gone) / elapsed
		left := time.Duration(float64(of-done) / rate * float64(time.Second))
		line += fmt.Sprintf(", %.1f/s, %v left", rate, left.Round(time.Second))
	}
	return line
}

// end clears the terminal's line, for whatever is printed next.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dirty {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.dirty = false
	}
	p.name = ""
}
