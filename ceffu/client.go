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
	urls      *urls
	apiKey    func() []string // as a header's value; a function, so that no printing of a Client shows the key
	signer    *signer.Signer
	clock     *clock
}

// urls are never changed. They are behind pointers of their own, where no verb
// of fmt gets to them: a base URL may have a path that is a secret.
type urls struct {
	base   *url.URL
	resend *url.URL // of the one call
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
	key := []string{creds.APIKey}
	return &Client{
		transport: t,
		urls:      &urls{base: o.BaseURL, resend: o.BaseURL.JoinPath(resendPath)},
		apiKey:    func() []string { return key },
		signer:    s,
		clock:     &clock{now: time.Now},
	}, nil
}

// String names the host that the client calls.
func (c *Client) String() string { return "ceffu.Client{" + c.urls.base.Host + "}" }

// Fingerprint tells clients apart that call different places or have different
// credentials: the base URL, and a hash of the API key. It is the same in every
// process, and shows nothing of the key.
func (c *Client) Fingerprint() string {
	return transport.Fingerprint(c.urls.base, c.apiKey()[0])
}

// Format prints String for every verb.
func (c *Client) Format(f fmt.State, verb rune) { redact.Format(f, verb, c.String()) }
