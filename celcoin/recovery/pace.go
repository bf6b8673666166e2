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

	mu       sync.Mutex
	until    time.Time     // nothing goes before
	backoff  time.Duration // of the next pause
	troubled time.Time     // since when no call has gone well; zero: they do
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
		p.mu.Lock()
		pause := time.Until(p.until)
		p.mu.Unlock()
		if pause <= 0 {
			return p.limiter.Wait(ctx)
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
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
	if p.troubled.IsZero() {
		p.troubled = now
	}
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
	p.troubled, p.backoff = time.Time{}, firstPause
	if l := p.limiter.Limit(); l < p.full {
		p.limiter.SetLimit(min(l+p.full/20, p.full))
	}
}

// troubledFor is how long no call has gone well.
func (p *pace) troubledFor() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.troubled.IsZero() {
		return 0
	}
	return time.Since(p.troubled)
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
