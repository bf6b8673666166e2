package ceffu

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// The categories of errors, for errors.Is. An error can be of several.
var (
	// ErrInvalidRequest: an argument was refused, by this package before
	// anything was sent, or by Ceffu.
	ErrInvalidRequest = apierror.ErrInvalidRequest
	// ErrUnauthorized: the API key or the signature was refused.
	ErrUnauthorized = apierror.ErrUnauthorized
	// ErrForbidden: the key may not do this, or not from this address.
	ErrForbidden = apierror.ErrForbidden
	// ErrNotFound: there is nothing at this path; is the base URL right?
	ErrNotFound = apierror.ErrNotFound
	// ErrRateLimited: too many requests, and the retries did not help.
	ErrRateLimited = apierror.ErrRateLimited
	// ErrServer: Ceffu or something before it failed, or answered what nobody
	// can read.
	ErrServer = apierror.ErrServer
	// ErrOutcomeUnknown: Ceffu may have accepted the resend, although no
	// success was seen.
	ErrOutcomeUnknown = apierror.ErrOutcomeUnknown
	// ErrUnavailable: no answer came, and the request was certainly not sent.
	ErrUnavailable = apierror.ErrUnavailable

	// ErrDuplicateRequest is G20015, also to the one retry of it (if retries
	// are left). After a lost answer it says that the earlier attempt arrived,
	// not that it succeeded.
	ErrDuplicateRequest = errors.New("duplicate request")
	// ErrTimestampExpired is G20007, also to the one retry with the clock set
	// by Ceffu's answer (if retries are left).
	ErrTimestampExpired = errors.New("timestamp expired")
	// ErrInvalidSignature is G20009.
	ErrInvalidSignature = errors.New("invalid signature")
)

// Error is an answer of Ceffu, or of something before it, that is no success.
// A call that got no answer at all ends with another kind of error.
//
// Its text, log value and JSON hold neither the body nor anything of the
// credentials.
type Error struct {
	Op         string // "resend webhooks"
	StatusCode int
	Code       string // Ceffu's, "G20012"; empty if the answer had none
	Message    string // Ceffu's, on one line
	RequestID  string // of x-request-id: what Ceffu's support asks for
	Attempts   int
	RetryAfter time.Duration // as the answer hinted; 0: it did not
	Body       []byte        // the answer, 64 KiB at most; not for logs

	unknown bool // whether it was carried out
}

func newError(op string, out *transport.Outcome, x *signed) *Error {
	return &Error{
		Op:         op,
		StatusCode: out.Answer.Status,
		Code:       out.Verdict.Code,
		Message:    x.message,
		RequestID:  out.Verdict.RequestID,
		Attempts:   out.Attempts,
		RetryAfter: out.RetryAfter,
		Body:       bytes.Clone(out.Answer.Body[:min(len(out.Answer.Body), apierror.MaxBody)]),
		unknown:    out.InDoubt,
	}
}

// Is makes errors.Is true for each category that the answer is of.
func (e *Error) Is(target error) bool {
	if e.unknown && target == ErrOutcomeUnknown {
		return true
	}
	return slices.Contains(e.categories(), target)
}

func (e *Error) categories() []error {
	if c, ok := codes[e.Code]; ok {
		return c.categories
	}
	if e.StatusCode >= 200 && e.StatusCode <= 299 && (e.Code == "" || succeeded(e.Code)) {
		return []error{ErrServer} // a success that says nothing
	}
	if c := apierror.OfStatus(e.StatusCode); c != nil {
		return []error{c}
	}
	return nil
}

// Error is one line: status, code, message, request id, attempts, and what to
// do where that is known.
func (e *Error) Error() string { return e.shown().String() }

// Format prints the text for every verb.
func (e Error) Format(f fmt.State, verb rune) { redact.Format(f, verb, e.shown().String()) }

// LogValue groups the fields, without the body.
func (e Error) LogValue() slog.Value { return e.shown().LogValue() }

// MarshalJSON has the fields, without the body.
func (e Error) MarshalJSON() ([]byte, error) { return e.shown().MarshalJSON() }

func (e *Error) shown() apierror.Report {
	advice := codes[e.Code].advice
	switch {
	case advice != "":
	case e.StatusCode >= 300 && e.StatusCode <= 399 && e.StatusCode != 304:
		advice = "a redirect is never followed; check the base URL"
	case e.Code == "" && e.StatusCode >= 200 && e.StatusCode <= 299:
		advice = "the answer is not Ceffu's JSON, or larger than 16 MiB"
	case e.Code == "":
		advice = "the answer is not Ceffu's JSON; something before it may have answered"
	}
	return apierror.Report{
		Package: "ceffu", Op: e.Op, StatusCode: e.StatusCode, Code: e.Code, Message: e.Message,
		RequestID: e.RequestID, Attempts: e.Attempts, RetryAfter: e.RetryAfter,
		InDoubt: e.unknown, Advice: advice,
	}
}

// Retryable tells whether a failed call may be made again: it may succeed
// another time, and a second copy does no harm.
func Retryable(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrRateLimited) || errors.Is(err, ErrServer) ||
		errors.Is(err, ErrOutcomeUnknown)
}
