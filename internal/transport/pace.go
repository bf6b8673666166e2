package transport

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/reenvio/reenvio-go/internal/apierror"
)

// pacer is the link that decides when an attempt may go: in its turn of the
// rate limit, and not while a server's Retry-After holds back the calls of the
// client.
type pacer struct {
	next    http.RoundTripper
	limiter *rate.Limiter // nil: no limit

	mu   sync.Mutex
	held time.Time // until when
}

func (p *pacer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := p.wait(req.Context()); err != nil {
		return nil, &failure{kind: notStarted, err: err}
	}
	return p.next.RoundTrip(req)
}

// wait takes a turn after whatever held the calls back, so that those who are
// released together do not go together, and another one if it was held back
// while it waited for its turn.
func (p *pacer) wait(ctx context.Context) error {
	s := stateOf(ctx)
	for {
		for wait := p.remaining(); wait > 0; wait = p.remaining() {
			if err := s.waitHeld(ctx, wait); err != nil {
				return err
			}
		}
		if p.limiter == nil {
			return nil
		}
		if err := s.auth.Ready(ctx); err != nil {
			return err
		}
		if err := p.limiter.Wait(ctx); err != nil {
			return turnError(ctx)
		}
		if p.remaining() <= 0 {
			return nil
		}
	}
}

// waitHeld waits while the calls of the client are held back. As other calls may
// be told to wait again and again, all that one call is held back has a bound.
func (s *state) waitHeld(ctx context.Context, wait time.Duration) error {
	s.held += wait
	if most := s.client.policy.MaxRetryAfter; s.held > most {
		return fmt.Errorf("%w: the Retry-After of other calls holds this one back for another %v, in all longer than %v (RetryPolicy.MaxRetryAfter)",
			apierror.ErrRateLimited, wait.Round(time.Millisecond), most)
	}
	return Sleep(ctx, wait, "the Retry-After of another call holds this one back")
}

// Sleep waits out a rate limit, unless that would outlive the deadline of ctx.
func Sleep(ctx context.Context, wait time.Duration, reason string) error {
	if ctx.Err() != nil {
		return EndOfContext(ctx)
	}
	if wait <= 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return fmt.Errorf("%w: %s for %v, past the deadline: %w",
			apierror.ErrRateLimited, reason, wait.Round(time.Millisecond), context.DeadlineExceeded)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return EndOfContext(ctx)
	}
}

func (p *pacer) remaining() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held.IsZero() {
		return 0
	}
	return time.Until(p.held)
}

// hold holds the calls back from now on.
func (p *pacer) hold(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(wait); until.After(p.held) {
		p.held = until
	}
}

// turnError puts the limiter's refusal to wait past the deadline into the
// terms of the context.
func turnError(ctx context.Context) error {
	if ctx.Err() != nil {
		return EndOfContext(ctx)
	}
	return fmt.Errorf("the rate limit's next turn comes after the deadline: %w", context.DeadlineExceeded)
}
