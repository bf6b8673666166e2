// Package receive is what the receivers of both vendors' webhooks share: an HTTP
// handler that answers 200 only after what the webhook asks for is done. It knows
// no vendor. The inboxes over it have types and options of their own, so that each
// vendor's page shows all of them.
package receive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// Settings are what a vendor and its options decide. Test, Verify and Observe may
// be nil.
type Settings[E any] struct {
	Test    func(raw []byte) bool                      // a message that tells nothing: answered with 200
	Verify  func(header http.Header, raw []byte) error // an error is answered with 401
	Parse   func(raw []byte) (E, error)                // an error is answered with 400
	Kind    func(event E) string                       // for logs and receipts
	Process func(ctx context.Context, event E) error
	Observe func(ctx context.Context, receipt Receipt)

	Login       *Login        // nil: anyone may POST
	MaxBody     int64         // of a request, in bytes; 1 MiB if not positive
	Timeout     time.Duration // of one Process; none if not positive
	Concurrency int           // of Process; unlimited if not positive
	Logger      *slog.Logger  // nil: no log
}

// Receipt is what became of one request.
type Receipt struct {
	Kind       string // empty: the request did not come that far
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
	Settings[E]

	places *semaphore.Weighted
}

// NewHandler returns the handler of a vendor's webhooks.
func NewHandler[E any](s Settings[E]) http.Handler {
	if s.MaxBody <= 0 {
		s.MaxBody = 1 << 20
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if s.Login != nil && s.Login.incomplete() {
		s.Logger.LogAttrs(context.Background(), slog.LevelError,
			"every webhook will be refused: the login or the password given to the handler is empty")
	}
	places := int64(math.MaxInt64)
	if s.Concurrency > 0 {
		places = int64(s.Concurrency)
	}
	return &handler[E]{Settings: s, places: semaphore.NewWeighted(places)}
}

// ServeHTTP answers one request.
func (h *handler[E]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	var receipt Receipt
	receipt.StatusCode, receipt.Err = h.serve(w, r, &receipt.Kind)
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
func (h *handler[E]) serve(w http.ResponseWriter, r *http.Request, kind *string) (status int, err error) {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, errMethod
	}
	if h.Login != nil && !h.Login.allows(r) {
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
	event, err := h.Parse(raw)
	if err != nil {
		return http.StatusBadRequest, err
	}
	*kind = h.Kind(event)
	if !h.places.TryAcquire(1) {
		return http.StatusServiceUnavailable, errBusy
	}
	// A client that leaves must not break a commit.
	if err := h.process(context.WithoutCancel(r.Context()), event); err != nil {
		return http.StatusInternalServerError, err
	}
	return http.StatusOK, nil
}

// read takes the whole body. Its error comes with the status to answer.
func (h *handler[E]) read(w http.ResponseWriter, r *http.Request) ([]byte, int, error) {
	tooLarge := fmt.Errorf("the body has more than %d bytes", h.MaxBody)
	if r.ContentLength > h.MaxBody {
		return nil, http.StatusRequestEntityTooLarge, tooLarge // before a client that asks first has sent it
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.MaxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, http.StatusRequestEntityTooLarge, tooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest, fmt.Errorf("the body could not be read: %w", err)
	}
	return raw, 0, nil
}

// log tells what became of a request. What Process returned is not logged: its
// text may hold anything.
func (h *handler[E]) log(ctx context.Context, receipt Receipt) {
	level := slog.LevelWarn
	switch receipt.StatusCode {
	case http.StatusOK:
		level = slog.LevelDebug
	case http.StatusInternalServerError:
		level = slog.LevelError
	}
	h.Logger.LogAttrs(ctx, level, "webhook answered",
		slog.String("entity", redact.Text(receipt.Kind, 64)),
		slog.Int("status", receipt.StatusCode),
		slog.Duration("duration", receipt.Duration))
}
