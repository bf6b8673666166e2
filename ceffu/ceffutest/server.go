package ceffutest

import (
	"fmt"
	"testing"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Server is a running Ceffu. It is safe for concurrent use, and knows nothing of any other.
// Whatever does not depend on the vendor, it has from [simulator.Server]: URL, Close, Now;
// Transport, HTTPClient, Certificate, Connections; Requests, Deliveries, ResetRecords; Faults,
// ClearFaults.
type Server struct {
	simulator.Server

	vendor *vendor
	tb     testing.TB // nil if started by Start
}

// NewServer starts a server that closes with the test. A wrong option ends the test.
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
	return &Server{Server: core.Server, vendor: v}, nil
}

// lock runs what is due, locks the server's state, and returns what unlocks it.
func (s *Server) lock() (unlock func()) {
	s.vendor.core.RunDue()
	s.vendor.mu.Lock()
	return s.vendor.mu.Unlock
}

// Credentials returns the API key and the secret that the server accepts, the latter
// as Ceffu hands it out: base64 of PKCS#8, without armour. With [WithKey] they have the
// key as Signer instead. Every server has the same, and they protect nothing.
func (s *Server) Credentials() ceffu.Credentials {
	return ceffu.Credentials{APIKey: testAPIKey, APISecret: s.vendor.secret, Signer: s.vendor.signer}
}

// Client returns a client with the server's credentials, URL and HTTPClient.
// Options of the caller's own come after these and win.
func (s *Server) Client(opts ...ceffu.Option) (*ceffu.Client, error) {
	own := []ceffu.Option{ceffu.WithBaseURL(s.URL), ceffu.WithHTTPClient(s.HTTPClient())}
	return ceffu.New(s.Credentials(), append(own, opts...)...)
}

// Settle runs whatever is due on the server's clock, resends above all. Retries that are
// due later stay so. A receiver must not call it while it is being delivered to.
func (s *Server) Settle() { s.vendor.core.Settle() }

// Record is one request that the server saw, and what became of it: Time, Operation,
// Method, URL, Host, Proto, Header, Body and RemoteAddr as it arrived; Attempt, Verdict,
// Processed, Status, RequestID and Fault ([simulator.Record] explains them). Body is what was
// signed; RequestID is the answer's X-Request-Id.
type Record = simulator.Record

// Delivery is one POST of a notification to a receiver, and what became of it: Time, URL,
// WebhookID, Event ("1" to "4", or "test"), Attempt and Body, then Status, Err and Response.
// Only Status 200 counts as delivered. The ten seconds that a receiver has are documented for
// [Server.Test] and a guess for the others.
type Delivery = simulator.Delivery
