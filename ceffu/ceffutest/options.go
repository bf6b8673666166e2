package ceffutest

import (
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/internal/signer"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Option sets up a [Server].
type Option func(*options)

type options struct {
	simulator.Config

	signer                                                     crypto.Signer
	timestampWindow, duplicateWindow, resendDelay, resendRange time.Duration
	noPermission, in200, synchronous, stayFailed               bool
	limit                                                      simulator.RateLimit
	allowed                                                    []netip.Prefix
	statuses                                                   map[string]int
	suspendAfter                                               int
	suspendedResend                                            SuspendedResend
	unknownWebhook                                             string
	testBody                                                   []byte
	key                                                        *rsa.PublicKey // whose signatures the server accepts
	secret                                                     string         // of it, empty if it is the caller's signer
}

func newOptions(opts []Option) (*options, error) {
	o := &options{
		Config:          simulator.Config{RequestIDHeader: "X-Request-Id", Records: 100_000, Wrong: map[string]bool{}},
		timestampWindow: time.Minute, duplicateWindow: time.Minute, resendRange: math.MaxInt64,
		suspendAfter: 500, unknownWebhook: "G20005", testBody: []byte("{}"),
		statuses: map[string]int{},
	}
	block, _ := pem.Decode(testKey)
	o.secret = base64.StdEncoding.EncodeToString(block.Bytes)
	key, err := signer.Parse(o.secret)
	if err != nil {
		return nil, err
	}
	o.key = &key.PublicKey
	for _, opt := range opts {
		if opt != nil {
			opt(o)
		}
	}
	maps.Copy(o.Wrong, map[string]bool{
		"WithRecordLimit: n is not positive":                    o.Records < 1,
		"WithTimestampWindow: d is negative":                    o.timestampWindow < 0,
		"WithDuplicateWindow: d is negative":                    o.duplicateWindow < 0,
		"WithRateLimit: n and period must be above 0":           (o.limit.Calls < 1) != (o.limit.Window <= 0),
		"WithSuspendedResend: needs one of the constants":       uint(o.suspendedResend) > uint(ResendDelivered),
		"WithResendDelay: d is negative":                        o.resendDelay < 0,
		"WithSuspensionAfter: n is negative":                    o.suspendAfter < 0,
		"WithResendRange: d is not positive":                    o.resendRange <= 0,
		"WithUnknownWebhook: the code is empty; 000000 accepts": o.unknownWebhook == "",
	})
	return o, nil
}

// WithClock makes now the server's only clock. It cannot wake anything: what is due runs at
// the next request, look at the state, or [Server.Settle]. A [Fault] delays in real time.
func WithClock(now func() time.Time) Option {
	return func(o *options) { o.Clock, o.Wrong["WithClock: no clock"] = now, now == nil }
}

// WithTLS serves HTTP/1.1 and HTTP/2 over TLS. Without it the server speaks both in plain text.
func WithTLS() Option { return func(o *options) { o.TLS = true } }

// WithAddr listens on a loopback host:port instead of a free port of 127.0.0.1.
func WithAddr(addr string) Option { return func(o *options) { o.Addr = addr } }

// WithSeed seeds faults with a Probability, and request ids. The default is 0.
func WithSeed(seed uint64) Option { return func(o *options) { o.Seed = seed } }

// WithRecordLimit keeps the newest n requests, and as many deliveries: 100,000 by default.
func WithRecordLimit(n int) Option { return func(o *options) { o.Records = n } }

// WithReceiver delivers all notifications to h by a direct call, whatever their URL.
func WithReceiver(h http.Handler) Option {
	return func(o *options) { o.Receiver, o.Wrong["WithReceiver: no handler"] = h, h == nil }
}

// WithKey expects signatures by this RSA key, which [Server.Credentials] then has as Signer.
func WithKey(key crypto.Signer) Option {
	return func(o *options) {
		isRSA := false
		if o.signer, o.secret = key, ""; key != nil {
			o.key, isRSA = key.Public().(*rsa.PublicKey)
		}
		o.Wrong["WithKey: not an RSA key, which is all that Ceffu takes"] = !isRSA
	}
}

// WithMiddleware wraps the server's handler: what it answers by itself is neither recorded
// nor subject to faults. [simulator.Server.Transport] goes past it.
func WithMiddleware(wrap func(http.Handler) http.Handler) Option {
	return func(o *options) { o.Middleware = wrap }
}

// WithTimestampWindow refuses (G20007) timestamps further than d from the server's
// clock; 0 refuses none. Documented is only that timestamps expire: one minute is a guess.
func WithTimestampWindow(d time.Duration) Option { return func(o *options) { o.timestampWindow = d } }

// WithDuplicateWindow refuses (G20015) a signature that was seen less than d ago; 0
// refuses none. Documented is "within a short period": one minute is a guess.
func WithDuplicateWindow(d time.Duration) Option { return func(o *options) { o.duplicateWindow = d } }

// WithRateLimit refuses (G20012, with 429, without Retry-After: guesses) what goes beyond
// n requests in each period. By default there is no limit; Ceffu's are not known.
func WithRateLimit(n int, period time.Duration) Option {
	return func(o *options) { o.limit = simulator.RateLimit{Calls: n, Window: period} }
}

// WithoutPermission refuses (G20016) every request, as if the key were not in the
// permission group "Enable Wallet Management".
func WithoutPermission() Option { return func(o *options) { o.noPermission = true } }

// WithAllowedIPs refuses (G20011) requests from elsewhere; without an argument, all. Those
// through [simulator.Server.Transport] count as coming from 127.0.0.1.
func WithAllowedIPs(allowed ...netip.Prefix) Option {
	return func(o *options) { o.allowed = append([]netip.Prefix{}, allowed...) }
}

// WithBusinessErrorsIn200 answers errors with HTTP 200 and the code in the body. By default
// they have the status that their text suggests. Which code has which is undocumented.
func WithBusinessErrorsIn200(in200 bool) Option { return func(o *options) { o.in200 = in200 } }

// WithStatus answers one code with that HTTP status, whatever else says otherwise.
func WithStatus(code string, status int) Option {
	return func(o *options) {
		o.statuses[code] = status
		o.Wrong[fmt.Sprintf("WithStatus: %q with %d", code, status)] = code == "" || status < 200 || status > 999
	}
}

// SuspendedResend is what a resend to a suspended webhook does. Ceffu documents none of the three.
type SuspendedResend int

const (
	// ResendIgnored accepts the request and delivers nothing: the default.
	ResendIgnored SuspendedResend = iota
	// ResendRefused answers G20005. The code is a guess too.
	ResendRefused
	// ResendDelivered delivers as if the webhook were not suspended.
	ResendDelivered
)

// WithSuspendedResend chooses what a resend to a suspended webhook does.
func WithSuspendedResend(r SuspendedResend) Option { return func(o *options) { o.suspendedResend = r } }

// WithSynchronousResend delivers before the request is answered. Undocumented.
func WithSynchronousResend() Option { return func(o *options) { o.synchronous = true } }

// WithResendDelay delivers a resend so long after accepting it. What Ceffu takes is unknown.
func WithResendDelay(d time.Duration) Option { return func(o *options) { o.resendDelay = d } }

// WithResentStayingFailed lets the next resend deliver again what a resend has delivered.
// By default that has left the failed notifications. Undocumented.
func WithResentStayingFailed() Option { return func(o *options) { o.stayFailed = true } }

// WithSuspensionAfter suspends a webhook after n failures in a UTC day: 500 by default, as
// documented; 0 for never. That a failure of a resend counts is a guess.
func WithSuspensionAfter(n int) Option { return func(o *options) { o.suspendAfter = n } }

// WithResendRange refuses (G20026, a guess) a resendFromDateTime longer ago than d. By
// default none is refused. Ceffu's own SDK refuses more than 180 days.
func WithResendRange(d time.Duration) Option { return func(o *options) { o.resendRange = d } }

// WithUnknownWebhook answers a resend for a webhook that does not exist with
// code, or accepts it with "000000". The default, G20005, is a guess.
func WithUnknownWebhook(code string) Option { return func(o *options) { o.unknownWebhook = code } }

// WithTestBody makes body what [Server.Test] POSTs: {} by default. Documented is "empty
// data", which may as well be no byte at all.
func WithTestBody(body []byte) Option { return func(o *options) { o.testBody = slices.Clone(body) } }
