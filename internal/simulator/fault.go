package simulator

import (
	"net/http"
	"time"
)

// Fault is one way to misbehave, and when to. ceffutest.Fault and
// celcointest.Fault have the same fields and are converted to it.
type Fault struct {
	// When. A fault strikes the requests that match, after Skip of them, Times times.
	Operation   string                   // only this call; empty: any
	Match       func(*http.Request) bool // only these; nil: any. The body can be read
	Skip        int                      // matching requests that are left alone first
	Times       int                      // how often it strikes: 0 once (always, if Probability is set), negative always
	Probability float64                  // above 0: strikes with this probability, drawn from the server's seed

	// Whether the request is carried out before the fault shows: the answer is lost, not the request.
	Processed bool

	// What is answered instead. Status 0 with none of the others set: the true answer (then only delays, headers and framing apply).
	Status      int
	Code        string // the vendor's code, in the vendor's JSON
	Message     string
	Body        []byte // sent as it is; non-nil but empty: an empty body
	ContentType string
	Header      http.Header // added to the answer's
	RetryAfter  string      // sent as it is, in any form
	DateSkew    time.Duration
	RedirectTo  string // a 307 to this URL (Status overrides the 307)
	RevokeToken bool   // every token is worthless from this request on

	// How it is sent.
	DelayHeaders  time.Duration // before the status line
	DelayBody     time.Duration // between pieces of the body (DelayPieces of them)
	Reset         bool          // the connection is reset, no answer
	CutBody       bool          // the connection ends in the middle of the body
	ContentLength int64         // a false Content-Length; 0: the true one
	Gzip          bool          // the body compressed, if the client takes it
	Bomb          int64         // a gzip body that unpacks to this many bytes
	Size          int64         // a body of this many bytes, made as it is sent
	Garbage       []byte        // these bytes instead of HTTP
	Hang          bool          // nothing, until the client leaves
}
