// Package transport carries the calls of both vendors: it paces them, sends
// each attempt with fresh credentials, reads the answer whole and bounded,
// repeats what may be repeated, and logs from a list of allowed attributes.
//
// The way down is rate limit, credentials, attempt timeout, the user's
// transport; the way back is bounded read, judgement, retry. The vendor
// packages know this one. It knows no vendor: what an answer means is told to
// it by the call's [Exchange].
package transport

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Class says what a second copy of a request does, and with that which
// failures may be retried. It belongs to the operation, not to the HTTP method.
type Class int

const (
	// Read changes nothing. Every passing failure is retried, and a failure
	// leaves nothing in doubt.
	Read Class = iota
	// Repeatable changes something, and may be done twice. Every passing
	// failure is retried; what is still in doubt at the end is said.
	Repeatable
	// Once changes something and should not be done twice. Only what was
	// certainly not carried out is retried.
	Once
)

// Call is one operation with its arguments, ready to be attempted.
type Call struct {
	Op       string // "replay webhooks"; for errors and logs
	Method   string
	Template string // the path without its arguments; for logs
	URL      *url.URL
	Class    Class
	// MaxRetries overrides the client's policy; nil leaves it.
	MaxRetries *int
	Exchange   Exchange
	// Waiting, if set, is told of each wait before it begins, and of what the
	// call would end with if it ended there.
	Waiting func(wait time.Duration, sofar Outcome)
}

// Exchange is a vendor's part in a call: what goes into each attempt, and what
// an answer means. It serves one call, whose attempts follow one another.
type Exchange interface {
	// Prepare adds an attempt's own headers, credentials among them, and
	// returns its body. An error ends the call: whatever Prepare needs from
	// the network has had its own retries.
	Prepare(ctx context.Context, header http.Header) (body []byte, err error)
	// Judge says what an answer means, and keeps what it decoded.
	Judge(a *Answer) Verdict
}

// Readier is an Exchange that may have to wait before it can prepare an attempt,
// for a token above all. Ready is called before the wait for the rate limit, if
// there is one; Prepare still gets what it needs by itself.
type Readier interface {
	Ready(ctx context.Context) error
}

// Answer is a response whose body has been read.
type Answer struct {
	Status   int
	Header   http.Header
	Body     []byte
	TooLarge bool // Body is only the beginning
	Received time.Time
}

// OK tells whether the status is a 2xx.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// Verdict is a vendor's reading of an answer.
type Verdict struct {
	Meaning Meaning
	Code    string // the vendor's code, if there is one; for logs
	// RequestID is what the vendor's support asks for.
	RequestID string
}

// Meaning is what an answer says about the call.
type Meaning int

const (
	// Succeeded ends the call well.
	Succeeded Meaning = iota
	// Refused ends the call; it was not carried out.
	Refused
	// Throttled says: not carried out, ask again later.
	Throttled
	// Troubled says that something failed at the vendor. Whether the call was
	// carried out is not known.
	Troubled
	// Unreadable is a success by its status, or no status of an answer at all,
	// that does not say what was done. Nobody knows whether asking again would help, so it ends the call.
	Unreadable
	// Reauthorize says: refused for its credentials, which Judge has renewed.
	// The call is repeated at once, outside of the number of retries.
	Reauthorize
	// Amended says: refused, for a reason that the next attempt will not have.
	Amended
)

// Outcome is what became of a call.
type Outcome struct {
	Answer     *Answer // the last one; nil if none came
	Verdict    Verdict // of Answer
	Attempts   int     // requests that were begun
	RetryAfter time.Duration
	// InDoubt says that an attempt may have been carried out, though no
	// success was seen. Never true of a Read.
	InDoubt bool
	// Err says why the call ended without its last answer counting; nil if
	// Answer is the end of it.
	Err error
}

// OfStatus is what an HTTP status means where the answer has no code that says
// more. A 2xx means Unreadable: the vendor reads its own successes. So is
// what comes before 200: a switch to another protocol takes the request along.
func OfStatus(a *Answer) Meaning {
	switch {
	case a.OK(), a.Status < 200:
		return Unreadable
	case a.Status == http.StatusTooManyRequests,
		a.Status == http.StatusServiceUnavailable && a.Header.Get("Retry-After") != "":
		return Throttled
	case a.Status == http.StatusRequestTimeout, a.Status >= 500:
		return Troubled
	}
	return Refused
}
