package transport

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/time/rate"
)

// Client sends calls. It is safe for concurrent use.
type Client struct {
	http      http.Client // over the chain; it does nothing else
	pacer     *pacer
	policy    Policy
	logger    *slog.Logger // nil: silent
	observers []Observer
	empty     http.Header // of the request above the chain; never changed
}

// New builds a Client from settings.
//
// The chain, from the outside in: pacer, attempter, the user's transport. Pacing
// comes before the credentials, as these age: a timestamp that waited for its
// turn could have expired. The attempt timeout begins after both, which may take
// long, and covers the body, which is read whole within it.
func New(s *Settings) (*Client, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	c := &Client{policy: s.Policy.withDefaults(), logger: s.Logger, observers: s.Observers, empty: http.Header{}}
	base := s.roundTripper()
	for _, wrap := range s.Wrappers {
		if base = wrap(base); base == nil {
			return nil, errors.New("transport: the function of WithTransport returned nil")
		}
	}
	last := &attempter{next: base, timeout: s.AttemptTimeout, header: http.Header{
		"Accept":     {"application/json"},
		"User-Agent": {s.userAgent()},
	}}
	_, last.native = base.(*http.Transport)
	if s.HTTPClient != nil {
		last.jar = s.HTTPClient.Jar
		// Around the whole of an http.Client's Do this timeout would also run
		// during the wait for the rate limit and for a token.
		if t := s.HTTPClient.Timeout; t > 0 && (last.timeout == 0 || t < last.timeout) {
			last.timeout = t
		}
	}
	c.pacer = &pacer{next: last}
	if s.RatePerSecond > 0 {
		c.pacer.limiter = rate.NewLimiter(rate.Limit(s.RatePerSecond), s.Burst)
	}
	c.http = http.Client{Transport: c.pacer, CheckRedirect: doNotFollow}
	return c, nil
}

// doNotFollow makes a redirect a response like any other: followed, it would
// take the credentials to another host.
func doNotFollow(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Do carries out a call. The value counts only if there is no error.
func Do[T any](ctx context.Context, c *Client, call Call, codec Codec[T]) (T, Outcome, error) {
	r := &running[T]{codec: codec, state: state{
		client: c, call: call, auth: codec, outcome: Outcome{NotSent: true},
	}}
	ctx = r.startCall(ctx)
	r.Context = ctx
	// A retryablehttp.Client a call, so that its hooks know which call they
	// serve, over one http.Client for all.
	r.retry.HTTPClient = &c.http
	r.retry.CheckRetry = r.checkRetry
	r.retry.Backoff = decided
	r.retry.RetryMax = math.MaxInt // checkRetry counts
	r.retry.ErrorHandler = retryablehttp.PassthroughErrorHandler
	if ctx.Err() == nil {
		// Without a header and a body: each attempt gets its own.
		r.request = *(&http.Request{
			Method: call.Method, URL: call.URL, Host: call.URL.Host,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: c.empty,
		}).WithContext(&r.state) //nolint:contextcheck // it is ctx and finds the state
		_, _ = r.retry.Do(&retryablehttp.Request{Request: &r.request}) //nolint:bodyclose // checkRetry has seen what it returns
	}
	if !r.stopped {
		// There was no time for an attempt, or the wait before one was cut short.
		// An interrupted attempt has an error of its own, which says more.
		r.outcome.Err = EndOfContext(ctx)
	}
	err := r.err()
	r.finishCall(err)
	return r.value, r.outcome, err
}

// running is a call that is being made.
type running[T any] struct {
	state

	retry   retryablehttp.Client
	request http.Request // above the chain
	codec   Codec[T]
	value   T
}

// checkRetry is retryablehttp's hook after each attempt: it classifies the
// response and decides whether there is another attempt.
func (r *running[T]) checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if err != nil {
		r.fail(failureOf(err))
	} else if body, ok := resp.Body.(*memory); ok {
		var value T
		r.value = value
		r.respond(&body.response, r.codec.Classify(&body.response, &r.value))
	} else {
		r.fail(failureOf(errors.New("http.Client changed the response")))
	}
	wait, again := r.decide(ctx)
	r.retry.RetryWaitMin, r.stopped = wait, !again
	r.finishAttempt(wait)
	if again && r.call.Waiting != nil {
		r.call.Waiting(wait, r.err())
	}
	return again, nil
}

// err is the error of the call, if it ends now.
func (r *running[T]) err() error {
	if r.outcome.Err == nil && r.outcome.Kind == Succeeded {
		return nil
	}
	return r.codec.Failure(r.call.Operation, &r.outcome)
}

// decided is retryablehttp's hook for the wait before the next attempt, which
// checkRetry leaves in RetryWaitMin.
func decided(wait, _ time.Duration, _ int, _ *http.Response) time.Duration { return wait }
