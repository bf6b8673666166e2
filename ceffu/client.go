package ceffu

import (
	"fmt"
	"net/url"
	"time"

	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/signer"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// Client calls Ceffu. It is safe for concurrent use; make one and keep it.
type Client struct {
	transport *transport.Client
	signer    *signer.Signer
	clock     *clock
	// Functions, so that no printing of a Client, nor of a copy of one, shows
	// what they return: a base URL may have a path that is a secret.
	base      func() *url.URL
	resendURL func() *url.URL // of the one call
	apiKey    func() []string // as a header's value
}

// New makes a Client. It checks the credentials and the options, and does not
// use the network.
func New(creds Credentials, opts ...Option) (*Client, error) {
	o := &options{}
	o.AttemptTimeout = DefaultAttemptTimeout
	for _, opt := range append([]Option{WithBaseURL(DefaultBaseURL)}, opts...) {
		if opt == nil {
			continue
		}
		if err := opt(o); err != nil {
			return nil, fmt.Errorf("ceffu: %w", err)
		}
	}
	s, err := creds.signer()
	if err != nil {
		return nil, fmt.Errorf("ceffu: %w", err)
	}
	t, err := transport.New(&o.Settings)
	if err != nil {
		return nil, fmt.Errorf("ceffu: %w", err)
	}
	resendURL, key := o.BaseURL.JoinPath(resendPath), []string{creds.APIKey}
	return &Client{
		transport: t,
		signer:    s,
		clock:     &clock{now: time.Now},
		base:      func() *url.URL { return o.BaseURL },
		resendURL: func() *url.URL { return resendURL },
		apiKey:    func() []string { return key },
	}, nil
}

// String names the host that the client calls.
func (c *Client) String() string { return "ceffu.Client{" + c.base().Host + "}" }

// Fingerprint tells clients apart that call different places or have different
// credentials: the base URL, and a hash of the API key. It is the same in every
// process, and shows nothing of the key.
func (c *Client) Fingerprint() string {
	return transport.Fingerprint(c.base(), c.apiKey()[0])
}

// Format prints String for every verb.
func (c *Client) Format(f fmt.State, verb rune) { redact.Format(f, verb, c.String()) }
