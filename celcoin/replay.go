package celcoin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/argument"
	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// ReplayRequest says which webhooks to send again.
//
// Printing or logging it shows of the filter only which fields are set.
type ReplayRequest struct {
	Product Product // zero: [ProductPix]
	Entity  Entity
	// WebhookID is required by Celcoin's documentation, unless Bulk is set.
	WebhookID string
	// From and To are optional here; what they mean and how they are sent is
	// as in [Query].
	From, To    time.Time
	OnlyPending *bool
	// Filter narrows the replay. It goes into the body, not into the query.
	Filter Filter
	// Bulk allows an empty WebhookID. Celcoin then very likely sends again all
	// that match, delivered ones too: this is not documented.
	Bulk bool
}

// ReplayWebhooks has webhooks sent again: one, by its WebhookID, or with Bulk
// all that match.
//
// There is no idempotency key: a second copy of the request may deliver twice.
// So only what was certainly not carried out is retried (no connection, 429,
// 503 with Retry-After). After a lost response or another failure at Celcoin the
// error is [ErrOutcomeUnknown]: look at the details before you replay again, or
// allow duplicates with [WithAtLeastOnce].
//
// Success means that Celcoin accepted the request. It does not mean that
// anything was delivered: TotalItems is how many webhooks matched (0 if none
// did), and the proof is in a later listing, or at the receiver. A replay works
// up to 7 days after the date of the transaction; what an older one gets is not
// documented. By an older page of Celcoin's, more than 20 failed deliveries of
// one webhook or 50 of one entity block them: do not replay into a receiver
// that is still down.
//
// Every error is an [*Error]; it is [ErrInvalidRequest] before anything is sent
// if Entity is missing, WebhookID is and Bulk is not set, From is after To, or a
// field cannot be sent.
//
// PUT /common/v1/webhook/replay/{product}/{entity}:
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
func (c *Client) ReplayWebhooks(ctx context.Context, req ReplayRequest, opts ...CallOption) (*ReplaySummary, error) {
	if err := cmp.Or(argument.Context(ctx), req.check()); err != nil {
		return nil, argumentError(OperationReplay, err)
	}
	payload, err := req.body()
	if err != nil {
		return nil, argumentError(OperationReplay, err)
	}
	o := callOptionsOf(opts)
	u, template := c.resource(req.Product, req.Entity, "")
	u.RawQuery = encode(&parameters{windowOf(req.From, req.To), (*flag)(req.OnlyPending), text(req.WebhookID)})
	request := transport.Call{
		Operation: OperationReplay, Method: http.MethodPut, URL: u, Template: template, Class: transport.NonIdempotent,
	}
	if o.atLeastOnce {
		request.Class = transport.Idempotent
	}
	replaying := &call[wireCount]{client: c, sent: sent{filter: req.Filter}, payload: payload, decode: decode[wireCount]}
	e, err := replaying.do(ctx, request, o)
	if err != nil {
		return nil, err
	}
	return new(e.Body.count()), nil
}

func (r *ReplayRequest) check() error {
	err := checkTarget(r.Product, r.Entity)
	if err == nil && r.WebhookID == "" && !r.Bulk {
		err = argument.Invalid("WebhookID", "is missing; set Bulk to replay all that match")
	}
	if err == nil && !r.From.IsZero() {
		err = argument.Time("From", r.From)
	}
	if err == nil && !r.To.IsZero() {
		err = cmp.Or(argument.Time("To", r.To), argument.Order("From", "To", r.From, r.To))
	}
	return cmp.Or(err, argument.Text("WebhookID", r.WebhookID), r.Filter.check())
}

var noFilter = []byte("{}") // shared by all requests, like jsonContent

// body is the filter, or an empty object: whether the body may be absent is not
// documented.
func (r *ReplayRequest) body() ([]byte, error) {
	if r.Filter == (Filter{}) {
		return noFilter, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(struct {
		Filter Filter `json:"filter"`
	}{r.Filter})
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// String shows what is not personal.
func (r ReplayRequest) String() string {
	return fmt.Sprintf("{Product:%q Entity:%q WebhookID:%q From:%s To:%s OnlyPending:%s Filter:%s Bulk:%t}",
		r.Product, r.Entity, r.WebhookID, r.From.Format(time.RFC3339), r.To.Format(time.RFC3339),
		tristate(r.OnlyPending), r.Filter, r.Bulk)
}

// Format prints String for every verb.
func (r ReplayRequest) Format(s fmt.State, verb rune) { redact.Format(s, verb, r.String()) }

// LogValue is String.
func (r ReplayRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }
