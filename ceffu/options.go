package ceffu

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// DefaultBaseURL is Ceffu's production. No public sandbox is known.
const DefaultBaseURL = "https://open-api.ceffu.com"

// DefaultAttemptTimeout bounds one attempt unless [WithAttemptTimeout] says otherwise.
const DefaultAttemptTimeout = 30 * time.Second

// Option sets up a [Client]. An option that makes no sense is an error of [New].
type Option func(*options) error

type options struct{ transport.Settings }

// NoRetries is the [RetryPolicy].MaxRetries of a client that does not retry.
const NoRetries = -1

// RetryPolicy says how often a call is retried, and how long it waits before. A zero field
// stands for its default. See the package comment for what is retried at all.
type RetryPolicy struct {
	// MaxRetries is the number of attempts after the first: 3 by default, none
	// for [NoRetries].
	MaxRetries int
	// MinWait is the longest first wait, 500 ms by default; it doubles with each
	// retry. The wait has full jitter: it is random, from nothing up to that.
	MinWait time.Duration
	// MaxWait is the longest wait of all, 30 s by default.
	MaxWait time.Duration
	// MaxRetryAfter is the longest Retry-After that is waited for, 2 minutes
	// by default. A longer one ends the call with the response that held it. It
	// also bounds how long the Retry-After of other calls holds a call back in all.
	MaxRetryAfter time.Duration
}

// WithBaseURL sends to another place than [DefaultBaseURL]: a proxy or a test
// server, with or without a path prefix. It must be https, unless the host is
// a loopback address.
func WithBaseURL(url string) Option {
	return func(o *options) error { return o.SetBaseURL(url) }
}

// WithHTTPClient sends through c's Transport as it is, with its cookie jar; c
// is not changed and its idle connections are not closed. A c.Timeout bounds an
// attempt if it is shorter than the attempt timeout. Redirects are never
// followed, whatever c says. The Transport must not retry by itself: a second
// copy of a request is this package's decision. If c has no Transport, the
// client's own is used: a clone of http.DefaultTransport that keeps 64 idle
// connections.
func WithHTTPClient(c *http.Client) Option {
	return func(o *options) error { return o.SetHTTPClient(c) }
}

// WithRetryPolicy replaces the default policy.
func WithRetryPolicy(p RetryPolicy) Option {
	return func(o *options) error { return o.SetPolicy(transport.Policy(p)) }
}

// WithAttemptTimeout bounds each attempt from the connection to the last byte
// of the body: 30 s by default, 0 for no bound. The context bounds the whole
// call. An attempt that runs into it counts as a lost response.
func WithAttemptTimeout(d time.Duration) Option {
	return func(o *options) error { return o.SetAttemptTimeout(d) }
}

// WithRateLimit holds all calls of the client together, with their retries, to
// so many attempts a second, after a burst that may go at once. Without it there
// is no limit. Ceffu's own limits for this call are not documented.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(o *options) error { return o.SetRateLimit(perSecond, burst) }
}

// WithLogger logs a line for each call, on level debug if it succeeded and warn
// if not, and a line on level warn for each attempt that failed, with the wait
// before the next. Without it nothing is logged. The attributes are operation,
// method, path, status, code, request_id, attempt or attempts, outcome, category,
// duration and wait: never a key, signature, query or body. The outcome is one of the
// Outcome constants.
func WithLogger(l *slog.Logger) Option {
	return func(o *options) error {
		if l == nil {
			return errors.New("logger: is nil")
		}
		o.Logger = l
		return nil
	}
}

// WithTransport wraps the transport beneath the client: wrap is called once, by
// [New], with the tuned default (or the one of [WithHTTPClient]), and what it
// returns sends every attempt. Several wrap in the order in which they are given, the
// last outermost. What it returns must be safe for concurrent use and must not
// retry by itself.
func WithTransport(wrap func(base http.RoundTripper) http.RoundTripper) Option {
	return func(o *options) error { return o.AddWrapper(wrap) }
}

// WithUserAgent puts an application's name before the library's own in the
// User-Agent: "payments/2.1".
func WithUserAgent(app string) Option {
	return func(o *options) error { return o.SetApp(app) }
}
