package transport

import (
	"context"
	"log/slog"
	"time"

	"github.com/reenvio/reenvio-go/internal/apierror"
)

// Observer is told of each call and each attempt. The vendor packages publish it as
// an interface of their own, with types that have the same fields.
type Observer struct {
	CallStart    func(ctx context.Context, c CallInfo) context.Context
	CallDone     func(ctx context.Context, c CallInfo)
	AttemptStart func(ctx context.Context, a AttemptInfo) context.Context
	AttemptDone  func(ctx context.Context, a AttemptInfo)
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

// observed is what a call keeps for its observers and its log.
type observed struct {
	callCtx      context.Context //nolint:containedctx // what CallStart returned
	call         CallInfo
	callStart    time.Time
	attemptCtx   context.Context //nolint:containedctx // what AttemptStart returned; nil: no attempt is being made
	attempt      AttemptInfo
	attemptStart time.Time
}

func (s *state) startCall(ctx context.Context) context.Context {
	logs := s.client.logger != nil && s.client.logger.Enabled(ctx, slog.LevelWarn)
	if !logs && len(s.client.observers) == 0 {
		return ctx
	}
	o := &observed{callStart: time.Now(), call: CallInfo{
		Operation: s.call.Operation, Method: s.call.Method, Host: s.call.URL.Host, PathTemplate: s.call.Template,
	}}
	for _, observer := range s.client.observers {
		if child := observer.CallStart(ctx, o.call); child != nil {
			ctx = child //nolint:fatcontext // one for each observer
		}
	}
	o.callCtx = ctx
	s.observed = o
	return ctx
}

// startAttempt counts an attempt and returns the context of its request.
func (s *state) startAttempt(ctx context.Context) context.Context {
	s.outcome.Attempts++
	o := s.observed
	if o == nil {
		return ctx
	}
	o.attemptStart = time.Now()
	o.attempt = AttemptInfo{
		Operation: o.call.Operation, Number: s.outcome.Attempts,
		Method: o.call.Method, Host: o.call.Host, PathTemplate: o.call.PathTemplate,
	}
	for _, observer := range s.client.observers {
		if child := observer.AttemptStart(ctx, o.attempt); child != nil {
			ctx = child //nolint:fatcontext // one for each observer
		}
	}
	o.attemptCtx = ctx
	return ctx
}

func (s *state) finishAttempt(wait time.Duration) {
	o := s.observed
	if o == nil || o.attemptCtx == nil {
		return
	}
	a, responded := &o.attempt, s.failure == nil
	a.Outcome, a.Duration, a.Wait = s.outcomeText(), time.Since(o.attemptStart), wait
	if responded {
		a.StatusCode, a.Code = s.outcome.Response.Status, s.outcome.Code
	}
	for _, observer := range s.client.observers {
		observer.AttemptDone(o.attemptCtx, *a)
	}
	if a.Outcome != OutcomeOK {
		s.log(o.attemptCtx, slog.LevelWarn, "attempt failed", responded, slog.Int("attempt", a.Number),
			slog.String("outcome", a.Outcome), slog.Duration("duration", a.Duration), slog.Duration("wait", wait))
	}
	o.attemptCtx = nil
}

func (s *state) finishCall(err error) {
	o := s.observed
	if o == nil {
		return
	}
	c := &o.call
	c.Attempts, c.Outcome, c.Duration = s.outcome.Attempts, s.outcomeText(), time.Since(o.callStart)
	if category := apierror.Of(err); category != nil {
		c.Category = category.Error()
	}
	for _, observer := range s.client.observers {
		observer.CallDone(o.callCtx, *c)
	}
	level, message := slog.LevelDebug, "call succeeded"
	if c.Outcome != OutcomeOK {
		level, message = slog.LevelWarn, "call failed"
	}
	s.log(o.callCtx, level, message, s.outcome.Err == nil, slog.Int("attempts", c.Attempts),
		slog.String("outcome", c.Outcome), slog.String("category", c.Category), slog.Duration("duration", c.Duration))
}

// log writes a line. Its attributes are all that is ever logged: none of them
// holds a query, a body, a credential or the text of an error. The code and the
// request id come from outside; the vendor package has made them fit to be shown.
func (s *state) log(ctx context.Context, level slog.Level, message string, responded bool, attrs ...slog.Attr) {
	if s.client.logger == nil {
		return
	}
	status, code, id := 0, "", ""
	if responded {
		status, code, id = s.outcome.Response.Status, s.outcome.Code, s.outcome.RequestID
	}
	s.client.logger.LogAttrs(ctx, level, message, append([]slog.Attr{ //nolint:sloglint // the callers have them as literals
		slog.String("operation", s.call.Operation), slog.String("method", s.call.Method), slog.String("path", s.call.Template),
		slog.Int("status", status), slog.String("code", code), slog.String("request_id", id),
	}, attrs...)...)
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
