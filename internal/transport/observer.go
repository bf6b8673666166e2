package transport

import (
	"context"
	"time"
)

// Observer is told of each call and each attempt. The vendor packages publish
// it with types of their own.
type Observer interface {
	CallStart(ctx context.Context, c CallInfo) context.Context
	CallDone(ctx context.Context, c CallInfo)
	AttemptStart(ctx context.Context, a AttemptInfo) context.Context
	AttemptDone(ctx context.Context, a AttemptInfo)
}

// CallInfo is what an [Observer] learns of a call.
type CallInfo struct {
	Operation, Method, Host, PathTemplate string

	Attempts int
	Outcome  string
	Category string
	Duration time.Duration
}

// AttemptInfo is what an [Observer] learns of an attempt.
type AttemptInfo struct {
	Operation                  string
	Number                     int
	Method, Host, PathTemplate string

	StatusCode int
	Code       string
	Outcome    string
	Duration   time.Duration
	Wait       time.Duration
}

// What became of an attempt, or of a call by its last attempt.
const (
	OutcomeOK        = "ok"
	OutcomeRefused   = "refused"
	OutcomeDNS       = "dns"
	OutcomeTLS       = "tls"
	OutcomeTimeout   = "timeout"
	OutcomeReset     = "reset"
	OutcomeStatus    = "status"
	OutcomeMalformed = "malformed"
	OutcomeCanceled  = "canceled"
	OutcomeNotSent   = "not_sent"
)
