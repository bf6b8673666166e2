package celcoin

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/reenvio/reenvio-go/internal/argument"
	"github.com/reenvio/reenvio-go/internal/lenient"
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
	if err := cmp.Or(argument.Context(ctx), q.check(), p.check()); err != nil {
		return nil, argumentError(OperationList, err)
	}
	p.Page, p.PageSize = cmp.Or(p.Page, 1), cmp.Or(p.PageSize, defaultPageSize)
	listing := &call[wirePage]{client: c, sent: sent{filter: q.filter()}, decode: decodePage, noMatch: noWebhooks}
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

// wirePage is the body of the details.
type wirePage struct {
	wireCount
	CurrentPage  lenient.Int `json:"currentPage"`
	TotalPages   lenient.Int `json:"totalPages"`
	LimitPerPage lenient.Int `json:"limitPerPage"`
	Limit        lenient.Int `json:"limit"`
	// Webhooks are decoded in place, which is what makes a page cheap. Should a
	// field come with another type than documented, reread takes over.
	Webhooks []Webhook `json:"webhookDetails"`
}

// decodePage sets memory aside for the webhooks first, so that decoding need not
// grow the list: an eighth of what a page costs.
func decodePage(data []byte, e *envelope[wirePage]) error {
	// Without the first quote, as the search looks for the first byte first, and
	// quotes are everywhere. The last one leaves out the names within payloads.
	n := min(bytes.Count(data, []byte(`webhookId"`)), defaultPageSize)
	if n > 0 {
		e.Body = &wirePage{Webhooks: make([]Webhook, 0, n)}
	}
	mismatch, err := lenient.Unmarshal(data, e)
	w := e.Body
	if w != nil && mismatch {
		w.reread(data)
	}
	// A page without webhooks must say how many there are, or have an empty list.
	if w != nil && len(w.Webhooks) == 0 && (w.Webhooks == nil || cap(w.Webhooks) > 0) && !w.TotalItems.Set {
		e.Body = nil
	}
	return err
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

// looseWebhook is a Webhook whose fields may come in any type.
type looseWebhook struct {
	ID             lenient.Text `json:"webhookId"`
	Status         lenient.Text
	HTTPStatusCode lenient.Int
	URL            lenient.Text `json:"webhookUrl"`
	Request        lenient.Text
	Response       lenient.Text
	Created        Timestamp `json:"createDate"`
	LastUpdated    Timestamp `json:"lastUpdateDate"`
	Filter         struct{ DocumentNumber, Account, ID, ClientRequestID lenient.Text }
}

// reread decodes the webhooks of a page once more, taking every field in
// whatever type it came.
func (w *wirePage) reread(data []byte) {
	var loose struct {
		Body struct {
			Webhooks []looseWebhook `json:"webhookDetails"`
		}
	}
	if _, err := lenient.Unmarshal(data, &loose); err != nil || len(loose.Body.Webhooks) == 0 {
		return
	}
	w.Webhooks = nil
	for _, l := range loose.Body.Webhooks {
		f := l.Filter
		w.Webhooks = append(w.Webhooks, Webhook{
			ID: string(l.ID), Status: Status(l.Status), HTTPStatusCode: l.HTTPStatusCode.Value,
			URL: string(l.URL), Request: string(l.Request), Response: string(l.Response),
			Created: l.Created, LastUpdated: l.LastUpdated,
			Filter: Filter{string(f.DocumentNumber), string(f.Account), string(f.ID), string(f.ClientRequestID)},
		})
	}
}
