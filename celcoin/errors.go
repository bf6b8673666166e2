package celcoin

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// The categories of errors, for errors.Is. An error can be of several.
var (
	// ErrInvalidRequest: an argument was refused, by this package before
	// anything was sent, or by Celcoin.
	ErrInvalidRequest = apierror.ErrInvalidRequest
	// ErrUnauthorized: the credentials were refused, or a new token was.
	ErrUnauthorized = apierror.ErrUnauthorized
	// ErrForbidden: the client may not do this, or not from here.
	ErrForbidden = apierror.ErrForbidden
	// ErrNotFound: no such path, product or subscription. A search that finds
	// nothing is not an error.
	ErrNotFound = apierror.ErrNotFound
	// ErrRateLimited: too many requests, and the retries did not help.
	ErrRateLimited = apierror.ErrRateLimited
	// ErrServer: Celcoin or something before it failed, or sent a response that
	// cannot be read.
	ErrServer = apierror.ErrServer
	// ErrUnavailable: no response came, and the request was certainly not sent.
	ErrUnavailable = apierror.ErrUnavailable
	// ErrOutcomeUnknown: Celcoin may have carried out the replay, although no
	// success was seen. Look at the details before you replay again.
	ErrOutcomeUnknown = apierror.ErrOutcomeUnknown

	// ErrIncomplete: [Client.Webhooks] listed fewer webhooks than Celcoin says
	// there are, or the pages do not advance.
	ErrIncomplete = errors.New("incomplete listing")
)

// Error is a failed call: a response that is not a success, or no response. In
// the second case StatusCode is 0, and errors.Is and errors.As find the cause.
//
// Its text, log value and JSON hold neither the body nor anything of the
// credentials, the query or the filter.
type Error struct {
	Op         string // one of the Operation constants
	StatusCode int    // 0: no response
	Code       string // Celcoin's, "CIE999"; empty if the response had none
	Message    string // Celcoin's, on one line
	RequestID  string // see [Response]
	Attempts   int
	RetryAfter time.Duration // as the response hinted; 0: it did not
	Body       []byte        // the response, 64 KiB at most; not for logs

	unknown bool   // whether it was carried out
	notSent bool   // no attempt can have been carried out
	cause   error  // why the call ended without its last response counting
	advice  string // what to do, where that is known
}

// failure is the error of a call that did not succeed.
func (c *Client) failure(op string, out *transport.Outcome, s sent) error {
	if token, ok := errors.AsType[*Error](out.Err); ok && token.Op == OperationToken && !out.InDoubt {
		return token // it says of itself that it is the token's
	}
	e := &Error{
		Op: op, Attempts: out.Attempts, unknown: out.InDoubt, notSent: out.NotSent,
		cause: apierror.Clean(out.Err, c.secretsOf(s)...),
	}
	if r := out.Last(); r != nil {
		e.StatusCode, e.Code, e.Message, e.RequestID = r.Status, out.Code, out.Message, out.RequestID
		e.RetryAfter = out.RetryAfter
		e.Body = bytes.Clone(r.Body[:min(len(r.Body), apierror.MaxBody)])
		e.advice = c.advise(op, out)
	}
	return e
}

// argumentError is the error of an argument that was refused before anything was sent.
func argumentError(op string, err error) error { return &Error{Op: op, cause: err} }

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
	return target == categoryOf(e.Op, e.StatusCode, e.Code, e.Body)
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
		Package: "celcoin", Op: e.Op, StatusCode: e.StatusCode, Code: e.Code, Message: e.Message,
		RequestID: e.RequestID, Attempts: e.Attempts, RetryAfter: e.RetryAfter,
		InDoubt: e.unknown, NotSent: e.notSent, Cause: e.cause, Advice: e.advice,
	}
}

// Retryable tells whether the call that failed with err may be made again: it
// may succeed another time, and a second copy does no harm. It is false for an
// error that is [ErrOutcomeUnknown], after which the details should be looked at
// first.
func Retryable(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok && e.StatusCode == 0 && e.cause != nil && apierror.Of(err) == nil {
		return true // a lost response to a call that only reads
	}
	return apierror.Transient(err) || errors.Is(err, ErrIncomplete)
}
