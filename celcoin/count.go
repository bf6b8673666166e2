package celcoin

import (
	"context"

	"github.com/reenvio/reenvio-go/internal/argument"
)

// CountWebhooks asks how many webhooks match. It only reads: every transient
// failure is retried.
//
// TotalItems is 0 if nothing matches. A response that does not say how many is an
// [ErrServer].
//
// Every error is an [*Error]; it is [ErrInvalidRequest] before anything is sent
// if Entity, From or To is missing, From is after To, or a field cannot be sent.
//
// GET /common/v1/webhook/replay/{product}/{entity}:
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
func (c *Client) CountWebhooks(ctx context.Context, q Query, opts ...CallOption) (*WebhookCount, error) {
	if err := argument.First(argument.Context(ctx), q.check()); err != nil {
		return nil, argumentError(OperationCount, err)
	}
	counting := &call[wireCount]{
		client: c, filter: q.filter(), noMatch: noWebhooks,
		usable: func(w *wireCount) bool { return w.TotalItems.Set },
	}
	w, err := counting.do(ctx, c.get(OperationCount, &q, "", q.parameters()), callOptionsOf(opts))
	if err != nil {
		return nil, err
	}
	if w == nil {
		return new(q.noMatches()), nil
	}
	return new(w.count()), nil
}

// noMatches is the count of a response that has none: nothing matches.
func (q *Query) noMatches() WebhookCount {
	return WebhookCount{
		Entity: q.Entity, From: q.From, To: q.To,
		OnlyPending: q.OnlyPending != nil && *q.OnlyPending,
	}
}
