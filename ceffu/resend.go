package ceffu

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/argument"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// EventType is a kind of notification. The set is open: a value that is not
// among the constants is sent as it is.
type EventType string

// The event types that Ceffu's own SDK lists.
const (
	DepositSuccess    EventType = "1"
	DepositFailed     EventType = "2"
	WithdrawalSuccess EventType = "3"
	WithdrawalFailed  EventType = "4"
)

// EventTypes returns the known event types, in order.
func EventTypes() []EventType {
	return []EventType{DepositSuccess, DepositFailed, WithdrawalSuccess, WithdrawalFailed}
}

// String reads "deposit success", and "event type 9" for one that is not known.
func (t EventType) String() string {
	switch t {
	case DepositSuccess:
		return "deposit success"
	case DepositFailed:
		return "deposit failed"
	case WithdrawalSuccess:
		return "withdrawal success"
	case WithdrawalFailed:
		return "withdrawal failed"
	}
	return "event type " + string(t)
}

const resendPath = "/open-api/entity/webhook/resend"

// ResendRequest says which notifications to resend: those of one webhook and
// one event type.
type ResendRequest struct {
	// WebhookID is the 19-digit id that Ceffu's UI shows for the webhook.
	WebhookID string
	// EventType is the kind of notification; there is no value for all.
	EventType EventType
	// From is the lower bound, sent in Unix milliseconds; what is finer is cut
	// off, so that the bound is never later than asked for. There is no upper
	// bound. Ceffu's own SDK refuses more than 180 days back; what the server
	// does with them is not documented, so it is left to it.
	From time.Time
}

// ResendResult is Ceffu's response.
type ResendResult struct {
	// Accepted is true if the response's "data" is. Ceffu documents true for
	// success, and that data "may be null"; null, or an undocumented false,
	// beside the code of success is reported as false. It says that Ceffu took
	// the request, not that anything was delivered.
	Accepted bool
}

// ResendWebhooks asks Ceffu to send again all failed notifications of one
// webhook and event type since req.From.
//
// The call is safe to retry: it asks for what failed, and Ceffu documents that
// notifications can arrive more than once. So every transient failure is retried, a lost
// response too, each attempt with a new timestamp and signature. If the retries
// are used up after an attempt that may have been carried out, the error is also
// [ErrOutcomeUnknown].
//
// If there is nothing to resend, the response is not documented; an accepted
// request is what the other calls of Ceffu suggest. Whether the resend happens
// before the response, and what becomes of one to a suspended endpoint, is not
// documented either: an endpoint is suspended after 500 failed notifications
// in a UTC day, so do not resend to a receiver that is still down.
//
// Every error is an [*Error]; it is [ErrInvalidRequest] before anything is sent
// if WebhookID, EventType or From is missing or cannot be sent.
//
// POST /open-api/entity/webhook/resend:
// https://apidoc.ceffu.io/apidoc/shared-c9ece2c6-3ab4-4667-bb7d-c527fb3dbf78/api-3471801
func (c *Client) ResendWebhooks(ctx context.Context, req ResendRequest, opts ...CallOption) (*ResendResult, error) {
	if err := cmp.Or(argument.Context(ctx), req.check()); err != nil {
		return nil, argumentError(err)
	}
	result, _, err := c.resend(ctx, req, opts)
	return result, err
}

// resend makes a call that has been checked, and tells whether a response to it
// was a rate limit.
func (c *Client) resend(ctx context.Context, req ResendRequest, opts []CallOption) (result *ResendResult, limited bool, err error) {
	call, o := &call{client: c, request: req}, callOptionsOf(opts)
	value, out, err := transport.Do(ctx, c.transport, transport.Call{
		Operation:  OperationResend,
		Method:     http.MethodPost,
		URL:        c.resendURL(),
		Template:   resendPath,
		Class:      transport.Idempotent,
		MaxRetries: o.maxRetries,
	}, call)
	o.report(&out)
	if err != nil {
		return nil, call.limited, err
	}
	return &ResendResult{Accepted: value.Data == "true"}, call.limited, nil
}

func (r *ResendRequest) check() error {
	return cmp.Or(argument.Required("WebhookID", r.WebhookID),
		argument.Required("EventType", string(r.EventType)), argument.Time("From", r.From))
}

// body is what is signed and sent, byte for byte.
func (r *ResendRequest) body(timestamp int64) ([]byte, error) {
	return json.Marshal(struct {
		WebhookID string `json:"webhookId"` // above 2^53: never a number
		EventType string `json:"eventType"`
		From      int64  `json:"resendFromDateTime"`
		Timestamp int64  `json:"timestamp"`
	}{r.WebhookID, string(r.EventType), r.From.UnixMilli(), timestamp})
}
