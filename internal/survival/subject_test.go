package survival

import (
	"math"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// document stands for what is personal in a request.
const document = "12345678909"

// subject is a vendor's simulator that holds one undelivered webhook, and a
// client of it.
type subject struct {
	ceffu     *ceffu.Client
	celcoin   *celcoin.Client
	webhookID string // of ceffu
	now       time.Time

	gate     *gate
	received atomic.Int32
	inject   func(simulator.Fault) error
	requests func() []simulator.Record
	settle   func()
	close    func()
}

// ServeHTTP is the receiver of deliveries.
func (s *subject) ServeHTTP(http.ResponseWriter, *http.Request) { s.received.Add(1) }

// newSubject starts a simulator of an operation's vendor. Close ends it.
func newSubject(tb testing.TB, op operation, w wire, m mode) *subject {
	tb.Helper()
	s := &subject{now: time.Now()}
	if op.vendor == ceffuSide {
		s.startCeffu(tb, op, w, m)
	} else {
		s.startCelcoin(tb, op, w, m)
	}
	return s
}

func (s *subject) startCeffu(tb testing.TB, op operation, w wire, m mode) {
	tb.Helper()
	// What was resent stays failed, so that a second resend delivers a second time.
	opts := []ceffutest.Option{ceffutest.WithReceiver(s), ceffutest.WithResentStayingFailed()}
	server, err := ceffutest.Start(opts...)
	require.NoError(tb, err)
	hook, err := server.AddWebhook(ceffutest.Webhook{})
	require.NoError(tb, err)
	require.NoError(tb, server.AddFailed(ceffutest.Batch{WebhookID: hook.ID, EventType: ceffu.DepositSuccess, Count: 1}))
	s.webhookID = hook.ID
	s.inject = func(f simulator.Fault) error { return server.Inject(ceffutest.Fault(f)) }
	s.requests = func() []simulator.Record {
		var records []simulator.Record
		for _, r := range server.Requests() {
			records = append(records, simulator.Record(r))
		}
		return records
	}
	s.settle, s.close = server.Settle, server.Close
	s.connect(tb, op, w, server.Transport())
	s.ceffu, err = ceffu.New(server.Credentials(), ceffu.WithBaseURL(server.URL),
		ceffu.WithHTTPClient(&http.Client{Transport: s.gate}),
		ceffu.WithAttemptTimeout(w.attemptTimeout()),
		ceffu.WithRetryPolicy(ceffu.RetryPolicy(w.policy(m))))
	require.NoError(tb, err)
}

func (s *subject) startCelcoin(tb testing.TB, op operation, w wire, m mode) {
	tb.Helper()
	opts := []celcointest.Option{celcointest.WithReceiver(s)}
	server, err := celcointest.Start(opts...)
	require.NoError(tb, err)
	server.Add(celcointest.Webhook{
		ID: replayed, Created: s.now.Add(-time.Hour), Request: "{}", Filter: celcoin.Filter{DocumentNumber: document},
	})
	s.inject = func(f simulator.Fault) error { return server.Inject(celcointest.Fault(f)) }
	s.requests = func() []simulator.Record {
		var records []simulator.Record
		for _, r := range server.Requests() {
			records = append(records, simulator.Record(r))
		}
		return records
	}
	s.settle, s.close = server.Settle, server.Close
	s.connect(tb, op, w, server.Transport())
	s.celcoin, err = celcoin.New(server.Credentials(), celcoin.WithBaseURL(server.URL),
		celcoin.WithHTTPClient(&http.Client{Transport: s.gate}),
		celcoin.WithAttemptTimeout(w.attemptTimeout()),
		celcoin.WithRetryPolicy(celcoin.RetryPolicy(w.policy(m))))
	require.NoError(tb, err)
}

// connect puts the gate between the client and its server.
func (s *subject) connect(tb testing.TB, op operation, w wire, open http.RoundTripper) {
	tb.Helper()
	if !w.virtual {
		tr := &http.Transport{MaxIdleConnsPerHost: 64}
		tb.Cleanup(tr.CloseIdleConnections)
		open = tr
	}
	s.gate = &gate{open: open, matches: func(r *http.Request) bool { return isToken(r) == (op.calls == "token") }}
}

// retryPolicy has the fields of both packages' RetryPolicy.
type retryPolicy struct {
	MaxRetries    int
	MinWait       time.Duration
	MaxWait       time.Duration
	MaxRetryAfter time.Duration
}

// policy is the default one where time costs nothing.
func (w wire) policy(m mode) retryPolicy {
	p := retryPolicy{MaxRetries: m.retries}
	if m.retries == 0 {
		p.MaxRetries = -1
	}
	if !w.virtual {
		p.MinWait, p.MaxWait, p.MaxRetryAfter = time.Microsecond, time.Millisecond, w.maxRetryAfter()
	}
	return p
}

// attemptTimeout is none over sockets: no slow machine runs into one, and none
// cleans up behind a body that nobody closed.
func (w wire) attemptTimeout() time.Duration {
	if w.virtual {
		return 10 * time.Second
	}
	return 0
}

// arm puts a fault in the way of the operation.
func (s *subject) arm(tb testing.TB, f fault, op operation, m mode) {
	tb.Helper()
	if f.shut != nil {
		s.gate.shut = f.shut
		s.gate.left.Store(int32(min(m.strikes, math.MaxInt16)))
		return
	}
	does := f.does
	does.Operation = op.calls
	does.Times = m.strikes
	require.NoError(tb, s.inject(does))
}
