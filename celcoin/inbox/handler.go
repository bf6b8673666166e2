package inbox

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/receive"
)

// Process carries out what an event asks for. A nil error says that it is done,
// durably: Celcoin will not send it again. An event that Process knows already,
// by its [Event.Key], is done. It is called from several goroutines.
type Process func(ctx context.Context, e *Event) error

// NewHandler returns the receiver of Celcoin's webhooks. Mount it at the path
// that is registered with Celcoin.
//
// It answers 200, which alone counts as delivered, after Process has returned
// nil, and never before. Otherwise it answers:
//
//   - 400: the body is not a JSON object, or was cut;
//   - 401: login or password is missing or wrong ([WithBasicAuth]);
//   - 405: the method is not POST;
//   - 413: the body is too large ([WithMaxBody]);
//   - 500: Process failed, panicked or took too long ([WithTimeout]);
//   - 503 with Retry-After: too many at once ([WithConcurrency]).
//
// An answer says nothing of the reason but its status, since Celcoin keeps it
// and shows it in the details of the webhook. Whatever is not 200 stays pending
// at Celcoin. When it delivers again by itself is not documented; package
// recovery has it sent again, or fetches it.
//
// Process runs under a context of its own, with the values of the request's:
// a client that leaves does not break a commit, and an error at a commit may be
// a commit all the same, so the next delivery must find the key. A Process that
// goes on after its time is up keeps its place in [WithConcurrency].
//
// Set ReadHeaderTimeout, ReadTimeout and IdleTimeout of the http.Server: they
// bound a client that sends slowly.
//
// https://developers.celcoin.com.br/docs/gerenciamento-de-webhook
func NewHandler(p Process, opts ...Option) http.Handler {
	o := options{Settings: receive.Settings[*Event]{
		Parse:   Parse,
		Kind:    func(e *Event) string { return string(e.Entity) },
		Process: p,
		Timeout: 10 * time.Second,
	}}
	for _, opt := range opts {
		if opt != nil {
			opt.handler(&o)
		}
	}
	return receive.NewHandler(o.Settings)
}

// Receipt is what became of one request.
type Receipt struct {
	// Entity is what the payload says, so it can be any text. It is empty if the
	// request was refused before its payload was read.
	Entity     celcoin.Entity
	StatusCode int
	// Duration is from the request's header to the answer.
	Duration time.Duration
	// Err is why it is not 200. It wraps what Process returned, and has value
	// and stack of a panic, so it may hold what they hold.
	Err error
}

// options are those of NewHandler and of PostTo.
type options struct {
	receive.Settings[*Event]

	client *http.Client
}

// Option configures [NewHandler].
type Option interface{ handler(o *options) }

// setting is an option of every kind.
type setting func(*options)

func (f setting) handler(o *options) { f(o) }
func (f setting) post(o *options)    { f(o) }

// WithMaxBody bounds the size of a request's body, in bytes. The default is
// 1 MiB; n that is not positive means it too.
func WithMaxBody(n int64) Option {
	return setting(func(o *options) { o.MaxBody = n })
}

// WithConcurrency bounds how many events are processed at once, for example to
// the size of a database pool. One more is answered with 503. The default, and n
// that is not positive, mean no limit.
func WithConcurrency(n int) Option {
	return setting(func(o *options) { o.Concurrency = n })
}

// WithLogger logs each request: at debug what was processed, as a warning what
// was refused, as an error what Process failed at. Neither the payload nor the
// error of Process is logged. By default nothing is.
func WithLogger(logger *slog.Logger) Option {
	return setting(func(o *options) { o.Logger = logger })
}

// WithObserver calls f for each request, before its answer is sent, for metrics
// and for a log of errors. f is called from several goroutines.
func WithObserver(f func(ctx context.Context, r Receipt)) Option {
	if f == nil {
		return nil // as without it
	}
	return setting(func(o *options) {
		o.Observe = func(ctx context.Context, r receive.Receipt) {
			f(ctx, Receipt{Entity: celcoin.Entity(r.Kind), StatusCode: r.StatusCode, Duration: r.Duration, Err: r.Err})
		}
	})
}

// CommonOption configures [NewHandler] and [PostTo].
type CommonOption interface {
	Option
	PostOption
}

// WithBasicAuth sets the login and the password that are registered with
// Celcoin for the webhook: [NewHandler] demands them, and compares in constant
// time; [PostTo] sends them. An empty one is refused: the handler then answers
// 401 to all, so that an unset environment variable opens nothing.
func WithBasicAuth(user, password string) CommonOption {
	return setting(func(o *options) { o.Login = &receive.Login{User: user, Password: password} })
}

// WithTimeout bounds the time of one Process, or of one POST. The default is 10
// seconds for [NewHandler] and 30 for [PostTo]; d that is not positive means
// no bound. How long Celcoin waits for an answer is not documented.
func WithTimeout(d time.Duration) CommonOption {
	return setting(func(o *options) { o.Timeout = d })
}
