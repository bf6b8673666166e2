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
	known bool          // a call has gone well
	skew  time.Duration // how far Celcoin's clock is ahead, when it last said
}

// count says how many webhooks of a unit are pending.
func (c *caller) count(ctx context.Context, q celcoin.Query) (int, error) {
	if err := c.pace.wait(ctx); err != nil {
		return 0, err
	}
	var resp celcoin.Response
	sent := c.now()
	summary, err := c.api.CountWebhooks(ctx, q, celcoin.WithResponse(&resp))
	c.done(ctx, sent, &resp, err)
	if err != nil {
		return 0, err
	}
	return summary.TotalItems, nil
}

// list goes through the pending webhooks of a unit, and returns how many there
// were. The pages are called for inside of the iterator; each is paced by making
// the next one wait.
func (c *caller) list(ctx context.Context, q celcoin.Query, each func(celcoin.Webhook) error) (n int, err error) {
	if err := c.pace.wait(ctx); err != nil {
		return 0, err
	}
	var resp celcoin.Response
	sent, answered := c.now(), false
	for webhook, err := range c.api.Webhooks(ctx, q, celcoin.WithResponse(&resp)) {
		if err != nil {
			c.done(ctx, sent, &resp, err)
			return n, err
		}
		if len(resp.Body) > 0 { // the first of a page
			c.done(ctx, sent, &resp, nil)
			resp = celcoin.Response{} // that of the next page, if there is an answer
			if answered {
				if err := c.pace.wait(ctx); err != nil {
					return n, err
				}
			}
			answered = true
		}
		n++
		if err := each(webhook); err != nil {
			return n, ownError{err}
		}
		sent = c.now()
	}
	if !answered {
		c.done(ctx, sent, &resp, nil)
	}
	return n, nil
}

// ownError is of what is done with an answer, above all of the store: Celcoin has
// done its part, and asking it again would not help.
type ownError struct{ error }

func (e ownError) Unwrap() error { return e.error }

// replay asks for one webhook again, once: what can be retried comes back in
// its turn, so that all calls slow down for it.
//
// Until its turn comes it heeds ctx, and from then on calls.
func (c *caller) replay(ctx, calls context.Context, req celcoin.ReplayRequest) (matched int, resp *celcoin.Response, err error) {
	resp = &celcoin.Response{}
	if err := c.pace.wait(ctx); err != nil {
		return 0, resp, err
	}
	sent := c.now()
	summary, err := c.api.ReplayWebhooks(calls, req, celcoin.WithMaxRetries(0), celcoin.WithResponse(resp))
	c.done(calls, sent, resp, err)
	if err != nil {
		return 0, resp, err
	}
	return summary.TotalItems, resp, nil
}

// done takes note of a call: what it cost, what the time is at Celcoin, and
// whether everything should go slower.
//
// The Date, in whole seconds, was written at some moment between sent and now. A
// wide window may take minutes to answer: so what was known of the clocks stands
// as long as it agrees with that.
func (c *caller) done(ctx context.Context, sent time.Time, resp *celcoin.Response, err error) {
	received := c.now()
	c.mu.Lock()
	c.calls += max(resp.Attempts, 1)
	c.known = c.known || err == nil
	if date, e := http.ParseTime(resp.Header.Get("Date")); e == nil {
		c.skew = min(max(c.skew, date.Sub(received)), date.Add(time.Second).Sub(sent))
	}
	c.mu.Unlock()
	answer, answered := errors.AsType[*celcoin.Error](err)
	switch {
	case err == nil, answered && !errors.Is(err, celcoin.ErrRateLimited) && !errors.Is(err, celcoin.ErrServer):
		c.pace.well()
	case ctx.Err() != nil:
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

// assume takes the skew of an earlier run, until an answer says more.
func (c *caller) assume(skew time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.skew == 0 {
		c.skew = skew
	}
}

// patiently repeats what only asks, until it succeeds, fails for good, or has
// failed for as long as patience lasts. The pace makes the waits. Where nothing
// has ever gone well, the settings are likelier to be wrong than Celcoin busy,
// and whoever is at the keyboard wants to know at once.
func (c *caller) patiently(ctx context.Context, patience time.Duration, ask func() error) error {
	begin := time.Now()
	for tries := 1; ; tries++ {
		err := ask()
		switch {
		case err == nil, ctx.Err() != nil, time.Since(begin) > patience:
			return err
		case errors.Is(err, celcoin.ErrIncomplete):
			// The set may shrink by itself, as Celcoin delivers some of it.
			if tries >= listTries {
				return err
			}
		case !c.hasGoneWell() || !passing(err):
			return err
		}
	}
}

func (c *caller) hasGoneWell() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known
}

// passing tells whether a call that only asks may fare better later.
func passing(err error) bool {
	if errors.Is(err, celcoin.ErrRateLimited) || errors.Is(err, celcoin.ErrServer) {
		return true
	}
	_, answered := errors.AsType[*celcoin.Error](err)
	_, own := errors.AsType[ownError](err)
	return !answered && !own && !errors.Is(err, celcoin.ErrInvalidRequest)
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
