package transport

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"time"
)

// Policy says how often a call is retried, and how long it waits before. Zero
// fields stand for the defaults.
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

// state is how far a call has come. It is the context of its requests, which is
// how the links of the chain find it. One goroutine at a time calls its methods.
type state struct {
	context.Context //nolint:containedctx // see above

	client *Client
	call   Call
	auth   Authorizer

	retries      int           // attempts after the first, without that for new credentials
	held         time.Duration // how long other calls' Retry-After has held it back
	seed         uint64        // of the jitter
	reauthorized bool
	carriedOut   bool     // an attempt may have been carried out
	stopped      bool     // checkRetry ended the call
	failure      *failure // of the last attempt; nil if it brought a response
	outcome      Outcome

	observed *observed // nil: nobody observes
}

type stateKey struct{}

// Value is the state itself for stateOf.
func (s *state) Value(key any) any {
	if key == (stateKey{}) {
		return s
	}
	return s.Context.Value(key)
}

// stateOf finds the state of the call that a request belongs to. Only requests
// of [Do] come to the chain.
func stateOf(ctx context.Context) *state {
	s, _ := ctx.Value(stateKey{}).(*state)
	return s
}

// fail records an attempt without a response. An earlier response is kept.
func (s *state) fail(f *failure) {
	s.failure, s.outcome.Err = f, f.err
	if f.kind == noResponse {
		s.carriedOut = true
	}
}

// respond records the response to an attempt.
func (s *state) respond(r *Response, c Classification) {
	s.failure, s.outcome.Err = nil, nil
	s.outcome.Response, s.outcome.Classification = r, c
	s.outcome.RetryAfter, _ = retryAfter(r)
	switch c.Kind {
	case Succeeded:
		s.carriedOut = false // what there was to do has been done
	case ServerError, Malformed:
		s.carriedOut = true
	case RateLimited:
		// A 503 may be of one path; this is about the client. A hint beyond the
		// maximum is not believed for the other calls: each may ask by itself.
		if hint := s.outcome.RetryAfter; r.Status != http.StatusServiceUnavailable && hint <= s.client.policy.MaxRetryAfter {
			s.client.pacer.hold(hint)
		}
	case Refused, Reauthorize, RetryNow:
	}
}

// decide tells whether there is another attempt, and after which wait. All
// reasons to stop are here, the deadline too, so that no wait is begun for an
// attempt that cannot happen.
func (s *state) decide(ctx context.Context) (wait time.Duration, again bool) {
	s.outcome.InDoubt = s.carriedOut && s.call.Class != Safe
	s.outcome.NotSent = !s.carriedOut
	if s.final() {
		return 0, false
	}
	if ctx.Err() != nil {
		if s.failure == nil {
			s.outcome.Err = EndOfContext(ctx) // the response is not the end of the call
		}
		return 0, false
	}
	if s.failure == nil && s.outcome.Kind == Reauthorize {
		again, s.reauthorized = !s.reauthorized, true
		return 0, again
	}
	if s.retries >= s.maxRetries() {
		return 0, false
	}
	wait, ok := s.nextWait(s.retries)
	if !ok {
		return 0, false
	}
	if deadline, has := ctx.Deadline(); has && time.Until(deadline) <= wait {
		return 0, false
	}
	s.retries++
	return wait, true
}

func (s *state) maxRetries() int {
	if s.call.MaxRetries != nil {
		return *s.call.MaxRetries
	}
	return s.client.policy.MaxRetries
}

// final tells whether another attempt could gain nothing, or would risk a
// second copy.
func (s *state) final() bool {
	nonIdempotent := s.call.Class == NonIdempotent
	if s.failure != nil {
		switch s.failure.kind {
		case notStarted:
			return true
		case notSent:
			return certificateAlert(s.failure.err) != ""
		case noResponse:
			return nonIdempotent || certificateAlert(s.failure.err) != ""
		}
	}
	switch s.outcome.Kind {
	case RateLimited, Reauthorize, RetryNow:
		return false
	case ServerError:
		return nonIdempotent
	case Succeeded, Refused, Malformed:
	}
	return true
}

// nextWait is the wait before the retry with this number, counted from 0: the
// server's own hint, unless that is beyond the maximum, or full jitter. Asked
// twice about the same retry, it gives the same wait.
func (s *state) nextWait(retry int) (wait time.Duration, ok bool) {
	if s.failure == nil {
		switch hint := s.outcome.RetryAfter; {
		case s.outcome.Kind == RetryNow, s.outcome.Kind == Reauthorize:
			return 0, true
		case hint > 0:
			return hint, hint <= s.client.policy.MaxRetryAfter
		}
	}
	return s.client.policy.jitter(s.seed, retry), true
}

// jitter is full jitter: a random wait up to MinWait doubled with each retry,
// MaxWait at most.
func (p Policy) jitter(seed uint64, retry int) time.Duration {
	ceiling := p.MaxWait
	if retry < 62 {
		if d := p.MinWait << retry; d>>retry == p.MinWait && d < ceiling {
			ceiling = d
		}
	}
	random := rand.New(rand.NewPCG(seed, uint64(retry))) //nolint:gosec // spreading load needs no secrecy
	return time.Duration(random.Int64N(min(int64(ceiling), math.MaxInt64-1) + 1))
}

// finish is called when the attempts have ended.
func (s *state) finish(ctx context.Context, err error) {
	switch {
	case s.stopped:
	case ctx.Err() != nil:
		// The wait between two attempts was cut short, or there was no time for
		// one. An interrupted attempt has an error of its own, which says more.
		s.outcome.Err = EndOfContext(ctx)
	default:
		s.outcome.Err = withoutURL(err)
	}
	s.outcome.NotSent = !s.carriedOut
	s.finishCall()
}
