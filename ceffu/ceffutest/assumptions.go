package ceffutest

import (
	"fmt"
	"slices"
	"time"
)

// SuspendedResend is what a resend to a suspended webhook does.
type SuspendedResend int

// Ceffu documents none of the three. ResendIgnored is the default.
const (
	// ResendIgnored accepts the request and delivers nothing.
	ResendIgnored SuspendedResend = iota
	// ResendRefused answers G20005. The code is a guess on top of the guess.
	ResendRefused
	// ResendDelivered delivers as if the webhook were not suspended.
	ResendDelivered
)

// WithSynchronousResend delivers before the request is answered. Whether Ceffu
// does is not documented; by default the server answers first, which is the
// assumption that asks more of a client.
func WithSynchronousResend() Option {
	return set(func(o *options) { o.synchronous = true })
}

// WithResendDelay lets d pass on the server's clock between accepting a resend
// and delivering: none by default. What Ceffu takes is not known.
func WithResendDelay(d time.Duration) Option {
	return check(d >= 0, fmt.Sprintf("resend delay: %v is negative", d),
		func(o *options) { o.resendDelay = d })
}

// WithResentStayingFailed leaves notifications that a resend delivered in the
// set of failed ones, so that the next resend delivers them again. By default
// they leave it. Ceffu documents neither.
func WithResentStayingFailed() Option {
	return set(func(o *options) { o.stayFailed = true })
}

// WithSuspensionAfter suspends a webhook after n failures in a UTC day: 500 by
// default, as documented; 0 for never. Counted is every notification that
// failed after its last retry, and every failure of a resend. That the latter
// count is a guess.
func WithSuspensionAfter(n int) Option {
	return check(n >= 0, fmt.Sprintf("suspension: %d is negative", n),
		func(o *options) { o.suspendAfter = n })
}

// WithSuspendedResend chooses what a resend to a suspended webhook does.
func WithSuspendedResend(r SuspendedResend) Option {
	return check(r >= ResendIgnored && r <= ResendDelivered, fmt.Sprintf("suspended resend: %d is none of the constants", r),
		func(o *options) { o.suspendedResend = r })
}

// WithResendRange refuses (G20026) a resendFromDateTime that is longer ago than
// d. By default none is refused: the 180 days of Ceffu's own SDK are checked by
// that SDK alone, and what the server does is not known. Nor is the code.
func WithResendRange(d time.Duration) Option {
	return check(d > 0, fmt.Sprintf("resend range: %v is not a range", d),
		func(o *options) { o.resendRange = d })
}

// WithUnknownWebhook answers a resend for a webhook that does not exist with
// code, or accepts it with "000000". The default, G20005, is a guess.
func WithUnknownWebhook(code string) Option {
	return check(code != "", fmt.Sprintf("unknown webhook: the code is empty; %q accepts", codeSuccess),
		func(o *options) { o.unknownWebhook = code })
}

// WithTestBody makes body what [Server.Test] POSTs: {} by default. Ceffu
// documents "empty data", which may as well be no byte at all.
func WithTestBody(body []byte) Option {
	return set(func(o *options) { o.testBody = slices.Clone(body) })
}
