package recovery

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// caller is the way of every call to Celcoin: paced, counted, and read for the
// time on Celcoin's clock.
type caller struct {
	api  API
	pace *pace
	now  func() time.Time

	mu    sync.Mutex
	calls int
	skew  time.Duration // how far Celcoin's clock is ahead, when it last said
}

// count says how many webhooks of a unit are pending.
func (c *caller) count(ctx context.Context, q celcoin.Query) (int, error) {
	if err := c.pace.wait(ctx); err != nil {
		return 0, err
	}
	var resp celcoin.Response
	summary, err := c.api.CountWebhooks(ctx, q, celcoin.WithResponse(&resp))
	c.done(&resp, err)
	if err != nil {
		return 0, err
	}
	return summary.TotalItems, nil
}

// list goes through the pending webhooks of a unit. The pages are called for
// inside of the iterator; each is paced by making the next one wait.
func (c *caller) list(ctx context.Context, q celcoin.Query, each func(celcoin.Webhook) error) error {
	if err := c.pace.wait(ctx); err != nil {
		return err
	}
	var resp celcoin.Response
	var page *byte
	for webhook, err := range c.api.Webhooks(ctx, q, celcoin.WithResponse(&resp)) {
		if len(resp.Body) > 0 && page != &resp.Body[0] {
			if page != nil {
				if err := c.pace.wait(ctx); err != nil {
					return err
				}
			}
			page = &resp.Body[0]
			c.done(&resp, nil)
		}
		if err != nil {
			c.done(&resp, err)
			return err
		}
		if err := each(webhook); err != nil {
			return err
		}
	}
	if page == nil {
		c.done(&resp, nil)
	}
	return nil
}

// replay asks for one webhook again, once: what can be retried comes back in
// its turn, so that all calls slow down for it.
//
// Until its turn comes it heeds ctx, and from then on calls.
func (c *caller) replay(ctx, calls context.Context, req celcoin.ReplayRequest) (*celcoin.Response, error) {
	resp := &celcoin.Response{}
	if err := c.pace.wait(ctx); err != nil {
		return resp, err
	}
	_, err := c.api.ReplayWebhooks(calls, req, celcoin.WithMaxRetries(0), celcoin.WithResponse(resp))
	c.done(resp, err)
	return resp, err
}

// done takes note of a call: what it cost, what the time is at Celcoin, and
// whether everything should go slower.
func (c *caller) done(resp *celcoin.Response, err error) {
	c.mu.Lock()
	c.calls += max(resp.Attempts, 1)
	if date, e := http.ParseTime(resp.Header.Get("Date")); e == nil {
		c.skew = date.Sub(c.now())
	}
	c.mu.Unlock()
	answer, answered := errors.AsType[*celcoin.Error](err)
	switch {
	case err == nil, answered && !errors.Is(err, celcoin.ErrRateLimited) && !errors.Is(err, celcoin.ErrServer):
		c.pace.well()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
	case answered && errors.Is(err, celcoin.ErrRateLimited):
		c.pace.slowDown(answer.RetryAfter)
	case answered && answer.RetryAfter > 0:
		c.pace.slowDown(answer.RetryAfter)
	default:
		c.pace.trouble()
	}
}

// spent returns the calls since it was last asked.
func (c *caller) spent() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.calls
	c.calls = 0
	return n
}

// tolerated is how far the clocks may differ before Celcoin's counts.
const tolerated = 30 * time.Second

// clockSkew is what to add to our clock.
func (c *caller) clockSkew() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.skew.Abs() <= tolerated {
		return 0
	}
	return c.skew
}
