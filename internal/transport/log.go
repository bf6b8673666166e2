package transport

import (
	"context"
	"log/slog"
	"time"
)

// Only the attributes below are ever logged: none of them holds a query, a
// body, a credential or an error text. The request id and the code come from
// outside; the vendor package has cleaned them.

// logs tells whether a line would be read at all. If not, its attributes are
// not worth gathering.
func (x *exchange) logs(ctx context.Context, level slog.Level) bool {
	return x.client.logger != nil && x.client.logger.Enabled(ctx, level)
}

func (x *exchange) logAnswer(ctx context.Context, begin time.Time) {
	level := slog.LevelDebug
	if x.verdict.Meaning != Succeeded {
		level = slog.LevelWarn
	}
	if !x.logs(ctx, level) {
		return
	}
	x.log(ctx, level, "answer",
		slog.Int("status", x.answer.Status),
		slog.String("code", x.verdict.Code),
		slog.String("request_id", x.verdict.RequestID),
		slog.Duration("duration", time.Since(begin)))
}

func (x *exchange) logFailure(ctx context.Context, begin time.Time) {
	if !x.logs(ctx, slog.LevelWarn) {
		return
	}
	msg := "no answer"
	switch x.fate {
	case unsent:
		msg = "not sent"
	case barred:
		msg = "not begun"
	case answered, lost:
	}
	x.log(ctx, slog.LevelWarn, msg, slog.Duration("duration", time.Since(begin)))
}

func (x *exchange) logRetry(ctx context.Context) {
	if !x.logs(ctx, slog.LevelInfo) {
		return
	}
	x.log(ctx, slog.LevelInfo, "retry", slog.Duration("wait", x.wait))
}

func (x *exchange) log(ctx context.Context, level slog.Level, msg string, attrs ...slog.Attr) {
	x.client.logger.LogAttrs(ctx, level, msg, append(attrs, //nolint:sloglint // the messages are the constants above
		slog.String("operation", x.call.Op),
		slog.String("method", x.call.Method),
		slog.String("path", x.call.Template),
		slog.Int("attempt", x.attempts))...)
}
