package celcoin

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// Client calls Celcoin. It is safe for concurrent use; make one and keep it, so
// that its token is used by all.
type Client struct {
	transport *transport.Client
	tokens    *tokens
	// Functions, so that no printing of a Client, nor of a copy of one, shows
	// what they return: a base URL may have a path that is a secret.
	baseURL func() *url.URL
	secrets func() []string // a slice of its own for each caller
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
	if err := creds.check(); err != nil {
		return nil, fmt.Errorf("celcoin: %w", err)
	}
	t, err := transport.New(&o.Settings)
	if err != nil {
		return nil, fmt.Errorf("celcoin: %w", err)
	}
	c := &Client{
		transport: t,
		baseURL:   func() *url.URL { return o.BaseURL },
		secrets:   func() []string { return []string{creds.ClientID, creds.ClientSecret} },
	}
	c.tokens = &tokens{fetch: c.fetcher(creds)}
	return c, nil
}

// String names the host that the client calls.
func (c *Client) String() string { return "celcoin.Client{" + c.baseURL().Host + "}" }

// Fingerprint tells clients apart that call different environments or have
// different credentials: the base URL, and a hash of the client id. It is the
// same in every process, and shows nothing of the client id. Without a ClientID
// it is the base URL alone.
func (c *Client) Fingerprint() string {
	return transport.Fingerprint(c.baseURL(), c.secrets()[0])
}

// Format prints String for every verb, also for a copy of a Client.
func (c *Client) Format(f fmt.State, verb rune) { redact.Format(f, verb, c.String()) }
