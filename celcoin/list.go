package celcoin

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/reenvio/reenvio-go/internal/argument"
	"github.com/reenvio/reenvio-go/internal/redact"
)

// defaultPageSize is the largest that Celcoin's samples show, and very likely
// the maximum.
const defaultPageSize = 200

// PageOptions choose a page. Zero fields stand for the defaults.
type PageOptions struct {
	Page     int // the first is 1, the default
	PageSize int // webhooks a page, 200 by default; more is very likely refused
	// Limit is documented as the "general limit of the query", unset by
	// default. It may cap the whole result over all pages.
	Limit int
}

// WebhookPage is one page of a listing. Page, TotalPages, PageSize and Limit are
// as Celcoin reports them; where it does not, TotalPages and Limit are 0 and
// the other two as asked for.
//
// Printing or logging a page shows its numbers alone.
type WebhookPage struct {
	ReplaySummary
	Page       int
	TotalPages int
	PageSize   int
	Limit      int
	Webhooks   []Webhook
}

// String shows the numbers of the page, and of its webhooks how many there are.
func (p WebhookPage) String() string {
	return fmt.Sprintf("{Entity:%q From:%s To:%s OnlyPending:%t TotalItems:%d Page:%d TotalPages:%d PageSize:%d Limit:%d Webhooks:[%d]}",
		p.Entity, p.From.Format(time.RFC3339), p.To.Format(time.RFC3339), p.OnlyPending, p.TotalItems,
		p.Page, p.TotalPages, p.PageSize, p.Limit, len(p.Webhooks))
}

// Format prints String for every verb.
func (p WebhookPage) Format(s fmt.State, verb rune) { redact.Format(s, verb, p.String()) }

// LogValue is String: a handler that writes JSON would show every payload.
func (p WebhookPage) LogValue() slog.Value { return slog.StringValue(p.String()) }

// ListWebhooks gets one page of the webhooks that match, with payload and last
// delivery. It only reads: every transient failure is retried. [Client.Webhooks]
// goes through all pages.
//
// If nothing matches, the page is empty and there is no error. (Celcoin answers
// 404 with the code CBE238. A 404 of another kind is [ErrNotFound]: the path is
// wrong, or the product is not enabled.)
//
// Celcoin gives details for up to 7 days after the date of the transaction;
// what an older one gets is not documented. The order of webhooks is not
// documented either.
//
// Every error is an [*Error]; it is [ErrInvalidRequest] before anything is sent
// if Entity, From or To is missing, From is after To, a number is negative, or a
// field cannot be sent.
//
// GET /common/v1/webhook/replay/{product}/{entity}/details:
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
func (c *Client) ListWebhooks(ctx context.Context, q Query, p PageOptions, opts ...CallOption) (*WebhookPage, error) {
	if err := argument.First(argument.Context(ctx), q.check(), p.check()); err != nil {
		return nil, argumentError(OperationList, err)
	}
	p.Page, p.PageSize = cmp.Or(p.Page, 1), cmp.Or(p.PageSize, defaultPageSize)
	listing := &call[wirePage]{client: c, filter: q.filter(), decode: decodePage, noMatch: noWebhooks}
	e, err := listing.get(ctx, OperationList, &q, "/details", p, opts)
	if err != nil {
		return nil, err
	}
	if e.Body == nil {
		return &WebhookPage{ReplaySummary: q.noMatches(), Page: p.Page, PageSize: p.PageSize, Limit: p.Limit}, nil
	}
	return e.Body.page(p), nil
}

func (p PageOptions) check() error {
	switch {
	case p.Page < 0:
		return argument.Invalid("Page", "is negative")
	case p.PageSize < 0:
		return argument.Invalid("PageSize", "is negative")
	case p.Limit < 0:
		return argument.Invalid("Limit", "is negative")
	}
	return nil
}
