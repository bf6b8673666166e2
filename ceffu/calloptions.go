package ceffu

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
	maxRetries *int
	response   *Response
}

// WithMaxRetries overrides the policy's number of retries for this call: 0 for
// none, not even of an expired timestamp. A number below zero means none, too.
func WithMaxRetries(n int) CallOption {
	return func(o *callOptions) { o.maxRetries = new(max(n, 0)) }
}

// WithResponse fills r with the last response of the call, also when the call
// fails. It is left as it was if no response came.
func WithResponse(r *Response) CallOption {
	return func(o *callOptions) { o.response = r }
}

// Response is a response as it came over the wire. Printing or logging it shows
// neither the body nor the header; both are there to be read.
type Response struct {
	StatusCode int
	Header     http.Header
	RequestID  string // of x-request-id: what Ceffu's support asks for
	Attempts   int    // that the call took so far
	Body       []byte // 16 MiB at most
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

func callOptionsOf(opts []CallOption) (o callOptions) {
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
