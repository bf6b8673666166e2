package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// progress shows what is under way: on a terminal in one line that changes, with
// a bar, elsewhere in a plain line a minute. A library's bar would bring a dozen
// modules into the library's go.mod.
type progress struct {
	w        io.Writer
	terminal bool
	zone     *time.Location

	mu    sync.Mutex
	now   recovery.Progress // no Step: nothing is shown
	began time.Time         // the step
	first int               // done when it began
}

const (
	redraw     = 200 * time.Millisecond // on a terminal
	plainEvery = time.Minute            // elsewhere
	barWidth   = 20

	clearLine       = "\r\x1b[K"
	wrapOff, wrapOn = "\x1b[?7l", "\x1b[?7h" // a line that is too long is cut, and stays one
)

// start shows it from now on.
func (p *progress) start() (stop func()) {
	every := plainEvery
	if p.terminal {
		every = redraw
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(every):
				p.draw()
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		p.end()
	}
}

// show says what is under way. A recovery, which has an ID, has several units at
// work: while one waits, what others say without having come further does not hide
// it.
func (p *progress) show(r recovery.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	waits := r.ID != "" && r.Until.IsZero() && p.now.Until.After(time.Now())
	if waits && r.Done == p.now.Done && r.Totals.Replayed == p.now.Totals.Replayed {
		return
	}
	if r.Step != p.now.Step || r.Done < p.first {
		p.began, p.first = time.Now(), r.Done
	}
	p.now = r
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.now.Step == "":
	case p.terminal:
		fmt.Fprint(p.w, clearLine+wrapOff+p.line()+wrapOn)
	default:
		fmt.Fprintln(p.w, stamp(time.Now(), p.zone)+" "+p.line())
	}
}

// line is as "replaying: 412 of 1,240 (33 %), 18.2/s, 45s left", behind a bar on a
// terminal.
func (p *progress) line() string {
	s := p.now
	line := s.Step
	if s.Of > 0 {
		line = fmt.Sprintf("%s: %s of %s (%d %%)", s.Step, count(s.Done), count(s.Of), 100*s.Done/s.Of)
		if s.Totals.Replayed > s.Done {
			line += ", " + count(s.Totals.Replayed) + " replayed"
		}
		if p.terminal {
			full := barWidth * min(max(s.Done, 0), s.Of) / s.Of
			line = "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] " + line
		}
	}
	elapsed := time.Since(p.began)
	switch gone := s.Done - p.first; {
	case !s.Until.IsZero():
		line += ", at most until " + s.Until.In(p.zone).Format(time.TimeOnly)
	case gone > 0 && elapsed >= time.Second && s.Of > s.Done:
		rate := float64(gone) / elapsed.Seconds()
		left := time.Duration(float64(s.Of-s.Done) / rate * float64(time.Second))
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
	if p.terminal && p.now.Step != "" {
		fmt.Fprint(p.w, clearLine)
	}
	p.now.Step = ""
}
