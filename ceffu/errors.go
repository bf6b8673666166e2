package ceffu

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
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
	// ErrServer: Ceffu or something before it failed, or sent a response that
	// cannot be read.
	ErrServer = apierror.ErrServer
	// ErrOutcomeUnknown: Ceffu may have accepted the resend, although no
	// success was seen.
	ErrOutcomeUnknown = apierror.ErrOutcomeUnknown
	// ErrUnavailable: no response came, and the request was certainly not sent.
	ErrUnavailable = apierror.ErrUnavailable

	// ErrDuplicateRequest is G20015, also to the one retry of it (if retries
	// are left). After a lost response it says that the earlier attempt arrived,
	// not that it succeeded.
	ErrDuplicateRequest = errors.New("duplicate request")
	// ErrTimestampExpired is G20007, also to the retries by the clock of Ceffu's
	// response and by this machine's own (if retries are left).
	ErrTimestampExpired = errors.New("timestamp expired")
	// ErrInvalidSignature is G20009.
	ErrInvalidSignature = errors.New("invalid signature")
)

// Error is a failed call: a response that is not a success, or no response. In
// the second case StatusCode is 0, and errors.Is and errors.As find the cause.
//
// Its text, log value and JSON hold neither the body nor anything of the
// credentials.
type Error struct {
	Op         string // [OperationResend]
	StatusCode int    // 0: no response
	Code       string // Ceffu's, "G20012"; empty if the response had none
	Message    string // Ceffu's, on one line
	RequestID  string // of x-request-id: what Ceffu's support asks for
	Attempts   int
	RetryAfter time.Duration // as the response hinted; 0: it did not
	Body       []byte        // the response, 64 KiB at most; not for logs

	unknown bool   // whether it was carried out
	notSent bool   // no attempt can have been carried out
	cause   error  // why the call ended without its last response counting
	advice  string // what to do, where that is known
}

// Failure is the error of a call that did not succeed.
func (c *call) Failure(op string, out *transport.Outcome) error {
	e := &Error{
		Op: op, Attempts: out.Attempts, unknown: out.InDoubt, notSent: out.NotSent,
		cause: apierror.Clean(out.Err, c.secrets()...),
	}
	if r := out.Last(); r != nil {
		e.StatusCode, e.Code, e.Message, e.RequestID = r.Status, out.Code, out.Message, out.RequestID
		e.RetryAfter = out.RetryAfter
		e.Body = bytes.Clone(r.Body[:min(len(r.Body), apierror.MaxBody)])
		e.advice = c.client.advise(out)
	}
	return e
}

// argumentError is the error of a call of which nothing was sent.
func argumentError(err error) error { return &Error{Op: OperationResend, cause: err} }

// Is makes errors.Is true for each category of the error.
func (e *Error) Is(target error) bool {
	switch target {
	case nil:
		return false
	case ErrOutcomeUnknown:
		return e.unknown
	case ErrUnavailable:
		return e.notSent && e.StatusCode == 0
	}
	category, also := categoriesOf(e.StatusCode, e.Code)
	return target == category || target == also
}

// Unwrap is the cause of a call that ended without a response, or before its
// last response counted; nil for others.
func (e *Error) Unwrap() error { return e.cause }

// Error is one line: status, code, message, request id, attempts, and what to
// do where that is known.
func (e *Error) Error() string { return e.report().String() }

// Format prints the text for every verb.
func (e Error) Format(f fmt.State, verb rune) { redact.Format(f, verb, e.report().String()) }

// LogValue groups the fields, without the body.
func (e Error) LogValue() slog.Value { return e.report().LogValue() }

// MarshalJSON has the fields, without the body.
func (e Error) MarshalJSON() ([]byte, error) { return e.report().MarshalJSON() }

func (e *Error) report() apierror.Report {
	return apierror.Report{
		Package: "ceffu", Op: e.Op, StatusCode: e.StatusCode, Code: e.Code, Message: e.Message,
		RequestID: e.RequestID, Attempts: e.Attempts, RetryAfter: e.RetryAfter,
		InDoubt: e.unknown, NotSent: e.notSent, Cause: e.cause, Advice: e.advice,
	}
}

// advise says what to do about a response that is an error, where that is known.
func (c *Client) advise(out *transport.Outcome) string {
	status := out.Response.Status
	switch advice := codes[out.Code].advice; {
	case out.Err != nil:
		return ""
	case advice != "":
		return advice
	case out.Code != "" && !succeeded(out.Code), status == http.StatusTooManyRequests:
		return ""
	case status >= 300 && status <= 399 && status != http.StatusNotModified:
		return "a redirect is never followed; check WithBaseURL" + c.place()
	case status == http.StatusNotFound:
		return "there is no such call under the base URL; check WithBaseURL" + c.place()
	case out.Response.TooLarge:
		return "the response is larger than 16 MiB"
	}
	return "this is not Ceffu's JSON; a proxy or gateway may have answered" + c.place()
}

// place is what is known of a base URL that is not Ceffu's production.
func (c *Client) place() string {
	switch host := c.base().Hostname(); {
	case DefaultBaseURL == "https://"+host:
		return ""
	case strings.Contains(host, "celcoin"):
		return "; the base URL is Celcoin's, not Ceffu's"
	}
	return "; the base URL is not " + DefaultBaseURL
}

// Retryable tells whether the call that failed with err may be made again: it
// may succeed another time, and a second copy does no harm. It is true also for
// an error that is [ErrOutcomeUnknown], as a resend may be done twice.
func Retryable(err error) bool {
	return apierror.Transient(err) || errors.Is(err, ErrOutcomeUnknown)
}
