package survival

import (
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

func TestMain(m *testing.M) {
	if os.Getenv(envPlain) != "" {
		// The second process of TestProxiesOfTheEnvironment has a client without an
		// http.Client, whose idle connections end with the process.
		os.Exit(m.Run()) //nolint:forbidigo // it is what TestMain has to do
	}
	goleak.VerifyTestMain(m)
}

// retryPolicy has the fields of both packages' RetryPolicy.
type retryPolicy struct {
	MaxRetries    int
	MinWait       time.Duration
	MaxWait       time.Duration
	MaxRetryAfter time.Duration
}

// subject is a vendor's simulator that holds one undelivered webhook, and a
// client of it.
type subject struct {
	vendor  string
	ceffu   *ceffu.Client
	celcoin *celcoin.Client
	id      string // of the webhook
	begin   time.Time

	shut     func(*http.Request) bool // requests that find no connection; nil: none
	open     http.RoundTripper
	received atomic.Int32
	inject   func(simulator.Fault) error
	requests func() []simulator.Record
	settle   func()
	close    func()
}

// ServeHTTP is the receiver of deliveries.
func (s *subject) ServeHTTP(http.ResponseWriter, *http.Request) { s.received.Add(1) }

// RoundTrip stands between the client and its server.
func (s *subject) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.shut != nil && s.shut(r) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return s.open.RoundTrip(r)
}

// CloseIdleConnections is for http.Client.
func (*subject) CloseIdleConnections() {}

const seed = 20_260_131

// newSubject starts a vendor's simulator, to which requests go in virtual time or
// over sockets. Close ends it.
func newSubject(tb testing.TB, vendor string, virtual bool, p retryPolicy) *subject {
	tb.Helper()
	s := &subject{vendor: vendor, begin: time.Now(), id: "7000000000000000001"}
	// Virtual time makes a hanging attempt cheap. Over sockets nothing hangs, and no
	// slow machine runs into a timeout that is not there.
	timeout, through := time.Duration(0), &http.Client{Transport: s}
	if virtual {
		timeout = 10 * time.Second
	}
	var inMemory http.RoundTripper
	if vendor == "ceffu" {
		// What was resent stays failed, so that a second resend delivers a second time.
		server, err := ceffutest.Start(ceffutest.WithReceiver(s), ceffutest.WithResentStayingFailed(),
			ceffutest.WithSeed(seed), ceffutest.WithUnknownWebhook("000000"))
		require.NoError(tb, err)
		hook, err := server.AddWebhook(ceffutest.Webhook{})
		require.NoError(tb, err)
		require.NoError(tb, server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, EventType: ceffu.DepositSuccess, Count: 1}))
		s.id, s.settle, s.close, inMemory = hook.ID, server.Settle, server.Close, server.Transport()
		s.inject, s.requests = server.Inject, server.Requests
		s.ceffu, err = ceffu.New(server.Credentials(), ceffu.WithBaseURL(server.URL), ceffu.WithHTTPClient(through),
			ceffu.WithAttemptTimeout(timeout), ceffu.WithRetryPolicy(ceffu.RetryPolicy(p)))
		require.NoError(tb, err)
	} else {
		server, err := celcointest.Start(celcointest.WithReceiver(s), celcointest.WithSeed(seed))
		require.NoError(tb, err)
		server.Add(celcointest.Webhook{
			ID: s.id, Created: s.begin.Add(-time.Hour), Request: "{}", Filter: celcoin.Filter{ClientRequestID: s.id},
		})
		s.settle, s.close, inMemory = server.Settle, server.Close, server.Transport()
		s.inject, s.requests = server.Inject, server.Requests
		s.celcoin, err = celcoin.New(server.Credentials(), celcoin.WithBaseURL(server.URL), celcoin.WithHTTPClient(through),
			celcoin.WithAttemptTimeout(timeout), celcoin.WithRetryPolicy(celcoin.RetryPolicy(p)))
		require.NoError(tb, err)
	}
	s.open = inMemory
	if !virtual {
		sockets := &http.Transport{MaxIdleConnsPerHost: 64}
		tb.Cleanup(sockets.CloseIdleConnections)
		s.open = sockets
	}
	return s
}

func isToken(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/v5/token") }
