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
	ctx := req.Context()
	if err := p.wait(ctx, stateOf(ctx).auth); err != nil {
		return nil, &failure{kind: notStarted, err: err}
	}
	return p.next.RoundTrip(req)
}

// wait takes a turn after whatever held the calls back, so that those who are
// released together do not go together, and another one if it was held back
// while it waited for its turn.
func (p *pacer) wait(ctx context.Context, auth Authorizer) error {
	for {
		if err := p.waitHeld(ctx); err != nil {
			return err
		}
		if p.limiter != nil {
			if err := auth.Ready(ctx); err != nil {
				return err
			}
			if err := p.limiter.Wait(ctx); err != nil {
				return turnError(ctx)
			}
		}
		if p.remaining() <= 0 {
			return nil
		}
	}
}

// waitHeld waits until nothing holds the calls back.
func (p *pacer) waitHeld(ctx context.Context) error {
	for {
		wait := p.remaining()
		if wait <= 0 {
			return nil
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return fmt.Errorf("%w: the Retry-After of another call holds this one back for %v, past its deadline: %w",
				apierror.ErrRateLimited, wait.Round(time.Millisecond), context.DeadlineExceeded)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return EndOfContext(ctx)
		}
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
