package ceffutest

import (
	"fmt"
	"net/netip"
	"time"
)

// WithTimestampWindow refuses (G20007) timestamps that are further than d from
// the server's clock, in either direction; 0 refuses none. The default of one
// minute is a guess, and so is that the window has two sides: Ceffu documents
// only that timestamps expire.
func WithTimestampWindow(d time.Duration) Option {
	return func(o *options) error {
		if d < 0 {
			return fmt.Errorf("timestamp window: %v is negative", d)
		}
		o.timestampWindow = d
		return nil
	}
}

// WithDuplicateWindow refuses (G20015) a signature that was seen less than d
// ago; 0 refuses none. Ceffu documents "the same signature within a short
// period"; the default of one minute is a guess.
func WithDuplicateWindow(d time.Duration) Option {
	return func(o *options) error {
		if d < 0 {
			return fmt.Errorf("duplicate window: %v is negative", d)
		}
		o.duplicateWindow = d
		return nil
	}
}

// WithRateLimit refuses (G20012) what goes beyond n requests in each period,
// which begins with a request. There is no limit by default: Ceffu's are not
// known, nor is Retry-After mentioned anywhere, so none is sent. The status of a
// refusal is 429, which is a guess: WithStatus("G20012", 200) has the other reading.
func WithRateLimit(n int, period time.Duration) Option {
	return func(o *options) error {
		if n < 1 || period <= 0 {
			return fmt.Errorf("rate limit: %d requests in %v make no limit", n, period)
		}
		o.rateLimit, o.ratePeriod = n, period
		return nil
	}
}

// WithoutPermission refuses (G20016) everything that the key asks for, as if it
// were not in the permission group "Enable Wallet Management".
func WithoutPermission() Option {
	return func(o *options) error {
		o.noPermission = true
		return nil
	}
}

// WithAllowedIPs refuses (G20011) requests from elsewhere. With no argument it
// refuses all. A request through [Server.Transport] counts as from 127.0.0.1.
func WithAllowedIPs(allowed ...netip.Prefix) Option {
	return func(o *options) error {
		o.allowed = append([]netip.Prefix{}, allowed...)
		return nil
	}
}

// WithBusinessErrorsIn200 answers every error of Ceffu's own with HTTP 200 and
// its code in the body. Otherwise an error has the status that its text
// suggests: 400, 401, 403, 429 or 500. Ceffu documents both kinds of answer and
// for no code which it is, so both readings are guesses.
func WithBusinessErrorsIn200(in200 bool) Option {
	return func(o *options) error {
		o.in200 = in200
		return nil
	}
}

// WithStatus answers one code with that HTTP status, whatever
// [WithBusinessErrorsIn200] says.
func WithStatus(code string, status int) Option {
	return func(o *options) error {
		if code == "" || status < 200 || status > 999 {
			return fmt.Errorf("status: %q with %d is no code with a status", code, status)
		}
		o.statuses[code] = status
		return nil
	}
}
