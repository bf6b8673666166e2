package ceffu

import (
	"context"
	"errors"
	"time"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// Observer is told of each call and each of its attempts. Its methods are
// called by the goroutine that makes the call and must return soon; calls of
// several goroutines overlap.
//
// Neither a query, an id, a document number nor a payload can reach it: there
// is no field for them.
type Observer interface {
	// CallStart returns the context of the call, which reaches its attempts.
	CallStart(ctx context.Context, c Call) context.Context
	CallDone(ctx context.Context, c Call)
	// AttemptStart returns the context of the attempt's request.
	AttemptStart(ctx context.Context, a Attempt) context.Context
	AttemptDone(ctx context.Context, a Attempt)
}

// Call is a call as an [Observer] sees it.
type Call struct {
	Operation    string // one of the Operation constants
	Method       string
	Host         string // of the base URL, with its port if it has one
	PathTemplate string // the path without its arguments

	// Only of a call that is done.
	Attempts int
	Outcome  string // of the last attempt: one of the Outcome constants
	Category string // of the error, "rate limited"; empty if there is none
	Duration time.Duration
}

// Attempt is one request of a call as an [Observer] sees it.
type Attempt struct {
	Operation    string
	Number       int // the first is 1
	Method       string
	Host         string
	PathTemplate string

	// Only of an attempt that is done.
	StatusCode int    // 0: no response
	Code       string // Ceffu's, if the response has one
	Outcome    string // one of the Outcome constants
	Duration   time.Duration
	Wait       time.Duration // before the next attempt
}

// OperationResend is the operation of a [Call], and the Op of an [Error].
const OperationResend = "resend webhooks"

// What became of an attempt, or of a call by its last attempt.
const (
	OutcomeOK        = transport.OutcomeOK        // success
	OutcomeRefused   = transport.OutcomeRefused   // no connection
	OutcomeDNS       = transport.OutcomeDNS       // the name did not resolve
	OutcomeTLS       = transport.OutcomeTLS       // no TLS session: certificates, versions
	OutcomeTimeout   = transport.OutcomeTimeout   // no response in time
	OutcomeReset     = transport.OutcomeReset     // the connection ended before the whole response
	OutcomeStatus    = transport.OutcomeStatus    // a response that is an error
	OutcomeMalformed = transport.OutcomeMalformed // a response that cannot be read
	OutcomeCanceled  = transport.OutcomeCanceled  // the caller's context was cancelled
	OutcomeNotSent   = transport.OutcomeNotSent   // not begun: no credentials, or no turn in time
)

// WithObserver tells o of each call and attempt. Several observers are all
// told, in the order in which they were given.
func WithObserver(o Observer) Option {
	return func(s *options) error {
		if o == nil {
			return errors.New("observer: is nil")
		}
		s.Observers = append(s.Observers, transport.Observer{
			CallStart: func(ctx context.Context, c transport.CallInfo) context.Context { return o.CallStart(ctx, Call(c)) },
			CallDone:  func(ctx context.Context, c transport.CallInfo) { o.CallDone(ctx, Call(c)) },
			AttemptStart: func(ctx context.Context, a transport.AttemptInfo) context.Context {
				return o.AttemptStart(ctx, Attempt(a))
			},
			AttemptDone: func(ctx context.Context, a transport.AttemptInfo) { o.AttemptDone(ctx, Attempt(a)) },
		})
		return nil
	}
}
