package transport

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"time"
)

// Policy says how often and how patiently a call is repeated. Zero fields
// stand for the defaults.
type Policy struct {
	MaxRetries    int // below zero: none
	MinWait       time.Duration
	MaxWait       time.Duration
	MaxRetryAfter time.Duration
}

// The defaults of a Policy.
const (
	defaultMaxRetries    = 3
	defaultMinWait       = 500 * time.Millisecond
	defaultMaxWait       = 30 * time.Second
	defaultMaxRetryAfter = 2 * time.Minute
)

func (p Policy) withDefaults() Policy {
	if p.MaxRetries == 0 {
		p.MaxRetries = defaultMaxRetries
	}
	if p.MaxWait == 0 {
		p.MaxWait = max(defaultMaxWait, p.MinWait)
	}
	if p.MinWait == 0 {
		p.MinWait = min(defaultMinWait, p.MaxWait)
	}
	if p.MaxRetryAfter == 0 {
		p.MaxRetryAfter = defaultMaxRetryAfter
	}
	return p
}

// checkRetry decides after each attempt, in the place where the retry library
// asks: whether there will be another, and after which wait. All the reasons
// to stop are here, the deadline too, so that the library never sleeps for an
// attempt that cannot happen.
func (x *exchange) checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	x.settled = !x.again(ctx, err)
	if !x.settled {
		x.retry.RetryWaitMin = x.wait
		x.logRetry(ctx)
		if x.call.Waiting != nil {
			x.call.Waiting(x.wait, x.outcome(ctx, nil))
		}
	}
	return !x.settled, nil
}

func (x *exchange) again(ctx context.Context, err error) bool {
	if err != nil && x.err == nil {
		x.err, x.fate = withoutURL(err), barred // net/http itself refused the request
	}
	x.wait = 0
	final := x.final()
	if final || ctx.Err() != nil {
		if !final && x.err == nil {
			x.err = endOfContext(ctx) // there is an answer, but not the end of the story
		}
		return false
	}
	if x.fate == answered && x.verdict.Meaning == Reauthorize {
		again := !x.renewed
		x.renewed = true
		return again
	}
	if x.retries >= x.maxRetries {
		return false
	}
	wait, ok := x.nextWait()
	if !ok {
		return false
	}
	if deadline, has := ctx.Deadline(); has && time.Until(deadline) <= wait {
		return false
	}
	x.wait = wait
	x.retries++
	return true
}

// final tells whether nothing could be gained by another attempt, or too much
// risked. It also keeps account of what is in doubt.
func (x *exchange) final() bool {
	once := x.call.Class == Once
	switch x.fate {
	case barred:
		return true
	case unsent:
		return certificateAlert(x.err) != ""
	case lost:
		x.inDoubt = x.inDoubt || x.call.Class != Read
		return once || certificateAlert(x.err) != ""
	case answered:
	}
	switch x.verdict.Meaning {
	case Succeeded:
		x.inDoubt = false
		return true
	case Refused:
		return true
	case Unreadable:
		x.inDoubt = x.inDoubt || x.call.Class != Read
		return true
	case Troubled:
		x.inDoubt = x.inDoubt || x.call.Class != Read
		return once
	case Throttled, Reauthorize, Amended:
		return false
	}
	return true
}

// nextWait is the server's own hint, if it gave one that we are ready to
// follow; otherwise a full-jitter exponential wait.
func (x *exchange) nextWait() (wait time.Duration, ok bool) {
	if x.fate == answered {
		if x.verdict.Meaning == Amended {
			return 0, true
		}
		if hint, has := retryAfter(x.answer); has && hint > 0 {
			return hint, hint <= x.client.policy.MaxRetryAfter
		}
	}
	return x.client.policy.jitter(x.retries), true
}

// jitter draws the wait before the retry with this number, counted from 0:
// evenly from nothing to MinWait doubled as many times, MaxWait at most.
func (p Policy) jitter(retry int) time.Duration {
	ceiling := p.MaxWait
	if retry < 62 {
		if d := p.MinWait << retry; d>>retry == p.MinWait && d < ceiling {
			ceiling = d
		}
	}
	return rand.N(min(ceiling, math.MaxInt64-1) + 1) //nolint:gosec // spreading load needs no secrecy
}

// decided is the wait that checkRetry has left in the retry library's least one.
func decided(least, _ time.Duration, _ int, _ *http.Response) time.Duration { return least }
