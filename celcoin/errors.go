package celcoin

import (
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
	// ErrUnauthorized: the credentials were refused, or a fresh token was.
	ErrUnauthorized = apierror.ErrUnauthorized
	// ErrForbidden: the client may not do this, or not from here.
	ErrForbidden = apierror.ErrForbidden
	// ErrNotFound: no such path, product or subscription. A search that finds
	// nothing is no error.
	ErrNotFound = apierror.ErrNotFound
	// ErrRateLimited: too many requests, and the retries did not help.
	ErrRateLimited = apierror.ErrRateLimited
	// ErrServer: Celcoin or something before it failed, or answered what nobody
	// can read.
	ErrServer = apierror.ErrServer
	// ErrOutcomeUnknown: Celcoin may have carried out the replay, although no
	// success was seen. Look at the details before asking again.
	ErrOutcomeUnknown = apierror.ErrOutcomeUnknown
	// ErrUnavailable: no answer came, and the request was certainly not sent.
	ErrUnavailable = apierror.ErrUnavailable

	// ErrIncomplete: [Client.Webhooks] listed fewer webhooks than Celcoin says
	// there are, or the pages do not advance.
	ErrIncomplete = errors.New("incomplete listing")
)

// Error is an answer of Celcoin, or of something before it, that is no success.
// A call that got no answer at all ends with another kind of error.
//
// Its text, log value and JSON hold neither the body nor anything of the
// credentials, the query or the filter.
type Error struct {
	Op         string // "count webhooks", "list webhooks", "replay webhooks", "token"
	StatusCode int
	Code       string // Celcoin's, "CIE999"; empty if the answer had none
	Message    string // Celcoin's, on one line
	RequestID  string // see [Response]
	Attempts   int
	RetryAfter time.Duration // as the answer hinted; 0: it did not
	Body       []byte        // the answer, 64 KiB at most; not for logs

	unknown bool // whether it was carried out
}

// Is makes errors.Is true for each category that the answer is of.
func (e *Error) Is(target error) bool {
	if target == nil {
		return false
	}
	return e.unknown && target == ErrOutcomeUnknown || target == e.category()
}

func (e *Error) category() error {
	if transport.ExplainCertificateAnswer(e.StatusCode, e.Body) != "" {
		return ErrForbidden
	}
	if c, ok := meaningOf(e.Op, e.Code); ok {
		return c.category
	}
	if e.StatusCode >= 200 && e.StatusCode <= 299 && e.Code == "" {
		return ErrServer // a success that says nothing
	}
	return apierror.OfStatus(e.StatusCode)
}

func meaningOf(op, code string) (meaningOfCode, bool) {
	if op == opToken {
		if c, ok := tokenCodes[code]; ok {
			return c, true
		}
	}
	c, ok := codes[code]
	return c, ok
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
	return apierror.Report{
		Package: "celcoin", Op: e.Op, StatusCode: e.StatusCode, Code: e.Code, Message: e.Message,
		RequestID: e.RequestID, Attempts: e.Attempts, RetryAfter: e.RetryAfter,
		InDoubt: e.unknown, Advice: e.advice(),
	}
}

// advice is what to do, where that is known.
func (e *Error) advice() string {
	known, ok := meaningOf(e.Op, e.Code)
	certificate := transport.ExplainCertificateAnswer(e.StatusCode, e.Body)
	switch {
	case certificate != "":
		return certificate
	case ok && (known.advice != "" || errors.Is(known.category, ErrServer)):
		return known.advice
	case e.Op == opToken && (e.StatusCode == 401 || e.StatusCode == 400 && (e.Code != "" || e.Message != "")):
		return "check client id and secret, and that they belong to this environment"
	case e.Code != "":
		return ""
	case e.StatusCode == 401:
		return "a fresh token was refused; do the credentials belong to this environment?"
	case e.StatusCode == 403:
		return "production wants a client certificate and an address on Celcoin's allow list"
	case e.StatusCode == 404:
		return "the path is wrong, or the product is not enabled for this client"
	case e.StatusCode >= 300 && e.StatusCode <= 399 && e.StatusCode != 304:
		return "a redirect is never followed; check the base URL"
	case e.Message != "" || e.StatusCode == 429:
		return ""
	case e.StatusCode >= 200 && e.StatusCode <= 299:
		return "the answer is not Celcoin's JSON, lacks what was asked for, or is larger than 16 MiB"
	}
	return "the answer is not Celcoin's JSON; something before it may have answered"
}

// Retryable tells whether a failed call may be made again: it may succeed
// another time, and a second copy does no harm.
func Retryable(err error) bool {
	return !errors.Is(err, ErrOutcomeUnknown) &&
		(errors.Is(err, ErrUnavailable) || errors.Is(err, ErrRateLimited) || errors.Is(err, ErrServer))
}
