package recovery

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace holds all calls of a Recoverer to its rate, and slows everything down
// when Celcoin asks for it.
type pace struct {
	limiter *rate.Limiter
	full    rate.Limit

	mu      sync.Mutex
	until   time.Time     // nothing goes before
	backoff time.Duration // of the next pause
}

const (
	firstPause = time.Second
	longPause  = time.Minute
	slowest    = 32 // the rate falls to this part of the full one
)

func newPace(perSecond float64, burst int) *pace {
	full := rate.Limit(perSecond)
	return &pace{limiter: rate.NewLimiter(full, burst), full: full, backoff: firstPause}
}

// wait is called before each call.
func (p *pace) wait(ctx context.Context) error {
	for {
		// Not limiter.Wait, which refuses at once what comes after a deadline:
		// until then, others may go.
		turn := p.limiter.Reserve()
		if err := sleep(ctx, turn.Delay()); err != nil {
			turn.Cancel()
			return err
		}
		if !p.paused() {
			return nil
		}
		if err := p.sleepPause(ctx); err != nil {
			return err
		}
	}
}

func (p *pace) paused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.until)
}

// sleepPause waits for the end of the pause, however often it is put off.
func (p *pace) sleepPause(ctx context.Context) error {
	for {
		p.mu.Lock()
		pause := time.Until(p.until)
		p.mu.Unlock()
		if pause <= 0 {
			break
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
	return nil
}

// slowDown is for a call that was told to come later: everything waits for the
// hint, or longer each time, and goes at half the rate.
func (p *pace) slowDown(hint time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limiter.SetLimit(max(p.limiter.Limit()/2, p.full/slowest))
	p.pause(max(hint, p.backoff))
}

// trouble is for a call that Celcoin did not take at all.
func (p *pace) trouble() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pause(p.backoff)
}

// pause grows with each time that finds the last pause over; calls that fail
// together pause once.
func (p *pace) pause(d time.Duration) {
	now := time.Now()
	if now.Before(p.until) {
		if until := now.Add(d); d > p.backoff && until.After(p.until) {
			p.until = until
		}
		return
	}
	p.until = now.Add(d)
	p.backoff = min(2*p.backoff, longPause)
}

// well is for a call that was answered: the rate comes back by a twentieth.
func (p *pace) well() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.backoff = firstPause
	if l := p.limiter.Limit(); l < p.full {
		p.limiter.SetLimit(min(l+p.full/20, p.full))
	}
}

// sleep is a wait that a context can end.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
