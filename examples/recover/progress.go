package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// progress shows what is under way: on a terminal in one line that changes, with
// a bar, elsewhere in a plain line a minute. It is no library's bar: those bring a
// dozen modules, which must not get into the library's go.mod.
type progress struct {
	w        io.Writer
	terminal bool
	zone     zone

	mu    sync.Mutex
	now   step
	began time.Time // the step
	first int       // done when it began
	drawn bool      // the terminal's line is not empty
}

// step is what is under way.
type step struct {
	name     string
	done, of int
	more     string
	until    time.Time // the end of a wait, at most; zero: it is none
}

const (
	redraw     = 200 * time.Millisecond // on a terminal
	plainEvery = time.Minute            // elsewhere
	barWidth   = 20
)

func newProgress(w io.Writer, terminal bool, z zone) *progress {
	return &progress{w: w, terminal: terminal, zone: z}
}

// start shows it from now on.
func (p *progress) start() (stop func()) {
	every := plainEvery
	if p.terminal {
		every = redraw
	}
	ticker, done := time.NewTicker(every), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				p.draw()
			}
		}
	})
	return func() {
		ticker.Stop()
		close(done)
		group.Wait()
		p.end()
	}
}

// told is what a recovery calls. Several units are at work: while one waits, what
// others say without having come further does not hide it.
func (p *progress) told(r recovery.Progress) {
	s := step{name: r.Step, done: r.Done, of: r.Of, until: r.Until}
	if r.Totals.Replayed > r.Done {
		s.more = ", " + count(r.Totals.Replayed) + " replayed"
	}
	p.mu.Lock()
	waits := s.until.IsZero() && p.now.until.After(time.Now()) && s.done == p.now.done && s.more == p.now.more
	p.mu.Unlock()
	if !waits {
		p.step(s)
	}
}

// step says what is under way.
func (p *progress) step(s step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.name != p.now.name || s.done < p.first {
		p.began, p.first = time.Now(), s.done
	}
	p.now = s
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now.name == "" {
		return
	}
	if !p.terminal {
		fmt.Fprintln(p.w, p.zone.stamp(time.Now())+" "+p.line())
		return
	}
	line := p.line()
	if f, ok := p.w.(interface{ Fd() uintptr }); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 1 {
			line = line[:min(len(line), width-1)] // all of it is ASCII
		}
	}
	fmt.Fprint(p.w, "\r\x1b[K"+line)
	p.drawn = true
}

// line is as "replaying 412 of 1,240 (33 %), 18.2/s, 45s left", behind a bar on a
// terminal.
func (p *progress) line() string {
	s := p.now
	line := s.name
	if s.of > 0 {
		line = fmt.Sprintf("%s: %s of %s (%d %%)", s.name, count(s.done), count(s.of), 100*s.done/s.of) + s.more
		if p.terminal {
			full := barWidth * min(max(s.done, 0), s.of) / s.of
			line = "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] " + line
		}
	}
	elapsed := time.Since(p.began)
	switch gone := s.done - p.first; {
	case !s.until.IsZero():
		line += ", at most until " + s.until.In(p.zone.Location).Format(time.TimeOnly)
	case gone > 0 && elapsed >= time.Second && s.of > s.done:
		rate := float64(gone) / elapsed.Seconds()
		left := time.Duration(float64(s.of-s.done) / rate * float64(time.Second))
		line += fmt.Sprintf(", %.1f/s, %v left", rate, left.Round(time.Second))
	case elapsed >= 2*time.Second:
		line += fmt.Sprintf(", for %v", elapsed.Round(time.Second))
	}
	return line
}

// end clears the terminal's line, for whatever is printed next.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
	p.now.name = ""
}
