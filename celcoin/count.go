package celcoin

import (
	"context"
	"fmt"

	"github.com/reenvio/reenvio-go/internal/argument"
)

// CountWebhooks asks how many webhooks match. It only reads: every passing
// failure is retried.
//
// The summary's TotalItems is 0 if nothing matches. An answer that does not say
// how many is an error, of [ErrServer].
//
// Errors: [*Error] for an answer that is no success; [ErrInvalidRequest] before
// anything is sent if Entity, From or To is missing, From is after To, or a
// field cannot be sent.
//
// GET /common/v1/webhook/replay/{product}/{entity}:
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
func (c *Client) CountWebhooks(ctx context.Context, q Query, opts ...CallOption) (*WebhookCount, error) {
	const op = "count webhooks"
	if err := argument.Context(ctx); err != nil {
		return nil, fmt.Errorf("celcoin: %s: %w", op, err)
	}
	if err := q.check(); err != nil {
		return nil, fmt.Errorf("celcoin: %s: %w", op, err)
	}
	rawQuery, err := q.parameters().encode()
	if err != nil {
		return nil, fmt.Errorf("celcoin: %s: %w", op, err)
	}
	u, template := target(c.baseURL(), q.Product, q.Entity, "")
	x := &bearer[wireSummary]{
		client: c, op: op, filter: q.filter(), empty: true,
		readable: func(w *wireSummary) bool { return w.TotalItems.Set },
	}
	if err := do(ctx, get(u, template, rawQuery), x, callOptionsOf(opts)); err != nil {
		return nil, err
	}
	if x.nothing {
		s := q.nothing()
		return &s, nil
	}
	s := x.answer.Body.summary()
	return &s, nil
}

// nothing is the summary of an answer that has none: nothing matches.
func (q *Query) nothing() ReplaySummary {
	return ReplaySummary{
		Entity: q.Entity, From: q.From, To: q.To,
		OnlyPending: q.OnlyPending != nil && *q.OnlyPending,
	}
}
