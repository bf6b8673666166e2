package engine

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// caller is the way of every call to Celcoin: at most so many at once in this
// process, so many a second over all processes of the store, and each answer
// read for the time on Celcoin's clock.
type caller struct {
	e      *Engine
	places chan struct{}
	turn   chan struct{} // of capacity 1: who holds it takes from slot

	// By the clock of this process, which runs on when the store's is set.
	mu    sync.Mutex
	slot  ledger.Slot
	until time.Time // nothing goes before

	stats Stats
	clock vendorClock
	paced bool // the latest call had to wait for the rate
}

// Stats are the calls of a process so far.
type Stats struct {
	Calls   int
	Latency time.Duration // of all of them together
	Timed   int           // calls that Latency is of
}

// do makes one call, in its turn.
func (c *caller) do(ctx context.Context, call func(context.Context, *celcoin.Response) error) error {
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := c.await(ctx); err != nil {
		return err
	}
	resp := &celcoin.Response{}
	sent := time.Now()
	return c.done(ctx, sent, resp, call(ctx, resp))
}

// longPause is a wait for Celcoin that is told: the pace has shorter ones.
const longPause = 3 * time.Second

// await waits for the next call of the pace.
func (c *caller) await(ctx context.Context) error {
	for {
		due, err := c.next(ctx)
		if err != nil {
			return err
		}
		wait := time.Until(due)
		until := c.e.now().Add(wait)
		if wait > c.e.Policy.MaxWait {
			return &WaitError{Until: until, What: "Celcoin takes no calls"}
		}
		if wait > longPause {
			c.e.tell(Progress{Step: "waiting for Celcoin", Until: until})
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		c.mu.Lock()
		paused := c.until.After(due)
		c.paced = wait > 0
		c.mu.Unlock()
		if !paused {
			return nil
		}
	}
}

// next takes a call from the slot of this process, or from its next one.
func (c *caller) next(ctx context.Context) (time.Time, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	for {
		c.mu.Lock()
		due, ok := c.slot.Call(time.Now())
		want := c.slot.Want()
		c.mu.Unlock()
		if ok {
			return due, nil
		}
		var slot ledger.Slot
		err := update(ctx, c.e, c.pace(), func(now time.Time, p *ledger.Pace) (bool, error) {
			slot = p.Take(now, c.e.owner, c.e.Rate, c.e.Burst, want)
			slot.Start = time.Now().Add(slot.Start.Sub(now))
			return true, nil
		})
		if err != nil {
			return time.Time{}, err
		}
		slot.Taken = time.Now() // an update may take its time
		c.mu.Lock()
		c.slot = slot
		c.mu.Unlock()
	}
}

func (c *caller) pace() string { return "pace-" + c.e.environment() }

// done takes note of an answer. It returns the call's error, or a [WaitError] if
// Celcoin wants a longer pause than the max wait.
func (c *caller) done(ctx context.Context, sent time.Time, resp *celcoin.Response, err error) error {
	received := time.Now()
	answer, _ := errors.AsType[*celcoin.Error](err)
	c.mu.Lock()
	c.stats.Calls += max(resp.Attempts, 1)
	if err == nil {
		c.stats.Latency += received.Sub(sent)
		c.stats.Timed++
	}
	c.clock.observe(resp.Header, received)
	c.mu.Unlock()
	if !throttled(err) {
		return err
	}
	hint := answer.RetryAfter
	var until time.Time
	e := update(context.WithoutCancel(ctx), c.e, c.pace(), func(now time.Time, p *ledger.Pace) (bool, error) {
		p.Throttle(now, min(hint, c.e.Policy.MaxWait), c.e.Rate)
		until = time.Now().Add(p.Until.Sub(now))
		return true, nil
	})
	if e != nil {
		return e
	}
	c.mu.Lock()
	c.slot.N, c.until = 0, until
	c.mu.Unlock()
	if hint > c.e.Policy.MaxWait {
		return &WaitError{Until: c.e.now().Add(hint), What: "Celcoin takes no calls", doubt: errors.Is(err, celcoin.ErrOutcomeUnknown)}
	}
	return err
}

// throttled tells whether an answer asks all processes to go slower: 429 whatever
// code comes with it, and anything with a hint of when to come again.
func throttled(err error) bool {
	answer, ok := errors.AsType[*celcoin.Error](err)
	return ok && (answer.StatusCode == http.StatusTooManyRequests || errors.Is(err, celcoin.ErrRateLimited) || answer.RetryAfter > 0)
}

// passing tells whether a call that only asks may succeed later.
func passing(err error) bool { return throttled(err) || celcoin.Retryable(err) }

// slow tells whether a call ended because its answer did not come in time.
func slow(err error) bool {
	if answer, ok := errors.AsType[*celcoin.Error](err); ok && answer.StatusCode != 0 {
		return answer.StatusCode == http.StatusGatewayTimeout || answer.StatusCode == http.StatusRequestTimeout
	}
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// Ask makes a call that only reads, in its turn. It is repeated until it goes well,
// fails for good, or calls have failed for the max wait since the first failure in a
// row, which since keeps between calls. Where nothing has ever gone well, the settings
// are more likely wrong than Celcoin is busy, and the user should know soon.
func (e *Engine) Ask(ctx context.Context, since *time.Time, call func(context.Context, *celcoin.Response) error) error {
	const triesAtFirst = 3
	tries := 0
	return e.persist(ctx, since, func() (bool, error) {
		err := e.calls.do(ctx, call)
		tries++
		return passing(err) && (tries < triesAtFirst || e.calls.Stats().Timed > 0), err
	})
}

// Stats returns the calls so far.
func (c *caller) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// rateBound tells whether it is the rate that holds calls back at present.
func (c *caller) rateBound() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paced
}
