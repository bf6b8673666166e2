// Package simulator is what ceffutest and celcointest share: how a fake vendor listens, tells
// the time, misbehaves on demand and remembers what it saw. Each brings its own [Vendor].
//
// A request is read whole, recorded, matched with the faults, and carried out by the vendor
// unless a fault forbids it. The reply and the fault together make an answer. The record is
// complete before its first byte leaves: whoever has the answer finds it in [Server.Requests].
//
// Whatever a vendor dates, it dates by [Server.Now]; work for later goes through
// [Core.At]. Delays of a [Fault] are real timers, as they act on the network.
//
// A goroutine that waits for a socket keeps the clock of a testing/synctest bubble from
// moving. So a simulator that is started inside one opens no listener: Transport, whose
// connections are pipes, is the only way in, and deliveries need Config.Receiver.
package simulator

import (
	"crypto/x509"
	"net/http"
	"time"
)

// VerdictOK is the Verdict of a request that was carried out. Any other verdict
// says why it was not, and [Record].Processed is false.
const VerdictOK = "ok"

// Request is one request as it arrived, read whole.
type Request struct {
	*Record // as far as it is known on arrival
	HTTP    *http.Request
}

// Reply is what the vendor answers when nothing is made to fail.
type Reply struct {
	Status  int // 0: 200
	Header  http.Header
	Body    []byte // JSON, unless Header has a Content-Type
	Verdict string // for the record: VerdictOK, or in a few words why not
}

// Vendor is a vendor's calls and state. Its methods are called concurrently.
type Vendor interface {
	Operation(r *http.Request) string // the call that a request is ("replay"), or "" if it is none
	Key(r *Request) string            // equal for attempts of the same call
	Serve(r *Request) Reply           // carries a request out
	RevokeToken()                     // makes every token given out so far worthless

	// Error is the vendor's JSON for an error, and its status; what is empty or 0 gets a plausible value.
	Error(status int, code, message string) (int, []byte)
}

// Config says how a simulator runs. The vendors' options say more of each field.
type Config struct {
	Vendor       Vendor
	Clock        func() time.Time // nil: time.Now
	Addr         string           // loopback host:port to listen on; empty: a free port of 127.0.0.1
	TLS          bool             // HTTP/1.1 and HTTP/2 over TLS; otherwise plain HTTP/1.1 and h2c
	Seed         uint64           // of Fault.Probability
	Records      int              // how many requests and deliveries are kept, the oldest dropped first
	ClientCAs    *x509.CertPool   // not nil: TLS, for clients with a certificate that one of these signed
	AnnouncedCAs *x509.CertPool   // whom the server names when it asks for one; nil: ClientCAs
	Middleware   func(http.Handler) http.Handler
	Receiver     http.Handler    // gets every delivery, whatever its URL; nil: they are POSTed over the network
	Attach       func(*Core)     // is given the simulator before it serves its first request
	Wrong        map[string]bool // what is wrong with the vendor's options: Start fails with the texts that are true

	RequestIDHeader string // of the id that every answer carries; empty: none does
}

// RateLimit admits so many calls a window, which begins with a call. It needs a lock.
type RateLimit struct {
	Calls  int // 0: no limit
	Window time.Duration

	start time.Time
	used  int
}

// Take counts a call in, or says how long it is until the window ends.
func (l *RateLimit) Take(now time.Time) (wait time.Duration) {
	if l.Calls <= 0 {
		return 0
	}
	if l.used == 0 || now.Sub(l.start).Abs() >= l.Window { // Abs: a clock may be put back
		l.start, l.used = now, 0
	}
	if l.used >= l.Calls {
		return max(l.Window-now.Sub(l.start), 1)
	}
	l.used++
	return 0
}
