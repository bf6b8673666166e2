package celcoin

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// CallOption changes a single call.
type CallOption func(*callOptions)

type callOptions struct {
	maxRetries  *int
	response    *Response
	atLeastOnce bool
	pageSize    int
}

// WithMaxRetries overrides the policy's number of retries for this call: 0 for
// none, like any number below zero. The attempt with a new token after a 401 is
// not a retry: it happens all the same. The token call keeps to the policy.
func WithMaxRetries(n int) CallOption {
	return func(o *callOptions) { o.maxRetries = new(max(n, 0)) }
}

// WithAtLeastOnce lets [Client.ReplayWebhooks] retry also when the outcome of
// an attempt is unknown, at the risk that a webhook is delivered twice. It changes nothing for the other calls, which are always safe to
// retry.
func WithAtLeastOnce() CallOption {
	return func(o *callOptions) { o.atLeastOnce = true }
}

// WithPageSize lets [Client.Webhooks] ask for n webhooks a page: 200 by default,
// which is very likely the maximum. Smaller pages help where payloads are so
// long that a page would be larger than 16 MiB.
func WithPageSize(n int) CallOption {
	return func(o *callOptions) { o.pageSize = n }
}

// WithResponse fills r with the last response of the call, also when the call
// fails: for [Client.Webhooks] that of the last page. It is left as it was if
// no response came. Responses of the token call are not reported.
func WithResponse(r *Response) CallOption {
	return func(o *callOptions) { o.response = r }
}

// Response is a response as it came over the wire. Printing or logging it shows
// neither the body nor the header; both are there to be read.
type Response struct {
	StatusCode int
	Header     http.Header
	// RequestID is the response's x-request-id or x-correlation-id, if it has
	// one. Celcoin documents neither.
	RequestID string
	Attempts  int    // that the call took so far
	Body      []byte // 16 MiB at most
}

// String tells all but the header and the body.
func (r Response) String() string {
	return fmt.Sprintf("status %d, request %q, %s, body of %d bytes",
		r.StatusCode, r.RequestID, apierror.Attempts(r.Attempts), len(r.Body))
}

// Format prints String for every verb.
func (r Response) Format(f fmt.State, verb rune) { redact.Format(f, verb, r.String()) }

// LogValue is String.
func (r Response) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON is String: a logger that is handed a Response may write JSON.
func (r Response) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// callOptionsOf allocates only if there are options.
func callOptionsOf(opts []CallOption) callOptions {
	if len(opts) == 0 {
		return callOptions{}
	}
	var o callOptions
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return o
}

// report fills the user's Response, if one was asked for.
func (o *callOptions) report(out *transport.Outcome) {
	if o.response == nil || out.Response == nil {
		return
	}
	*o.response = Response{
		StatusCode: out.Response.Status,
		Header:     out.Response.Header,
		RequestID:  out.RequestID,
		Attempts:   out.Attempts,
		Body:       out.Response.Body,
	}
}
