package celcoin

import (
	"cmp"
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
	return cmp.Or(
		checkTarget(q.Product, q.Entity),
		argument.Time("From", q.From), argument.Time("To", q.To), argument.Order("From", "To", q.From, q.To),
		argument.Text("WebhookID", q.WebhookID), q.filter().check(),
	)
}

func checkTarget(p Product, e Entity) error {
	err := argument.Segment("Entity", string(e))
	if err == nil && p != "" {
		err = argument.Segment("Product", string(p))
	}
	return err
}

// parameters are those of all three calls. A replay has no others.
type parameters struct {
	Window      *window `url:",omitempty"`
	OnlyPending *flag   `url:",omitempty"`
	WebhookID   text    `url:"webhookId,omitempty"`
}

// window is written as documented, in whole seconds. A fraction widens it, since a
// narrower one would lose webhooks.
type window struct{ from, to time.Time }

// windowOf is nil if neither time is set.
func windowOf(from, to time.Time) *window {
	if from.IsZero() && to.IsZero() {
		return nil
	}
	return &window{from, to}
}

func (w *window) EncodeValues(_ string, v *url.Values) error {
	if !w.from.IsZero() {
		v.Add("DateFrom", date(w.from.Truncate(time.Second)))
	}
	if !w.to.IsZero() {
		v.Add("DateTo", date(w.to.Add(time.Second-1).Truncate(time.Second)))
	}
	return nil
}

// text and flag are added as they are. Others go through package fmt, which copies
// them.
type (
	text string
	flag bool
)

func (t text) EncodeValues(name string, v *url.Values) error {
	v.Add(name, string(t))
	return nil
}

func (f flag) EncodeValues(name string, v *url.Values) error {
	v.Add(name, strconv.FormatBool(bool(f)))
	return nil
}

// searchParameters are those of counting and listing.
type searchParameters struct {
	parameters

	DocumentNumber  string `url:"documentNumber,omitempty"`
	Account         string `url:"account,omitempty"`
	ID              string `url:"id,omitempty"`
	ClientRequestID string `url:"clientRequestId,omitempty"`
	Page            int    `url:",omitempty"`
	Limit           int    `url:",omitempty"`
	LimitPerPage    int    `url:",omitempty"`
}

func (q *Query) parameters(p PageOptions) *searchParameters {
	return &searchParameters{
		parameters:      parameters{windowOf(q.From, q.To), (*flag)(q.OnlyPending), text(q.WebhookID)},
		DocumentNumber:  q.DocumentNumber,
		Account:         q.Account,
		ID:              q.ID,
		ClientRequestID: q.ClientRequestID,
		Page:            p.Page,
		Limit:           p.Limit,
		LimitPerPage:    p.PageSize,
	}
}

// encode writes parameters as a query, in alphabetical order.
func encode(parameters any) string {
	values, err := query.Values(parameters)
	if err != nil {
		return "" // only for what is not a struct
	}
	return values.Encode()
}

func date(t time.Time) string {
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC() // a local mean time, whose offset cannot be written
	}
	return t.Format("2006-01-02T15:04:05-07:00")
}

// resource is the URL of a call for an entity, and its path without arguments.
// Product and entity are one segment each, whatever they hold.
func (c *Client) resource(p Product, e Entity, tail string) (u *url.URL, template string) {
	product, slash, entity := "", "", string(e)
	switch p {
	case ProductBaaS:
		template = "/baas/v2/webhook/replay/{entity}"
	case ProductBaaSV1:
		template = "/baas-webhookmanager/v1/webhook/replay/{entity}"
	default:
		template = "/common/v1/webhook/replay/{product}/{entity}"
		product, slash = string(cmp.Or(p, ProductPix)), "/"
	}
	folder, _, _ := strings.Cut(template, "{")
	plain := folder + product + slash + entity + tail
	escaped := plain
	if p, e := url.PathEscape(product), url.PathEscape(entity); p != product || e != entity {
		escaped = folder + p + slash + e + tail
	}
	return c.join(plain, escaped), template + tail
}

// join appends a path to the base URL. URL.JoinPath does the same at many times the
// cost, for paths that may hold dots and doubled slashes.
func (c *Client) join(plain, escaped string) *url.URL {
	u := *c.baseURL()
	if plain != escaped || u.RawPath != "" {
		u.RawPath = strings.TrimSuffix(u.EscapedPath(), "/") + escaped
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + plain
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
