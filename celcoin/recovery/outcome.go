package recovery

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/reenvio/reenvio-go/celcoin"
)

// outcome is what became of one replay.
type outcome struct {
	entry Entry
	fatal error // if no other webhook would fare better
}

// replayOne asks for one item again, unless ctx has ended. What is under way
// when it ends may come to its own end.
func (e *engine) replayOne(ctx, calls context.Context, i int) outcome {
	o := outcome{entry: Entry{Kind: KindOutcome, Items: []int{i}, Result: ResultUnsent}}
	if ctx.Err() != nil {
		return o
	}
	it, err := e.b.item(calls, i)
	if err != nil {
		o.fatal = err
		return o
	}
	req := celcoin.ReplayRequest{Product: e.b.request.Product, Entity: it.Entity, WebhookID: it.ID}
	if e.o.received == nil {
		req.OnlyPending = new(true) // what has arrived meanwhile is not sent again
	}
	matched, resp, err := e.call.replay(ctx, calls, req)
	o.entry.Result, o.fatal = resultOf(err)
	if err == nil && matched == 0 {
		// It has arrived, or has become too old: a look tells, or nobody can.
		o.entry.Result, o.entry.Error = ResultUnknown, "nothing matched"
	}
	o.entry.Status, o.entry.RequestID = resp.StatusCode, resp.RequestID
	if err != nil {
		o.entry.Error = oneLine(err)
		if answer, ok := errors.AsType[*celcoin.Error](err); ok {
			o.entry.Status, o.entry.Code, o.entry.RequestID = answer.StatusCode, answer.Code, answer.RequestID
		}
	}
	if e.o.logger != nil {
		e.o.logger.LogAttrs(calls, slog.LevelDebug, "replay", slog.String("entity", string(it.Entity)),
			slog.String("webhook_id", it.ID), slog.String("result", string(o.entry.Result)))
	}
	return o
}

// resultOf reads an error as the client means it: without an answer, and
// without ErrOutcomeUnknown, the replay was certainly not carried out.
func resultOf(err error) (r Result, fatal error) {
	answer, answered := errors.AsType[*celcoin.Error](err)
	switch {
	case err == nil:
		return ResultAccepted, nil
	case errors.Is(err, celcoin.ErrOutcomeUnknown):
		return ResultUnknown, nil
	case answered && answer.Code == "CBE238":
		return ResultUnknown, nil // nothing matches
	case answered && answer.StatusCode == http.StatusNotFound && answer.Code != "" && answer.Code != "CBE217":
		return ResultRefused, nil // of this webhook: a path or a subscription that is missing says so otherwise
	case errors.Is(err, celcoin.ErrUnauthorized), errors.Is(err, celcoin.ErrForbidden), errors.Is(err, celcoin.ErrNotFound):
		return ResultUnsent, err
	case errors.Is(err, celcoin.ErrRateLimited), errors.Is(err, celcoin.ErrServer):
		return ResultUnsent, nil
	case answered, errors.Is(err, celcoin.ErrInvalidRequest):
		return ResultRefused, nil
	}
	return ResultUnsent, nil
}
