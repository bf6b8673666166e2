package transport

import (
	"context"
	"log/slog"
)

// logger is the observer that writes the log: a line a call, and one an attempt
// that failed or is followed by another. Its attributes are all that is ever
// logged: none of them holds a query, a body, a credential or the text of an
// error. The code and the request id come from outside; the vendor package has
// made them fit to be shown.
type logger struct{ to *slog.Logger }

// off tells whether nothing would be logged, whatever becomes of a call.
func (l *logger) off(ctx context.Context) bool { return !l.to.Enabled(ctx, slog.LevelWarn) }

// CallStart logs nothing.
func (*logger) CallStart(ctx context.Context, _ CallInfo) context.Context { return ctx }

// AttemptStart logs nothing.
func (*logger) AttemptStart(ctx context.Context, _ AttemptInfo) context.Context { return ctx }

// AttemptDone logs an attempt that is not the whole of a successful call.
func (l *logger) AttemptDone(ctx context.Context, a AttemptInfo) {
	level := slog.LevelWarn
	if a.Outcome == OutcomeOK || !l.to.Enabled(ctx, level) {
		return
	}
	l.to.LogAttrs(ctx, level, "attempt failed",
		slog.String("operation", a.Operation),
		slog.String("method", a.Method),
		slog.String("path", a.PathTemplate),
		slog.Int("attempt", a.Number),
		slog.String("outcome", a.Outcome),
		slog.Int("status", a.StatusCode),
		slog.String("code", a.Code),
		slog.String("request_id", a.RequestID),
		slog.Duration("duration", a.Duration),
		slog.Duration("wait", a.Wait))
}

// CallDone logs every call, a successful one as debug.
func (l *logger) CallDone(ctx context.Context, c CallInfo) {
	level, msg := slog.LevelDebug, "call succeeded"
	if c.Outcome != OutcomeOK {
		level, msg = slog.LevelWarn, "call failed"
	}
	if !l.to.Enabled(ctx, level) {
		return
	}
	l.to.LogAttrs(ctx, level, msg, //nolint:sloglint // one of the two above
		slog.String("operation", c.Operation),
		slog.String("method", c.Method),
		slog.String("path", c.PathTemplate),
		slog.Int("attempts", c.Attempts),
		slog.String("outcome", c.Outcome),
		slog.String("category", c.Category),
		slog.Int("status", c.StatusCode),
		slog.String("code", c.Code),
		slog.String("request_id", c.RequestID),
		slog.Duration("duration", c.Duration))
}
