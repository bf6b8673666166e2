package transport

import (
	"cmp"
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

func (p Policy) withDefaults() Policy {
	p.MaxRetries = cmp.Or(p.MaxRetries, 3)
	p.MaxWait = cmp.Or(p.MaxWait, max(30*time.Second, p.MinWait))
	p.MinWait = cmp.Or(p.MinWait, min(500*time.Millisecond, p.MaxWait))
	p.MaxRetryAfter = cmp.Or(p.MaxRetryAfter, 2*time.Minute)
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
	reauthorized bool
	carriedOut   bool     // an attempt may have been carried out
	stopped      bool     // checkRetry ended the call
	failure      *failure // of the last attempt; nil if it brought a response
	outcome      Outcome

	observed *observed // nil: neither observed nor logged
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
	s.outcome.Response, s.outcome.Classification, s.outcome.RetryAfter = r, c, retryAfter(r)
	switch {
	case c.Kind == Succeeded:
		s.carriedOut = false // what there was to do has been done
	case c.Kind == ServerError, c.Kind == Malformed:
		s.carriedOut = true
	case c.Kind == RateLimited && r.Status != http.StatusServiceUnavailable:
		// A 503 may be of one path; this is about the client. A hint beyond the
		// maximum is not believed for the other calls: each may ask by itself.
		if s.outcome.RetryAfter <= s.client.policy.MaxRetryAfter {
			s.client.pacer.hold(s.outcome.RetryAfter)
		}
	}
}

// decide tells whether there is another attempt, and after which wait. All
// reasons to stop are here, the deadline too, so that no wait is begun for an
// attempt that cannot happen.
func (s *state) decide(ctx context.Context) (wait time.Duration, again bool) {
	s.outcome.InDoubt = s.carriedOut && s.call.Class != Safe
	s.outcome.NotSent = !s.carriedOut
	maxRetries := s.client.policy.MaxRetries
	if s.call.MaxRetries != nil {
		maxRetries = *s.call.MaxRetries
	}
	switch {
	case s.final():
		return 0, false
	case ctx.Err() != nil:
		if s.failure == nil {
			s.outcome.Err = EndOfContext(ctx) // the response is not the end of the call
		}
		return 0, false
	case s.failure == nil && s.outcome.Kind == Reauthorize:
		again, s.reauthorized = !s.reauthorized, true
		return 0, again
	case s.retries >= maxRetries:
		return 0, false
	}
	wait, ok := s.nextWait()
	if deadline, has := ctx.Deadline(); !ok || has && time.Until(deadline) <= wait {
		return 0, false
	}
	s.retries++
	return wait, true
}

// final tells whether another attempt could gain nothing, or would risk a
// second copy.
func (s *state) final() bool {
	once := s.call.Class == NonIdempotent
	if f := s.failure; f != nil {
		return f.kind == notStarted || f.kind == noResponse && once || refusedCertificate(f.err)
	}
	kind := s.outcome.Kind
	return kind == Succeeded || kind == Refused || kind == Malformed || kind == ServerError && once
}

// nextWait is the wait before the next retry: the server's own hint, unless that is
// beyond the maximum, or full jitter.
func (s *state) nextWait() (wait time.Duration, ok bool) {
	if s.failure == nil {
		switch hint := s.outcome.RetryAfter; {
		case s.outcome.Kind == RetryNow, s.outcome.Kind == Reauthorize:
			return 0, true
		case hint > 0:
			return hint, hint <= s.client.policy.MaxRetryAfter
		}
	}
	return s.client.policy.jitter(s.retries), true
}

// jitter is full jitter: a random wait up to MinWait doubled with each retry,
// MaxWait at most.
func (p Policy) jitter(retries int) time.Duration {
	ceiling := min(float64(p.MaxWait), math.Ldexp(float64(p.MinWait), retries))
	return time.Duration(rand.Float64() * ceiling) //nolint:gosec // spreading load needs no secrecy
}
