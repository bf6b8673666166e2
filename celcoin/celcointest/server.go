package celcointest

import (
	"fmt"
	"testing"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Server is a running simulated Celcoin. It is safe for concurrent use. Whatever does not
// depend on the vendor, it has from [simulator.Server]: URL, Close, Now; Transport,
// HTTPClient, Certificate, Connections; Requests, Deliveries, ResetRecords; Faults, ClearFaults.
type Server struct {
	simulator.Server

	vendor *vendor
}

// NewServer starts a server that closes with the test. A wrong option ends the test.
func NewServer(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Start(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// Start starts a server for a program, which closes it.
func Start(opts ...Option) (*Server, error) {
	cfg := newConfig(opts)
	v := newVendor(cfg)
	cfg.Vendor, cfg.Attach = v, func(core *simulator.Core) { v.core = core }
	core, err := simulator.Start(cfg.Config)
	if err != nil {
		return nil, fmt.Errorf("celcointest: %w", err)
	}
	return &Server{core.Server, v}, nil
}

// lock runs what is due, locks the server's state, and returns what unlocks it.
func (s *Server) lock() (unlock func()) {
	s.vendor.core.RunDue()
	s.vendor.mu.Lock()
	return s.vendor.mu.Unlock
}

// Settle returns when every replay accepted so far has been delivered or blocked. It
// waits for those that are due later; on a clock of [WithClock] it only delivers what is
// due already. A receiver must not call it while it is being delivered to.
func (s *Server) Settle() { s.vendor.core.Drain() }

// Credentials are what the server's token call takes.
func (s *Server) Credentials() celcoin.Credentials {
	return celcoin.Credentials{ClientID: s.vendor.cfg.clientID, ClientSecret: s.vendor.cfg.clientSecret}
}

// Client returns a client with the server's credentials, URL and
// HTTPClient. Options of the caller's own come after these and win.
func (s *Server) Client(opts ...celcoin.Option) (*celcoin.Client, error) {
	own := []celcoin.Option{celcoin.WithBaseURL(s.URL), celcoin.WithHTTPClient(s.HTTPClient())}
	return celcoin.New(s.Credentials(), append(own, opts...)...)
}

// RevokeTokens makes every token given out so far worthless.
func (s *Server) RevokeTokens() { s.vendor.RevokeToken() }

// SetTokenDown lets the token endpoint answer 503, or brings it back. Tokens that were
// given out stay valid. Outages of Celcoin's are not known.
func (s *Server) SetTokenDown(down bool) {
	defer s.lock()()
	s.vendor.tokenDown = down
}

// TokenRequests is how many token requests were carried out, refused ones included.
func (s *Server) TokenRequests() int {
	defer s.lock()()
	return s.vendor.tokenRequests
}

// Record is one request that the server saw, and what became of it: Time, Operation,
// Method, URL, Host, Proto, Header, Body and RemoteAddr as it arrived; Attempt, Verdict,
// Processed, Status, RequestID and Fault ([simulator.Record] explains them). RequestID is empty:
// no such header is known of Celcoin. All requests for a token are one call.
type Record = simulator.Record

// Delivery is one POST of a webhook to a receiver, and what became of it: Time, URL,
// WebhookID, Event (the entity), Attempt (which goes on from Webhook.Attempts) and Body, then
// Status, Err and Response. The ten seconds that a receiver has are a guess.
type Delivery = simulator.Delivery
