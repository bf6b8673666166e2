package celcoin

import (
	"bytes"
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
	p = p.withDefaults()
	params := q.parameters()
	params.Page, params.LimitPerPage, params.Limit = p.Page, p.PageSize, p.Limit
	listing := &call[wirePage]{
		client: c, filter: q.filter(), noMatch: noWebhooks,
		newBody: preallocate, usable: (*wirePage).usable, reread: (*wirePage).reread,
	}
	w, err := listing.do(ctx, c.get(OperationList, &q, "/details", params), callOptionsOf(opts))
	if err != nil {
		return nil, err
	}
	if w == nil {
		return &WebhookPage{ReplaySummary: q.noMatches(), Page: p.Page, PageSize: p.PageSize, Limit: p.Limit}, nil
	}
	return w.page(p), nil
}

func (p PageOptions) check() error {
	for _, field := range [...]struct {
		name  string
		value int
	}{{"Page", p.Page}, {"PageSize", p.PageSize}, {"Limit", p.Limit}} {
		if field.value < 0 {
			return argument.Invalid(field.name, "is negative")
		}
	}
	return nil
}

func (p PageOptions) withDefaults() PageOptions {
	if p.Page == 0 {
		p.Page = 1
	}
	if p.PageSize == 0 {
		p.PageSize = defaultPageSize
	}
	return p
}

// preallocate sets memory aside for the webhooks of a page, so that decoding need not
// grow the list by and by: an eighth of what a page costs. It is nil where there
// are none.
func preallocate(data []byte) *wirePage {
	// Without the first quote, as the search looks for the first byte first, and
	// quotes are everywhere. The last one leaves out the names within payloads.
	n := min(bytes.Count(data, []byte(`webhookId"`)), defaultPageSize)
	if n == 0 {
		return nil
	}
	return &wirePage{Webhooks: make([]Webhook, 0, n)}
}

// usable tells whether a page says what is on it. One without webhooks must
// at least say how many there are, or have an empty list: that is not the room
// which was set aside for one.
func (w *wirePage) usable() bool {
	listed := len(w.Webhooks) > 0 || w.Webhooks != nil && cap(w.Webhooks) == 0
	return listed || w.TotalItems.Set
}

func (w *wirePage) page(asked PageOptions) *WebhookPage {
	return &WebhookPage{
		ReplaySummary: w.count(),
		Page:          w.CurrentPage.Or(asked.Page),
		TotalPages:    w.TotalPages.Or(0),
		PageSize:      w.LimitPerPage.Or(asked.PageSize),
		Limit:         w.Limit.Or(0),
		Webhooks:      w.Webhooks,
	}
}
