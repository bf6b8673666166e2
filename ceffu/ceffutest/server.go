package ceffutest

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Server is a running Ceffu. It is safe for concurrent use, and knows nothing
// of any other.
type Server struct {
	URL string // the base URL, without a slash at its end; in a bubble nothing listens there

	core   *simulator.Core
	vendor *vendor
	tb     testing.TB // nil if started by Start
}

// NewServer starts a server that closes with the test. What is wrong with an
// option fails the test at once.
func NewServer(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Start(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	s.tb = tb
	tb.Cleanup(s.Close)
	return s
}

// Start starts a server for a program. Close ends it.
func Start(opts ...Option) (*Server, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, fmt.Errorf("ceffutest: %w", err)
	}
	v := &vendor{options: o, signatures: make(map[string]time.Time)}
	v.Vendor, v.Attach = v, func(core *simulator.Core) { v.core = core }
	core, err := simulator.Start(v.Config)
	if err != nil {
		return nil, fmt.Errorf("ceffutest: %w", err)
	}
	return &Server{URL: core.URL(), core: core, vendor: v}, nil
}

// lock runs what is due, locks the server's state, and returns what unlocks it.
func (s *Server) lock() (unlock func()) {
	s.core.RunDue()
	s.vendor.mu.Lock()
	return s.vendor.mu.Unlock
}

// Close breaks every connection, ends whatever hangs or waits, and returns when all of
// it has ended. Closing again does nothing.
func (s *Server) Close() { s.core.Close() }

// Transport hands requests to the server without a socket, whatever host they name.
// They count as coming from 127.0.0.1.
func (s *Server) Transport() http.RoundTripper { return s.core.Transport() }

// HTTPClient trusts the server's certificate. Inside a testing/synctest bubble it goes
// through Transport.
func (s *Server) HTTPClient() *http.Client { return s.core.HTTPClient() }

// Certificate is the one that a server with [WithTLS] shows; nil without.
func (s *Server) Certificate() *x509.Certificate { return s.core.Certificate() }

// Credentials returns the API key and the secret that the server accepts, the latter
// as Ceffu hands it out: base64 of PKCS#8, without armour. With [WithKey] they have the
// key as Signer instead. Every server has the same, and they protect nothing.
func (s *Server) Credentials() ceffu.Credentials {
	return ceffu.Credentials{APIKey: testAPIKey, APISecret: s.vendor.secret, Signer: s.vendor.signer}
}

// Client returns a client with the server's credentials, URL and [Server.HTTPClient].
// Options of the caller's own come after these and win.
func (s *Server) Client(opts ...ceffu.Option) (*ceffu.Client, error) {
	own := []ceffu.Option{ceffu.WithBaseURL(s.URL), ceffu.WithHTTPClient(s.HTTPClient())}
	return ceffu.New(s.Credentials(), append(own, opts...)...)
}

// Now is the time on the server's clock.
func (s *Server) Now() time.Time { return s.core.Now() }

// Settle runs whatever is due on the server's clock, resends above all. Retries that are
// due later stay so. A receiver must not call it while it is being delivered to.
func (s *Server) Settle() { s.core.Settle() }

// Connections is how many connections were opened to the server so far.
func (s *Server) Connections() int { return s.core.Connections() }

// Record is one request that the server saw, and what became of it: Time, Operation,
// Method, URL, Host, Proto, Header, Body and RemoteAddr as it arrived; Attempt, Verdict,
// Processed, Status, RequestID and Fault ([simulator.Record] explains them). Body is what was signed; RequestID is the answer's X-Request-Id.
type Record = simulator.Record

// Delivery is one POST of a notification to a receiver, and what became of it: Time, URL,
// WebhookID, Event, Attempt and Body, then Status, Err and Response. Event is the event type, "1" to "4", or "test". Only
// Status 200 counts as delivered. The ten seconds that a receiver has are documented for
// [Server.Test] and a guess for the others.
type Delivery = simulator.Delivery

// Requests returns what the server saw, oldest first: the newest 100,000, unless
// [WithRecordLimit] says otherwise. Headers and bodies must not be changed.
func (s *Server) Requests() []Record { return s.core.Requests() }

// Deliveries returns what the server sent to receivers, oldest first: the
// newest 100,000, unless [WithRecordLimit] says otherwise. Bodies must not be changed.
func (s *Server) Deliveries() []Delivery { return s.core.Deliveries() }

// ResetRecords forgets all requests and deliveries, and numbers attempts anew.
// Webhooks and notifications stay.
func (s *Server) ResetRecords() { s.core.ResetRecords() }
