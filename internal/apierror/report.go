package apierror

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/redact"
)

// MaxBody is how much of a response an error keeps.
const MaxBody = 64 << 10

// How much of what a server says an error shows.
const (
	MaxMessage   = 1024
	MaxCode      = 64
	MaxRequestID = 128
)

// Report is what may be shown of a failed call. The body is not part of it: it
// can hold payloads and document numbers.
type Report struct {
	Package    string
	Op         string
	StatusCode int // 0: no response
	Code       string
	Message    string
	RequestID  string
	Attempts   int
	RetryAfter time.Duration
	InDoubt    bool
	NotSent    bool
	Cause      error  // why the call ended without the response counting; nil: it counts
	Advice     string // what to do, where that is known
}

// String is the text of the error.
func (r Report) String() string {
	var b strings.Builder
	b.WriteString(r.Package + ": " + r.Op + ": ")
	if r.Cause == nil {
		r.writeResponse(&b)
		b.WriteString(", " + Attempts(r.Attempts))
	} else {
		b.WriteString(strings.TrimPrefix(r.Cause.Error(), r.Package+": "))
		if r.Attempts > 0 {
			b.WriteString(", " + Attempts(r.Attempts))
		} else if r.NotSent {
			b.WriteString(", before the first attempt")
		}
		if r.StatusCode != 0 {
			b.WriteString("; the last response was ")
			r.writeResponse(&b)
		}
	}
	if r.RetryAfter > 0 {
		b.WriteString(", retry after " + r.RetryAfter.String())
	}
	if r.Advice != "" {
		b.WriteString("; " + r.Advice)
	}
	if r.InDoubt {
		b.WriteString("; it is unknown whether it was carried out")
	}
	return b.String()
}

func (r Report) writeResponse(b *strings.Builder) {
	b.WriteString(strconv.Itoa(r.StatusCode))
	if text := http.StatusText(r.StatusCode); text != "" {
		b.WriteString(" " + text)
	}
	if r.Code != "" {
		b.WriteString(", code " + r.Code)
	}
	if message := strings.TrimRight(r.Message, ". "); message != "" {
		b.WriteString(": " + message)
	}
	if r.RequestID != "" {
		b.WriteString(", request " + r.RequestID)
	}
}

// Attempts is a number of attempts in words.
func Attempts(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return strconv.Itoa(n) + " attempts"
}

// message is the server's, or why there is none.
func (r Report) message() string {
	if r.Cause != nil {
		return r.Cause.Error()
	}
	return r.Message
}

// LogValue groups what a log line may hold.
func (r Report) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("operation", r.Op),
		slog.Int("status", r.StatusCode),
		slog.String("code", r.Code),
		slog.String("message", r.message()),
		slog.String("request_id", r.RequestID),
		slog.Int("attempts", r.Attempts),
		slog.Duration("retry_after", r.RetryAfter),
		slog.Bool("outcome_unknown", r.InDoubt),
	)
}

// MarshalJSON has the fields of LogValue, the duration in seconds.
func (r Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Operation      string  `json:"operation"`
		Status         int     `json:"status"`
		Code           string  `json:"code,omitempty"`
		Message        string  `json:"message,omitempty"`
		RequestID      string  `json:"request_id,omitempty"`
		Attempts       int     `json:"attempts"`
		RetryAfter     float64 `json:"retry_after_seconds,omitempty"`
		OutcomeUnknown bool    `json:"outcome_unknown,omitempty"`
	}{r.Op, r.StatusCode, r.Code, r.message(), r.RequestID, r.Attempts, r.RetryAfter.Seconds(), r.InDoubt})
}

// Clean is a cause as it may be shown: without the secrets, on one line.
func Clean(cause error, secrets ...string) error {
	if cause == nil {
		return nil
	}
	text := redact.Text(cause.Error(), MaxMessage, secrets...)
	if text == cause.Error() {
		return cause
	}
	return &cleanedError{text: text, cause: cause}
}

// cleanedError stands for a cause whose own text must not be shown, such as
// net/http's that quotes a malformed response. It can be asked what it is, and
// not be unwrapped by those who print every error of a chain.
type cleanedError struct {
	text  string
	cause error
}

func (e *cleanedError) Error() string                 { return e.text }
func (e *cleanedError) Is(target error) bool          { return errors.Is(e.cause, target) }
func (e *cleanedError) As(target any) bool            { return errors.As(e.cause, target) }
func (e *cleanedError) Format(s fmt.State, verb rune) { redact.Format(s, verb, e.text) }
