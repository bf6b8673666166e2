package transport

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/time/rate"
)

// Client sends calls. It is safe for concurrent use.
type Client struct {
	base           http.RoundTripper
	native         bool           // base is net/http's own
	jar            http.CookieJar // nil: none
	attemptTimeout time.Duration
	policy         Policy
	limiter        *rate.Limiter // nil: no limit
	logger         *slog.Logger  // nil: silent
	header         http.Header   // on every request; never changed, cloned for each attempt
	empty          http.Header   // of what stands for a call above the attempts; never changed
}

// New builds a Client from settings that have been checked.
func New(s *Settings) *Client {
	c := &Client{
		base:           s.roundTripper(),
		attemptTimeout: s.AttemptTimeout,
		policy:         s.Policy.withDefaults(),
		logger:         s.Logger,
		empty:          http.Header{},
		header: http.Header{
			"Accept":     {"application/json"},
			"User-Agent": {s.userAgent()},
		},
	}
	for _, wrap := range s.Wrappers {
		c.base = wrap(c.base)
	}
	_, c.native = c.base.(*http.Transport)
	if s.RatePerSecond > 0 {
		c.limiter = rate.NewLimiter(rate.Limit(s.RatePerSecond), s.Burst)
	}
	if s.HTTPClient != nil {
		c.jar = s.HTTPClient.Jar
		// Around the whole of an http.Client's Do this timeout would also run
		// during the wait for the rate limit and for a token.
		if t := s.HTTPClient.Timeout; t > 0 && (c.attemptTimeout == 0 || t < c.attemptTimeout) {
			c.attemptTimeout = t
		}
	}
	return c
}

// Do carries out a call and says what became of it.
func (c *Client) Do(ctx context.Context, call *Call) Outcome {
	x := &exchange{client: c, call: call, maxRetries: c.policy.MaxRetries}
	if call.MaxRetries != nil {
		x.maxRetries = *call.MaxRetries
	}
	// One http.Client and one retryablehttp.Client a call, so that their hooks
	// know which call they serve. The connections are those of c.base.
	x.http.Transport = x
	x.retry.HTTPClient = &x.http
	x.retry.CheckRetry = x.checkRetry
	x.retry.Backoff = decided
	x.retry.RetryMax = math.MaxInt // checkRetry counts
	x.retry.ErrorHandler = retryablehttp.PassthroughErrorHandler

	err := x.run(ctx)
	return x.outcome(ctx, err)
}

// run lets the retry library drive the attempts. What they brought is in x.
func (x *exchange) run(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	req := (&http.Request{
		Method: x.call.Method,
		URL:    x.call.URL,
		Host:   x.call.URL.Host,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: x.client.empty,
	}).WithContext(ctx)
	// Without a body: each attempt brings its own.
	resp, err := x.retry.Do(&retryablehttp.Request{Request: req})
	if resp != nil {
		resp.Body.Close() //nolint:errcheck,gosec // it is http.NoBody
	}
	return err
}

func (x *exchange) outcome(ctx context.Context, err error) Outcome {
	out := Outcome{
		Answer:   x.answer,
		Verdict:  x.verdict,
		Attempts: x.attempts,
		InDoubt:  x.inDoubt,
		Err:      x.err,
	}
	if x.answer != nil {
		out.RetryAfter, _ = retryAfter(x.answer)
	}
	switch {
	case x.settled:
	case ctx.Err() != nil:
		// The wait between two attempts, or the call before the first, was cut
		// short. An interrupted attempt has its own error, which says more.
		out.Err = endOfContext(ctx)
	case x.err == nil && x.answer == nil:
		out.Err = withoutURL(err) // net/http refused the request before it came to an attempt
	}
	return out
}

// endOfContext is the end of ctx with its cause, such that errors.Is finds
// both. net/http reports the cause alone.
func endOfContext(ctx context.Context) error {
	ended, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, ended) {
		return cause
	}
	return &endedError{ended: ended, cause: cause}
}

// endedError is the end of a context that was given a cause.
type endedError struct{ ended, cause error }

func (e *endedError) Error() string   { return e.ended.Error() + ": " + e.cause.Error() }
func (e *endedError) Unwrap() []error { return []error{e.ended, e.cause} }

// withoutURL takes off the *url.Error of net/http, whose text has the query,
// and all of them where one http.Client works behind another.
func withoutURL(err error) error {
	for {
		u, ok := errors.AsType[*url.Error](err)
		if !ok || u.Err == nil {
			return err
		}
		err = u.Err
	}
}

// Foreign is an error of code that is not ours, a transport's, a signer's or a
// token source's, as a call may end with it: without a URL, and no end of ctx
// while that lives.
func Foreign(ctx context.Context, err error) error {
	if err = withoutURL(err); ctx.Err() == nil {
		err = withoutContext(ctx, err)
	}
	return err
}

// withoutContext keeps an error of the transport from passing for the end of
// the caller's context while that lives: net and net/http say of timeouts of
// their own that they are context.DeadlineExceeded.
func withoutContext(ctx context.Context, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return err
	}
	if deadline, has := ctx.Deadline(); has && !time.Now().Before(deadline) {
		return err // the caller's own, seen before ctx's timer fired
	}
	return &foreignEndError{err}
}

// foreignEndError is all that its cause is, but no end of a context.
type foreignEndError struct{ cause error }

func (e *foreignEndError) Error() string { return e.cause.Error() }

// Is and As stand in for Unwrap, behind which errors.Is would find the end of a
// context after all.
func (e *foreignEndError) Is(target error) bool {
	ended := target == context.DeadlineExceeded || target == context.Canceled
	return !ended && errors.Is(e.cause, target)
}

func (e *foreignEndError) As(target any) bool { return errors.As(e.cause, target) }

// attemptHeader is the header of one attempt, before the vendor's part. The
// values are shared between attempts: each has the capacity of its length, so
// that adding to one copies it.
func (c *Client) attemptHeader() http.Header {
	h := make(http.Header, len(c.header)+3)
	maps.Copy(h, c.header)
	return h
}
