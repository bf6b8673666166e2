package celcoin

import (
	"cmp"
	"context"
	"time"

	"github.com/reenvio/reenvio-go/internal/argument"
	"github.com/reenvio/reenvio-go/internal/lenient"
)

// WebhookCount is what Celcoin says of the webhooks that match a request.
type WebhookCount struct {
	Entity Entity
	// From and To are the window as Celcoin understood it; zero if it did not say.
	From, To    time.Time
	OnlyPending bool
	// TotalItems is how many match; -1 if a list or replay did not say.
	TotalItems int
}

// ReplaySummary is the count of a replay: the webhooks that matched it.
type ReplaySummary = WebhookCount

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
	if err := cmp.Or(argument.Context(ctx), q.check()); err != nil {
		return nil, argumentError(OperationCount, err)
	}
	counting := &call[wireCount]{client: c, sent: sent{filter: q.filter()}, decode: decodeCount, noMatch: noWebhooks}
	e, err := counting.get(ctx, OperationCount, &q, "", PageOptions{}, opts)
	if err != nil {
		return nil, err
	}
	if e.Body == nil {
		return new(q.noMatches()), nil
	}
	return new(e.Body.count()), nil
}

// noMatches is the count of a response that has none: nothing matches.
func (q *Query) noMatches() WebhookCount {
	return WebhookCount{
		Entity: q.Entity, From: q.From, To: q.To,
		OnlyPending: q.OnlyPending != nil && *q.OnlyPending,
	}
}

// wireCount is the body of a count and of a replay, and part of a page.
type wireCount struct {
	Entity      lenient.Text `json:"entity"`
	DateFrom    Timestamp    `json:"dateFrom"`
	DateTo      Timestamp    `json:"dateTo"`
	OnlyPending lenient.Text `json:"onlyPending"`
	TotalItems  lenient.Int  `json:"totalItems"`
}

// decodeCount wants to know how many.
func decodeCount(data []byte, e *envelope[wireCount]) error {
	err := decode(data, e)
	if e.Body != nil && !e.Body.TotalItems.Set {
		e.Body = nil
	}
	return err
}

func (w *wireCount) count() ReplaySummary {
	return ReplaySummary{
		Entity:      Entity(w.Entity),
		From:        w.DateFrom.Time,
		To:          w.DateTo.Time,
		OnlyPending: w.OnlyPending == "true",
		TotalItems:  w.TotalItems.Or(-1),
	}
}
