// Package simulator is what ceffutest and celcointest share: how a fake vendor
// listens, tells the time, misbehaves on demand and remembers what it saw. It
// knows no vendor; each of the two brings its own through [Vendor].
package simulator

import (
	"net/http"
	"time"
)

// Request is one request as it arrived, read whole.
type Request struct {
	Time       time.Time // on the simulator's clock
	Operation  string    // as Vendor.Operation named it
	Method     string
	URL        string // path and query, as they stood on the request line
	Header     http.Header
	Body       []byte
	RemoteAddr string // empty when it came through Transport
	HTTP       *http.Request
}

// Reply is what the vendor answers when nothing is made to fail.
type Reply struct {
	Status  int
	Header  http.Header
	Body    []byte
	Verdict string // in a word or two, for the record: "ok", "bad signature", "token expired"
}

// Vendor is a fake vendor's own part: its calls and its state.
type Vendor interface {
	// Operation names the call that a request is ("replay"), or "" if it is none.
	Operation(r *http.Request) string
	// Key tells which requests are attempts of the same call, so that the record can number them.
	Key(r *Request) string
	// Serve carries a request out.
	Serve(r *Request) Reply
	// ErrorBody is the vendor's JSON for an error of that code; an empty code or message gets a plausible one.
	ErrorBody(status int, code, message string) []byte
	// RevokeToken makes every token given out so far worthless. A vendor without tokens does nothing.
	RevokeToken()
}

// Config says how a simulator runs.
type Config struct {
	Vendor  Vendor
	Clock   func() time.Time // nil: time.Now
	Addr    string           // loopback host:port to listen on; empty: a free port of 127.0.0.1
	TLS     bool             // HTTP/1.1 and HTTP/2 over TLS; otherwise plain HTTP/1.1 and h2c
	Seed    uint64           // of Fault.Probability
	Records int              // how many records are kept, the oldest dropped first; 0: 100,000
}
