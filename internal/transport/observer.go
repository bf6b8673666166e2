package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/apierror"
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

	StatusCode      int    // for the log
	Code, RequestID string // for the log
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

	RequestID string // for the log
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

// observed is what a call keeps for its observers.
type observed struct {
	call         context.Context //nolint:containedctx // what CallStart returned
	callStart    time.Time
	attempt      context.Context //nolint:containedctx // what AttemptStart returned; nil: no attempt is being made
	attemptStart time.Time
}

func (s *state) startCall(ctx context.Context) context.Context {
	c := s.client
	if len(c.observers) == 0 || len(c.observers) == 1 && c.logger != nil && c.logger.off(ctx) {
		return ctx
	}
	s.observed = &observed{callStart: time.Now()}
	info := s.callInfo()
	for _, o := range s.client.observers {
		if child := o.CallStart(ctx, info); child != nil {
			ctx = child //nolint:fatcontext // one for each observer
		}
	}
	s.observed.call = ctx
	return ctx
}

// startAttempt counts an attempt and returns the context of its request.
func (s *state) startAttempt(ctx context.Context, sent http.Header) context.Context {
	s.outcome.Attempts++
	s.outcome.Sent = sent
	if s.observed == nil {
		return ctx
	}
	s.observed.attemptStart = time.Now()
	info := s.attemptInfo()
	for _, o := range s.client.observers {
		if child := o.AttemptStart(ctx, info); child != nil {
			ctx = child //nolint:fatcontext // one for each observer
		}
	}
	s.observed.attempt = ctx
	return ctx
}

func (s *state) finishAttempt(wait time.Duration) {
	if s.observed == nil || s.observed.attempt == nil {
		return
	}
	info := s.attemptInfo()
	info.Duration, info.Wait, info.Outcome = time.Since(s.observed.attemptStart), wait, s.outcomeText()
	if s.failure == nil {
		info.StatusCode, info.Code, info.RequestID = s.outcome.Response.Status, s.outcome.Code, s.outcome.RequestID
	}
	for _, o := range s.client.observers {
		o.AttemptDone(s.observed.attempt, info)
	}
	s.observed.attempt = nil
}

func (s *state) finishCall() {
	if s.observed == nil {
		return
	}
	info := s.callInfo()
	info.Attempts, info.Duration, info.Outcome = s.outcome.Attempts, time.Since(s.observed.callStart), s.outcomeText()
	if s.outcome.Err != nil || s.outcome.Kind != Succeeded {
		info.Category = s.category()
	}
	if s.outcome.Err == nil {
		info.StatusCode, info.Code, info.RequestID = s.outcome.Response.Status, s.outcome.Code, s.outcome.RequestID
	}
	for _, o := range s.client.observers {
		o.CallDone(s.observed.call, info)
	}
}

func (s *state) callInfo() CallInfo {
	return CallInfo{
		Operation: s.call.Operation, Method: s.call.Method, Host: s.call.URL.Host, PathTemplate: s.call.Template,
	}
}

func (s *state) attemptInfo() AttemptInfo {
	return AttemptInfo{
		Operation: s.call.Operation, Number: s.outcome.Attempts,
		Method: s.call.Method, Host: s.call.URL.Host, PathTemplate: s.call.Template,
	}
}

func (s *state) outcomeText() string {
	switch {
	case s.failure != nil:
		return s.failure.outcome()
	case s.outcome.Err != nil:
		return (&failure{kind: notStarted, err: s.outcome.Err}).outcome()
	case s.outcome.Kind == Succeeded:
		return OutcomeOK
	case s.outcome.Kind == Malformed:
		return OutcomeMalformed
	}
	return OutcomeStatus
}

// category is the text of the category that says most.
func (s *state) category() string {
	switch {
	case s.outcome.InDoubt:
		return apierror.ErrOutcomeUnknown.Error()
	case s.outcome.Err == nil && s.outcome.Category != nil:
		return s.outcome.Category.Error()
	case s.outcome.Err == nil:
		return ""
	}
	if c := apierror.Of(s.outcome.Err); c != nil {
		return c.Error()
	}
	if s.outcome.NotSent {
		return apierror.ErrUnavailable.Error()
	}
	return ""
}
