package apierror

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxBody is how much of an answer an error keeps.
const MaxBody = 64 << 10

// How much of what a server says an error shows.
const (
	MaxMessage   = 1024
	MaxCode      = 64
	MaxRequestID = 128
)

// Report is what may be shown of an answer that was not a success. The body is
// not part of it: it can hold payloads and document numbers.
type Report struct {
	Package    string
	Op         string
	StatusCode int
	Code       string
	Message    string
	RequestID  string
	Attempts   int
	RetryAfter time.Duration
	InDoubt    bool
	Advice     string // what to do, where that is known
}

// String is the error's text.
func (r Report) String() string {
	var b strings.Builder
	b.WriteString(r.Package + ": " + r.Op + ": " + strconv.Itoa(r.StatusCode))
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
	b.WriteString(", " + Attempts(r.Attempts))
	if r.RetryAfter > 0 {
		b.WriteString(", retry after " + r.RetryAfter.String())
	}
	if r.Advice != "" {
		b.WriteString("; " + r.Advice)
	}
	if r.InDoubt {
		b.WriteString("; " + doubt)
	}
	return b.String()
}

// doubt is the last clause of every error of ErrOutcomeUnknown.
const doubt = "whether it was carried out is not known"

// Attempts is a number of attempts in words.
func Attempts(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return strconv.Itoa(n) + " attempts"
}

// LogValue groups what a log line may hold.
func (r Report) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("operation", r.Op),
		slog.Int("status", r.StatusCode),
		slog.String("code", r.Code),
		slog.String("message", r.Message),
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
	}{r.Op, r.StatusCode, r.Code, r.Message, r.RequestID, r.Attempts, r.RetryAfter.Seconds(), r.InDoubt})
}
