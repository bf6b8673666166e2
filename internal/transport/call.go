// Package transport carries the calls of both vendors. It limits their rate,
// authorizes each attempt anew, reads each response whole and bounded, retries
// what may be retried, and tells observers and the log.
//
// A call goes through [Do] to a retryablehttp.Client of its own, and from there
// through a chain of RoundTrippers that all calls of a [Client] share: see [New].
// What comes back are return values. The vendor packages know this package; it
// knows no vendor: a [Codec] tells it what a response means.
//
// Most of its lines are not for the sending: they find out whether a failed
// request can have left this machine, say in the user's terms why it failed, check
// settings, and tell observers.
package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Class says what a second copy of a request does, and with that which
// failures may be retried. It belongs to the operation, not to the HTTP method.
type Class int

const (
	// Safe changes nothing: every transient failure is retried, and no failure
	// leaves the outcome unknown.
	Safe Class = iota
	// Idempotent changes something and may be done twice: every transient
	// failure is retried.
	Idempotent
	// NonIdempotent should not be done twice: only what was certainly not
	// carried out is retried.
	NonIdempotent
)

// Call is one operation with its arguments.
type Call struct {
	Operation string // "replay webhooks"
	Method    string
	Template  string // the path without its arguments, for logs and observers
	URL       *url.URL
	Class     Class
	// MaxRetries overrides the client's policy; nil leaves it.
	MaxRetries *int
	// Waiting, if set, is called before each wait, with the error of the call if
	// it ended there.
	Waiting func(wait time.Duration, sofar error)
}

// Codec is a vendor's part in a call. It serves one call, whose attempts follow
// one another.
type Codec[T any] interface {
	Authorizer
	// Classify decodes a response into a zero value and says what it means. The
	// value counts only if the call succeeded.
	Classify(r *Response, into *T) Classification
	// Failure is the error of a call that ended without success.
	Failure(op string, out *Outcome) error
}

// Authorizer gives an attempt its credentials and its body.
type Authorizer interface {
	// Ready waits for what Authorize needs. It is called before the attempt
	// takes its turn of the rate limit: whoever waited for a token after that
	// would send at once with all others who did.
	Ready(ctx context.Context) error
	// Authorize adds the headers of one attempt, which are its own, and returns
	// its body. An error ends the call.
	Authorize(ctx context.Context, header http.Header) (body []byte, err error)
}

// Response is a response whose body has been read.
type Response struct {
	Status   int
	Header   http.Header
	Body     []byte
	TooLarge bool // Body is only the beginning
	Received time.Time
}

// OK tells whether the status is a 2xx.
func (r *Response) OK() bool { return r.Status >= 200 && r.Status <= 299 }

// Classification is what a vendor makes of a response.
type Classification struct {
	Kind      Kind
	Code      string // the vendor's code, fit to be shown
	Message   string // the vendor's text, fit to be shown
	RequestID string // what the vendor's support asks for, fit to be shown
	Advice    string // what to do, where the response itself tells
}

// Kind is what a response says about the call.
type Kind int

const (
	// Succeeded ends the call without an error.
	Succeeded Kind = iota
	// Refused ends the call, which was not carried out.
	Refused
	// RateLimited is not carried out, and to be retried later.
	RateLimited
	// ServerError is a failure of the vendor, which may have carried the call out.
	ServerError
	// Malformed does not say whether the call was carried out. It ends the call,
	// as it is unknown whether a retry would help.
	Malformed
	// Reauthorize refuses the credentials, which Classify has dropped. The call is
	// tried once more at once, which is not counted as a retry.
	Reauthorize
	// RetryNow is refused for a reason that the next attempt will not have.
	RetryNow
)

// KindOfStatus is what an HTTP status means where the response has no code that
// says more. A 2xx is Malformed: the vendor recognizes its own successes. So is
// what comes before 200: a switch of protocols takes the request along.
func KindOfStatus(r *Response) Kind {
	switch {
	case r.OK(), r.Status < 200:
		return Malformed
	case r.Status == http.StatusTooManyRequests,
		r.Status == http.StatusServiceUnavailable && r.Header.Get("Retry-After") != "":
		return RateLimited
	case r.Status == http.StatusRequestTimeout, r.Status >= 500:
		return ServerError
	}
	return Refused
}

// Outcome is how a call ended.
type Outcome struct {
	Classification           // of Response
	Response       *Response // the last one; nil if none came
	Attempts       int
	RetryAfter     time.Duration // the hint of Response; 0 if it has none
	// InDoubt: an attempt may have been carried out, though no success was seen.
	// Never true of a Safe call.
	InDoubt bool
	// NotSent: no attempt can have reached the server.
	NotSent bool
	// Err is why the call ended without its last response counting; nil if
	// Response is the end of it.
	Err error
}

// Last is the response that an error of the call tells of: an earlier one has
// nothing to do with a failure that ended the call, unless that is the end of
// the caller's context.
func (o *Outcome) Last() *Response {
	if o.Err == nil || errors.Is(o.Err, context.Canceled) || errors.Is(o.Err, context.DeadlineExceeded) {
		return o.Response
	}
	return nil
}
