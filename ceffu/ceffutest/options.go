package ceffutest

import (
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"
)

// Option sets up a [Server].
type Option func(*options) error

type options struct {
	clock      func() time.Time
	tls        bool
	addr       string
	seed       uint64
	records    int
	receiver   http.Handler
	middleware func(http.Handler) http.Handler
	signer     crypto.Signer

	timestampWindow time.Duration
	duplicateWindow time.Duration
	rateLimit       int
	ratePeriod      time.Duration
	noPermission    bool
	allowed         []netip.Prefix
	in200           bool
	statuses        map[string]int

	synchronous     bool
	resendDelay     time.Duration
	stayFailed      bool
	suspendAfter    int
	suspendedResend SuspendedResend
	resendRange     time.Duration
	unknownWebhook  string
	testBody        []byte
}

func defaults() *options {
	return &options{
		timestampWindow: time.Minute,
		duplicateWindow: time.Minute,
		suspendAfter:    500,
		unknownWebhook:  "G20005",
		testBody:        []byte("{}"),
		statuses:        make(map[string]int),
	}
}

// WithClock makes the server tell the time by now: windows, Date headers, the
// retry schedule, the day of a suspension. A clock of one's own wakes nobody, so
// what becomes due by it runs at the next request, when state is looked at, and
// in [Server.Settle]. Delays of a [Fault] pass in real time all the same.
func WithClock(now func() time.Time) Option {
	return func(o *options) error {
		if now == nil {
			return errors.New("clock: is nil")
		}
		o.clock = now
		return nil
	}
}

// WithTLS serves HTTP/1.1 and HTTP/2 over TLS, with the certificate that package
// net/http/httptest carries. Without it the server speaks both in plain text,
// HTTP/2 to whoever starts with it.
func WithTLS() Option {
	return func(o *options) error {
		o.tls = true
		return nil
	}
}

// WithAddr listens on a loopback host:port instead of a free port of 127.0.0.1.
func WithAddr(addr string) Option {
	return func(o *options) error {
		o.addr = addr
		return nil
	}
}

// WithSeed seeds what is random: whether a [Fault] with a Probability strikes,
// and request ids. The same seed and the same requests, one after another, give
// the same run.
func WithSeed(seed uint64) Option {
	return func(o *options) error {
		o.seed = seed
		return nil
	}
}

// WithRecordLimit keeps the newest n requests, and as many deliveries: 100,000
// by default.
func WithRecordLimit(n int) Option {
	return func(o *options) error {
		if n < 1 {
			return fmt.Errorf("record limit: %d is less than 1", n)
		}
		o.records = n
		return nil
	}
}

// WithReceiver delivers all notifications to h by a direct call, whatever the
// URL of their webhook, instead of POSTing them over the network.
func WithReceiver(h http.Handler) Option {
	return func(o *options) error {
		if h == nil {
			return errors.New("receiver: is nil")
		}
		o.receiver = h
		return nil
	}
}

// WithKey makes the server expect signatures by another RSA key than its test
// key. [Server.Credentials] then has it as Signer.
func WithKey(key crypto.Signer) Option {
	return func(o *options) error {
		if key == nil {
			return errors.New("key: is nil")
		}
		o.signer = key
		return nil
	}
}
