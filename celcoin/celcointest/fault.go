package celcointest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Fault is one way to misbehave, and when to. Operations are "token", "count",
// "details" and "replay".
//
// Faults are tried in the order in which they were injected; the first that
// strikes a request is the only one. Every fault counts the requests that match
// it, also those that another one struck.
type Fault struct {
	// When. A fault strikes the requests that match, after Skip of them, Times times.
	Operation   string                   // only this call; empty: any
	Match       func(*http.Request) bool // only these; nil: any. The body can be read
	Skip        int                      // matching requests that are left alone first
	Times       int                      // how often it strikes: 0 once (always, if Probability is set), negative always
	Probability float64                  // above 0: strikes with this probability, drawn from the server's seed

	// Whether the request is carried out before the fault shows: the answer is lost, not the request.
	Processed bool

	// What is answered instead. With none of Status, Code, Message, Body, RedirectTo, Bomb and Size
	// set it is the true answer, to which delays, headers and framing apply.
	Status      int    // 0: 400 with a Code or Message, 307 with RedirectTo, otherwise 200
	Code        string // the vendor's code, in the vendor's JSON
	Message     string
	Body        []byte        // sent as it is; non-nil but empty: an empty body. Nil with a Status: the vendor's JSON for it
	ContentType string        // empty: JSON if the body is, otherwise as its first bytes look
	Header      http.Header   // added to the answer's
	RetryAfter  string        // sent as it is, in any form
	DateSkew    time.Duration // added to the Date header; neither vendor is known to do so
	NoDate      bool          // no Date header; neither vendor is known to do so
	RedirectTo  string        // a 307 to this URL (Status overrides the 307)
	RevokeToken bool          // every token is worthless from this request on

	// How it is sent.
	DelayHeaders  time.Duration // before the status line
	DelayBody     time.Duration // between two pieces of the body, which is cut into eight (a shorter one into bytes)
	Reset         bool          // the connection is reset, no answer
	CutBody       bool          // the connection ends in the middle of the body
	ContentLength int64         // a false Content-Length; 0: the true one
	Gzip          bool          // the body compressed, if the client takes it
	Bomb          int64         // a gzip body that unpacks to this many bytes, whether the client takes it or not
	Size          int64         // a body of this many bytes, made as it is sent
	Garbage       []byte        // these bytes instead of HTTP
	Hang          bool          // nothing, until the client leaves
}

// ArmedFault is a fault that was injected, and how often it struck.
type ArmedFault struct {
	Fault  Fault
	Seen   int  // requests that matched
	Struck int  // of these, those it struck
	Spent  bool // it will not strike again
}

// Inject arms a fault, or says what is wrong with it.
func (s *Server) Inject(f Fault) error {
	if err := s.core.Inject(simulator.Fault(f)); err != nil {
		return fmt.Errorf("celcointest: %w", err)
	}
	return nil
}

// ClearFaults disarms every fault and forgets those that are spent.
func (s *Server) ClearFaults() { s.core.ClearFaults() }

// Faults tells what is armed and what has been, in order of injection.
func (s *Server) Faults() []ArmedFault {
	known := s.core.Faults()
	faults := make([]ArmedFault, len(known))
	for i, f := range known {
		faults[i] = ArmedFault{Fault: Fault(f.Fault), Seen: f.Seen, Struck: f.Struck, Spent: f.Spent}
	}
	return faults
}
