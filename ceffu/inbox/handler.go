package inbox

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/receive"
)

// Process carries out what an event asks for. A nil error says that it is done,
// durably: Ceffu will not send it again. An event that Process knows already, by
// its [Event.Key], is done. It is called from several goroutines.
type Process func(ctx context.Context, e *Event) error

// NewHandler returns the receiver of Ceffu's webhooks. Mount it at the path of
// the URL that is set up in Ceffu's UI; make that path a secret, and let in only
// the addresses that Ceffu names to you: see the package comment.
//
// It answers 200, which alone counts as delivered, after Process has returned
// nil, and never before. Otherwise it answers:
//
//   - 400: the body is not a JSON object, or was cut;
//   - 401: [WithVerifier] or [WithBasicAuth] refused the request;
//   - 405: the method is not POST;
//   - 413: the body is too large ([WithMaxBody]);
//   - 500: Process failed, panicked or took too long ([WithTimeout]);
//   - 503 with Retry-After: too many at once ([WithConcurrency]).
//
// After anything but 200, Ceffu delivers again 30, 120, 480, 1920 and 7680
// seconds later, and then gives up until [ceffu.Client.ResendWebhooks]. It
// suspends an endpoint after 500 failures.
//
// What the Test button in Ceffu's UI sends (a body with empty data) is answered with 200 at
// once, and neither verified nor processed: there is nothing in it to process.
//
// Process runs under a context of its own, with the values of the request's:
// a client that leaves does not break a commit, and an error at a commit may be
// a commit all the same, so the next delivery must find the key. A Process that
// goes on after its time is up keeps its place in [WithConcurrency].
//
// Set ReadHeaderTimeout, ReadTimeout and IdleTimeout of the http.Server: they
// bound a client that sends slowly.
//
// https://apidoc.ceffu.io/apidoc/shared-c9ece2c6-3ab4-4667-bb7d-c527fb3dbf78/api-3471801
func NewHandler(p Process, opts ...Option) http.Handler {
	o := options{
		Test:    isTest,
		Parse:   Parse,
		Kind:    func(e *Event) string { return string(e.EventType) },
		Process: p,
		Timeout: 10 * time.Second,
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return receive.NewHandler(o)
}

// Receipt is what became of one request.
type Receipt struct {
	// EventType is what the payload says, so it can be any text. It is empty for
	// a Test, and if the request was refused before its payload was read.
	EventType  ceffu.EventType
	StatusCode int
	// Duration is from the request's header to the answer.
	Duration time.Duration
	// Err is why it is not 200. It wraps what Process or the verifier returned,
	// and has value and stack of a panic, so it may hold what they hold.
	Err error
}

// Option configures [NewHandler].
type Option func(*options)

type options = receive.Settings[*Event]

// WithVerifier lets f decide whether a request is Ceffu's, by its header and its
// body as it was received; an error is answered with 401. The message has a
// member sign, but by which key, over which bytes and with which algorithm is
// not documented, so this package verifies nothing by itself. Ask Ceffu before
// you rely on one; f must compare in constant time.
func WithVerifier(f func(header http.Header, body []byte) error) Option {
	return func(o *options) { o.Verify = f }
}

// WithBasicAuth demands a login and a password, compared in constant time. Ceffu
// is not known to send any: it is for a gateway in between that adds them. If
// one of the two is empty, all requests are answered with 401, so that an unset
// environment variable opens nothing.
func WithBasicAuth(user, password string) Option {
	return func(o *options) { o.Login = &receive.Login{User: user, Password: password} }
}

// WithMaxBody bounds the size of a request's body, in bytes. The default is
// 1 MiB; n that is not positive means it too.
func WithMaxBody(n int64) Option {
	return func(o *options) { o.MaxBody = n }
}

// WithTimeout bounds the time of one Process. The default is 10 seconds, which
// is what Ceffu's Test waits; d that is not positive means no bound.
func WithTimeout(d time.Duration) Option {
	return func(o *options) { o.Timeout = d }
}

// WithConcurrency bounds how many events are processed at once, for example to
// the size of a database pool. One more is answered with 503. The default, and n
// that is not positive, mean no limit.
func WithConcurrency(n int) Option {
	return func(o *options) { o.Concurrency = n }
}

// WithLogger logs each request: at debug what was processed, as a warning what
// was refused, as an error what Process failed at. Neither the payload nor the
// error of Process is logged. By default nothing is.
func WithLogger(logger *slog.Logger) Option {
	return func(o *options) { o.Logger = logger }
}

// WithObserver calls f for each request, before its answer is sent, for metrics
// and for a log of errors. f is called from several goroutines.
func WithObserver(f func(ctx context.Context, r Receipt)) Option {
	if f == nil {
		return nil // as without it
	}
	return func(o *options) {
		o.Observe = func(ctx context.Context, r receive.Receipt) {
			f(ctx, Receipt{EventType: ceffu.EventType(r.Kind), StatusCode: r.StatusCode, Duration: r.Duration, Err: r.Err})
		}
	}
}
