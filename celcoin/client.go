package celcoin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// Client calls Celcoin. It is safe for concurrent use; make one and keep it, so
// that its token is used by all.
type Client struct {
	transport *transport.Client
	tokens    *tokens
	// Functions, so that no printing of a Client, nor of a copy of one, shows
	// what they return: a base URL may have a path that is nobody's business.
	baseURL func() *url.URL
	secrets func() []string
}

// New makes a Client. It checks the credentials and the options, and does not
// use the network. [WithBaseURL] must be among the options.
func New(creds Credentials, opts ...Option) (*Client, error) {
	o := &options{}
	o.AttemptTimeout = DefaultAttemptTimeout
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(o); err != nil {
			return nil, fmt.Errorf("celcoin: %w", err)
		}
	}
	if o.BaseURL == nil {
		return nil, errors.New("celcoin: base URL: is missing; write out WithBaseURL(SandboxURL) or WithBaseURL(ProductionURL)")
	}
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("celcoin: %w", err)
	}
	if err := creds.check(); err != nil {
		return nil, fmt.Errorf("celcoin: %w", err)
	}
	base := o.BaseURL
	c := &Client{
		transport: transport.New(&o.Settings),
		baseURL:   func() *url.URL { return base },
		secrets:   func() []string { return []string{creds.ClientID, creds.ClientSecret} },
	}
	c.tokens = newTokens(c.fetcher(creds))
	return c, nil
}

// String names the place that the client calls.
func (c *Client) String() string { return "celcoin.Client{" + c.baseURL().Host + "}" }

// Fingerprint tells clients apart that call different environments or have
// different credentials: the base URL, and a hash of the client id. It is the same in every
// process, and shows nothing of the client id. Of a client with a token source
// it is the base URL alone.
func (c *Client) Fingerprint() string {
	return transport.Fingerprint(c.baseURL(), c.secrets()[0])
}

// Format prints String for every verb.
func (c *Client) Format(f fmt.State, verb rune) { redact.Format(f, verb, c.String()) }

// do carries out a call of an entity, and turns its outcome into an error.
func do[T body](ctx context.Context, call *transport.Call, x *bearer[T], o *callOptions) error {
	call.Op = x.op
	call.MaxRetries = o.maxRetries
	call.Exchange = x
	out := x.client.transport.Do(ctx, call)
	o.report(&out)
	return failure(ctx, x.op, &out, x.message, x.secrets)
}

// failure is the error of an outcome, nil for a success.
func failure(ctx context.Context, op string, out *transport.Outcome, message string, secrets func() []string) error {
	if out.Err == nil && out.Verdict.Meaning == transport.Succeeded {
		return nil
	}
	var answered error
	if out.Answer != nil {
		answered = &Error{
			Op:         op,
			StatusCode: out.Answer.Status,
			Code:       out.Verdict.Code,
			Message:    message,
			RequestID:  out.Verdict.RequestID,
			Attempts:   out.Attempts,
			RetryAfter: out.RetryAfter,
			Body:       bytes.Clone(out.Answer.Body[:min(len(out.Answer.Body), apierror.MaxBody)]),
			unknown:    out.InDoubt,
		}
	}
	if out.Err == nil {
		return answered
	}
	if t, ok := errors.AsType[*tokenError](out.Err); ok && !out.InDoubt {
		return t.err // it says of itself that it is the token's
	}
	if ctx.Err() == nil && !errors.Is(out.Err, context.DeadlineExceeded) {
		answered = nil // an earlier answer has nothing to do with what ended the call
	}
	return apierror.NewFailure("celcoin", op, out.Attempts, out.Err, out.InDoubt, answered, secrets()...)
}

// get prepares a call that only asks.
func get(u *url.URL, template, rawQuery string) *transport.Call {
	u.RawQuery = rawQuery
	return &transport.Call{Method: http.MethodGet, URL: u, Template: template, Class: transport.Read}
}
