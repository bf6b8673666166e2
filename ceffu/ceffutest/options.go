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

// set makes an option that cannot fail.
func set(change func(*options)) Option { return check(true, "", change) }

// check makes an option of which must is true, or that fails with the text.
func check(must bool, wrong string, change func(*options)) Option {
	return func(o *options) error {
		if !must {
			return errors.New(wrong)
		}
		change(o)
		return nil
	}
}

// WithClock makes the server tell the time by now: windows, Date headers, the
// retry schedule, the day of a suspension. A clock of one's own wakes nobody, so
// what becomes due by it runs at the next request, when state is looked at, and
// in [Server.Settle]. Delays of a [Fault] pass in real time all the same.
func WithClock(now func() time.Time) Option {
	return check(now != nil, "clock: is nil",
		func(o *options) { o.clock = now })
}

// WithTLS serves HTTP/1.1 and HTTP/2 over TLS, with the certificate that package
// net/http/httptest carries. Without it the server speaks both in plain text,
// HTTP/2 to whoever starts with it.
func WithTLS() Option {
	return set(func(o *options) { o.tls = true })
}

// WithAddr listens on a loopback host:port instead of a free port of 127.0.0.1.
func WithAddr(addr string) Option {
	return set(func(o *options) { o.addr = addr })
}

// WithSeed seeds what is random: whether a [Fault] with a Probability is used,
// and request ids. The same seed and the same requests, one after another, give
// the same run.
func WithSeed(seed uint64) Option {
	return set(func(o *options) { o.seed = seed })
}

// WithRecordLimit keeps the newest n requests, and as many deliveries: 100,000
// by default.
func WithRecordLimit(n int) Option {
	return check(n >= 1, fmt.Sprintf("record limit: %d is less than 1", n),
		func(o *options) { o.records = n })
}

// WithReceiver delivers all notifications to h by a direct call, whatever the
// URL of their webhook, instead of POSTing them over the network.
func WithReceiver(h http.Handler) Option {
	return check(h != nil, "receiver: is nil",
		func(o *options) { o.receiver = h })
}

// WithKey makes the server expect signatures by another RSA key than its test
// key. [Server.Credentials] then has it as Signer.
func WithKey(key crypto.Signer) Option {
	return check(key != nil, "key: is nil",
		func(o *options) { o.signer = key })
}

// WithMiddleware wraps the server's handler: what the middleware answers by
// itself is neither recorded nor subject to faults. Requests through
// [Server.Transport] go past it.
func WithMiddleware(middleware func(http.Handler) http.Handler) Option {
	return set(func(o *options) { o.middleware = middleware })
}

// WithTimestampWindow refuses (G20007) timestamps that are further than d from
// the server's clock, in either direction; 0 refuses none. The default of one
// minute is a guess, and so is that the window has two sides: Ceffu documents
// only that timestamps expire.
func WithTimestampWindow(d time.Duration) Option {
	return check(d >= 0, fmt.Sprintf("timestamp window: %v is negative", d),
		func(o *options) { o.timestampWindow = d })
}

// WithDuplicateWindow refuses (G20015) a signature that was seen less than d
// ago; 0 refuses none. Ceffu documents "the same signature within a short
// period"; the default of one minute is a guess.
func WithDuplicateWindow(d time.Duration) Option {
	return check(d >= 0, fmt.Sprintf("duplicate window: %v is negative", d),
		func(o *options) { o.duplicateWindow = d })
}

// WithRateLimit refuses (G20012) what goes beyond n requests in each period,
// which begins with a request. There is no limit by default: Ceffu's are not
// known, nor is Retry-After mentioned anywhere, so none is sent. The status of a
// refusal is 429, which is a guess: WithStatus("G20012", 200) has the other assumption.
func WithRateLimit(n int, period time.Duration) Option {
	return check(n >= 1 && period > 0, fmt.Sprintf("rate limit: %d requests in %v make no limit", n, period),
		func(o *options) { o.rateLimit, o.ratePeriod = n, period })
}

// WithoutPermission refuses (G20016) everything that the key asks for, as if it
// were not in the permission group "Enable Wallet Management".
func WithoutPermission() Option {
	return set(func(o *options) { o.noPermission = true })
}

// WithAllowedIPs refuses (G20011) requests from elsewhere. With no argument it
// refuses all. A request through [Server.Transport] counts as from 127.0.0.1.
func WithAllowedIPs(allowed ...netip.Prefix) Option {
	return set(func(o *options) { o.allowed = append([]netip.Prefix{}, allowed...) })
}

// WithBusinessErrorsIn200 answers every error of Ceffu's own with HTTP 200 and
// its code in the body. Otherwise an error has the status that its text
// suggests: 400, 401, 403, 429 or 500. Ceffu documents both kinds of answer and
// for no code which it is, so both are guesses.
func WithBusinessErrorsIn200(in200 bool) Option {
	return set(func(o *options) { o.in200 = in200 })
}

// WithStatus answers one code with that HTTP status, whatever
// [WithBusinessErrorsIn200] says.
func WithStatus(code string, status int) Option {
	return check(code != "" && status >= 200 && status <= 999, fmt.Sprintf("status: %q with %d is not a code with a status", code, status),
		func(o *options) { o.statuses[code] = status })
}
