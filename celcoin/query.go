package celcoin

import (
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-querystring/query"

	"github.com/reenvio/reenvio-go/internal/argument"
	"github.com/reenvio/reenvio-go/internal/redact"
)

// Query says which webhooks to count or to list. Entity, From and To are
// required; the other fields narrow the search if they are set.
//
// Printing or logging a Query shows of the personal fields only which are set.
// Marshalling it to JSON gives all.
type Query struct {
	Product Product // zero: [ProductPix]
	Entity  Entity
	// From and To bound the time of the webhook, which Celcoin is not clear
	// about: see [Timestamp]. Starting three hours early is safe under every
	// reading. They are sent with their own offset, in whole seconds: From
	// rounded down, To rounded up. Windows of more than about an hour are slow.
	From, To time.Time
	// OnlyPending has three states. By the documentation false, the default,
	// shows all; integrators report that pending webhooks are only seen with
	// true. To see everything under both readings, ask both ways.
	OnlyPending *bool

	WebhookID       string
	DocumentNumber  string
	Account         string
	ID              string
	ClientRequestID string
}

func (q *Query) filter() Filter {
	return Filter{q.DocumentNumber, q.Account, q.ID, q.ClientRequestID}
}

func (q *Query) check() error {
	if err := checkTarget(q.Product, q.Entity); err != nil {
		return err
	}
	if err := argument.Time("From", q.From); err != nil {
		return err
	}
	if err := argument.Time("To", q.To); err != nil {
		return err
	}
	if err := argument.Order("From", "To", q.From, q.To); err != nil {
		return err
	}
	return checkNarrowing(q.WebhookID, q.filter())
}

func checkTarget(p Product, e Entity) error {
	if err := argument.Segment("Entity", string(e)); err != nil {
		return err
	}
	if p == "" {
		return nil
	}
	return argument.Segment("Product", string(p))
}

func checkNarrowing(webhookID string, f Filter) error {
	for _, field := range [...]struct{ name, value string }{
		{"WebhookID", webhookID},
		{"DocumentNumber", f.DocumentNumber},
		{"Account", f.Account},
		{"ID", f.ID},
		{"ClientRequestID", f.ClientRequestID},
	} {
		if err := argument.Text(field.name, field.value); err != nil {
			return err
		}
	}
	return nil
}

// searchParameters are those of counting and listing, in the documented case.
type searchParameters struct {
	Common common

	DocumentNumber  string `url:"documentNumber,omitempty"`
	Account         string `url:"account,omitempty"`
	ID              string `url:"id,omitempty"`
	ClientRequestID string `url:"clientRequestId,omitempty"`
	Page            int    `url:"Page,omitempty"`
	Limit           int    `url:"Limit,omitempty"`
	LimitPerPage    int    `url:"LimitPerPage,omitempty"`
}

// common are the parameters of all three calls; a replay has no others. They
// write themselves, as go-querystring's reflection would take a quarter of all
// that a replay allocates.
type common struct {
	From, To    time.Time
	OnlyPending *bool
	WebhookID   string
}

// EncodeValues is go-querystring's hook.
func (c common) EncodeValues(_ string, v *url.Values) error {
	for _, p := range c.list() {
		if p.value != "" {
			v.Set(p.name, p.value)
		}
	}
	return nil
}

type parameter struct{ name, value string }

// list has the parameters in alphabetical order, empty ones too.
func (c common) list() [4]parameter {
	return [...]parameter{
		{"DateFrom", dateFrom(c.From)}, {"DateTo", dateTo(c.To)}, {"OnlyPending", optional(c.OnlyPending)}, {"webhookId", c.WebhookID},
	}
}

func (q *Query) parameters() searchParameters {
	return searchParameters{
		Common:          common{q.From, q.To, q.OnlyPending, q.WebhookID},
		DocumentNumber:  q.DocumentNumber,
		Account:         q.Account,
		ID:              q.ID,
		ClientRequestID: q.ClientRequestID,
	}
}

func (p *searchParameters) encode() string { return encode(p) }

// encode writes a query, its parameters in alphabetical order.
func encode[P searchParameters | statusParameters](p *P) string {
	values, err := query.Values(p)
	if err != nil {
		return "" // only for what is not a struct
	}
	return values.Encode()
}

func (c common) encode() string {
	b := make([]byte, 0, 160) // all four, as long as they usually are
	for _, p := range c.list() {
		if p.value == "" {
			continue
		}
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = append(append(b, p.name...), '=')
		b = append(b, url.QueryEscape(p.value)...)
	}
	return string(b)
}

func optional(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

// dateFrom and dateTo write a bound as documented, in whole seconds. What is
// finer widens the window, since a narrower one would lose webhooks.
func dateFrom(t time.Time) string { return date(t.Truncate(time.Second)) }

func dateTo(t time.Time) string {
	if whole := t.Truncate(time.Second); !whole.Equal(t) {
		t = whole.Add(time.Second)
	}
	return date(t)
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC() // a local mean time, whose offset cannot be written
	}
	return t.Format("2006-01-02T15:04:05-07:00")
}

// target is the URL of a call for an entity, and its path without arguments.
// Product and entity are one segment each, whatever they hold.
func target(base *url.URL, p Product, e Entity, tail, rawQuery string) (u *url.URL, template string) {
	folder, plain, escaped := "/common/v1/webhook/replay/", string(e)+tail, url.PathEscape(string(e))+tail
	switch p {
	case ProductBaaS:
		folder, template = "/baas/v2/webhook/replay/", "/baas/v2/webhook/replay/{entity}"
	case ProductBaaSV1:
		folder, template = "/baas-webhookmanager/v1/webhook/replay/", "/baas-webhookmanager/v1/webhook/replay/{entity}"
	default:
		if p == "" {
			p = ProductPix
		}
		plain, escaped = string(p)+"/"+plain, url.PathEscape(string(p))+"/"+escaped
		template = "/common/v1/webhook/replay/{product}/{entity}"
	}
	u = joinPath(base, folder, plain, escaped)
	u.RawQuery = rawQuery
	return u, template + tail
}

// joinPath appends to the path of a URL. JoinPath does the same at many times the
// cost, for paths that may hold dots and doubled slashes.
func joinPath(base *url.URL, folder, plain, escaped string) *url.URL {
	u := *base
	u.Path = strings.TrimSuffix(base.Path, "/") + folder + plain
	u.RawPath = ""
	if plain != escaped || base.RawPath != "" {
		u.RawPath = strings.TrimSuffix(base.EscapedPath(), "/") + folder + escaped
	}
	return &u
}

// String shows what is not personal.
func (q Query) String() string {
	return fmt.Sprintf("{Product:%q Entity:%q From:%s To:%s OnlyPending:%s WebhookID:%q Filter:%s}",
		q.Product, q.Entity, q.From.Format(time.RFC3339), q.To.Format(time.RFC3339),
		tristate(q.OnlyPending), q.WebhookID, q.filter())
}

// Format prints String for every verb.
func (q Query) Format(s fmt.State, verb rune) { redact.Format(s, verb, q.String()) }

// LogValue is String.
func (q Query) LogValue() slog.Value { return slog.StringValue(q.String()) }

func tristate(b *bool) string {
	if b == nil {
		return "unset"
	}
	return strconv.FormatBool(*b)
}
