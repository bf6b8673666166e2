// Package receive is the HTTP side of a webhook receiver: it answers 200 only
// after what the webhook asks for is done. It knows no vendor.
package receive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// Settings are what the options of both vendors set.
type Settings struct {
	Login       *Login        // nil: everyone may POST
	MaxBody     int64         // of a request, in bytes
	Timeout     time.Duration // of one Process; none if not positive
	Concurrency int           // of Process; unlimited if not positive
	Logger      *slog.Logger
}

// Defaults are the settings that both vendors begin with.
func Defaults() Settings {
	return Settings{MaxBody: 1 << 20, Timeout: 10 * time.Second, Logger: slog.New(slog.DiscardHandler)}
}

// Vendor is what differs between the vendors. Verify, Test and Observe may be nil.
type Vendor[E any] struct {
	Test    func(raw []byte) bool                      // a message that tells nothing: answered with 200
	Verify  func(header http.Header, raw []byte) error // an error is answered with 401
	Parse   func(raw []byte) (E, error)                // an error is answered with 400
	Process func(ctx context.Context, event E) error
	Kind    func(event E) string // for logs
	Observe func(ctx context.Context, receipt Receipt[E])
}

// Receipt is what became of one request.
type Receipt[E any] struct {
	Event      E // zero: the request did not come that far
	StatusCode int
	Duration   time.Duration
	Err        error // why not 200; what Process returned, among others
}

// What Receipt.Err is for a reason of the handler's own.
var (
	errMethod       = errors.New("not a POST")
	errUnauthorized = errors.New("login and password are missing or wrong")
	errBusy         = errors.New("as many events as allowed are being processed")
)

// handler is the http.Handler of one vendor.
type handler[E any] struct {
	Vendor[E]
	settings Settings
	places   chan struct{} // nil: no limit
}

// NewHandler returns the handler of a vendor's webhooks.
func NewHandler[E any](vendor Vendor[E], settings Settings) http.Handler {
	h := &handler[E]{Vendor: vendor, settings: settings}
	if settings.Concurrency > 0 {
		h.places = make(chan struct{}, settings.Concurrency)
	}
	if settings.Login != nil && settings.Login.incomplete() {
		settings.Logger.LogAttrs(context.Background(), slog.LevelError,
			"every webhook will be refused: the login or the password given to the handler is empty")
	}
	return h
}

// ServeHTTP answers one request.
func (h *handler[E]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	receipt := Receipt[E]{}
	receipt.StatusCode, receipt.Err = h.serve(w, r, &receipt.Event)
	receipt.Duration = time.Since(started)
	h.log(r.Context(), receipt)
	if h.Observe != nil {
		h.Observe(r.Context(), receipt)
	}
	switch receipt.StatusCode {
	case http.StatusOK:
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
		return
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="webhooks", charset="UTF-8"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	// Celcoin keeps the answer and shows it beside the webhook, so it says
	// nothing but the status.
	http.Error(w, http.StatusText(receipt.StatusCode), receipt.StatusCode)
}

// serve does all but the answer, of which it returns the status.
func (h *handler[E]) serve(w http.ResponseWriter, r *http.Request, event *E) (status int, err error) {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, errMethod
	}
	if h.settings.Login != nil && !h.settings.Login.allows(r) {
		return http.StatusUnauthorized, errUnauthorized
	}
	raw, status, err := h.read(w, r)
	if err != nil {
		return status, err
	}
	if h.Test != nil && h.Test(raw) {
		return http.StatusOK, nil
	}
	if h.Verify != nil {
		if err := h.Verify(r.Header, raw); err != nil {
			return http.StatusUnauthorized, err
		}
	}
	if *event, err = h.Parse(raw); err != nil {
		return http.StatusBadRequest, err
	}
	if h.places != nil {
		select {
		case h.places <- struct{}{}:
		default:
			return http.StatusServiceUnavailable, errBusy
		}
	}
	// A client that leaves must not break a commit.
	if err := h.process(context.WithoutCancel(r.Context()), *event); err != nil {
		return http.StatusInternalServerError, err
	}
	return http.StatusOK, nil
}

// read takes the whole body. Its error comes with the status to answer.
func (h *handler[E]) read(w http.ResponseWriter, r *http.Request) ([]byte, int, error) {
	limit := h.settings.MaxBody
	tooLarge := fmt.Errorf("the body has more than %d bytes", limit)
	if r.ContentLength > limit {
		return nil, http.StatusRequestEntityTooLarge, tooLarge // before a client that asks first has sent it
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, http.StatusRequestEntityTooLarge, tooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest, fmt.Errorf("the body could not be read: %w", err)
	}
	return raw, 0, nil
}

// process calls Process, and returns when it has returned or its time is up.
// Then a Process that ignores its ctx goes on, and keeps its place until it ends.
func (h *handler[E]) process(ctx context.Context, event E) error {
	cancel := context.CancelFunc(func() {})
	if h.settings.Timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, h.settings.Timeout)
	}
	ended := make(chan error, 1)
	go func() {
		err := errors.New("the goroutine of Process ended") // by runtime.Goexit
		defer func() {
			if h.places != nil {
				<-h.places // before the answer, so that the next request finds it
			}
			ended <- err
			cancel() // after the outcome is there: its end must not pass for a timeout
		}()
		err = Call(ctx, h.Process, event)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// It has ended in time, or this very moment, or it is still at work.
	select {
	case err := <-ended:
		return err
	default:
		return fmt.Errorf("the webhook was not processed in %v: %w", h.settings.Timeout, ctx.Err())
	}
}

// PanicError is a panic of Process.
type PanicError struct {
	Value any
	Stack []byte
}

// Error has the value and the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("panic while processing the webhook: %v\n%s", e.Value, e.Stack)
}

// Call calls process. A panic becomes a [PanicError].
func Call[E any](ctx context.Context, process func(context.Context, E) error, event E) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &PanicError{cause, debug.Stack()}
		}
	}()
	return process(ctx, event)
}

// log tells what became of a request. What Process returned is not logged: its
// text may hold anything.
func (h *handler[E]) log(ctx context.Context, receipt Receipt[E]) {
	level := slog.LevelWarn
	switch receipt.StatusCode {
	case http.StatusOK:
		level = slog.LevelDebug
	case http.StatusInternalServerError:
		level = slog.LevelError
	}
	if !h.settings.Logger.Enabled(ctx, level) {
		return
	}
	h.settings.Logger.LogAttrs(ctx, level, "webhook answered",
		slog.String("entity", redact.Text(h.Kind(receipt.Event), 64)),
		slog.Int("status", receipt.StatusCode),
		slog.Duration("duration", receipt.Duration))
}
