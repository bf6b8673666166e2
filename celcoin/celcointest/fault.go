package celcointest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Fault is one way to misbehave, and when to. Operations are [OpToken], [OpCount],
// [OpDetails], [OpReplay], [OpPaymentStatus] and [OpReceiptStatus]; for the calls of
// one entity see [ForEntity].
//
// At most one fault is used on a request: of those that match, the first that was
// injected. Every fault counts the requests that match it, also those on which
// another one was used.
type Fault struct {
	// When. A fault is used on requests that match, after Skip of them, Times times.
	Operation   string                   // only this call; empty: any
	Match       func(*http.Request) bool // only these; nil: any. The body can be read
	Skip        int                      // matching requests that are left alone first
	Times       int                      // how often it is used: 0 once (always, if Probability is set), negative always
	Probability float64                  // above 0: used with this probability, drawn from the server's seed

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
	RetryAfter  string        // sent as it is, with any Status: seconds, a date, a Unix time, nonsense
	DateSkew    time.Duration // added to the Date header; neither vendor is known to do so
	NoDate      bool          // no Date header; neither vendor is known to do so
	RedirectTo  string        // a 307 to this URL (Status overrides the 307)
	RevokeToken bool          // every token is worthless from this request on

	// How it is sent.
	DelayHeaders  time.Duration // before the status line
	DelayBody     time.Duration // in the middle of the body
	Reset         bool          // the connection is reset, no answer
	CutBody       bool          // the connection ends in the middle of the body
	ContentLength int64         // a false Content-Length; 0: the true one
	Gzip          bool          // the body compressed, if the client takes it
	Bomb          int64         // a gzip body that unpacks to this many bytes, whether the client takes it or not
	Size          int64         // a body of this many bytes, made as it is sent
	Garbage       []byte        // these bytes instead of HTTP
	Hang          bool          // nothing, until the client leaves
}

// ArmedFault is a fault that was injected, and how often it was used.
type ArmedFault struct {
	Fault  Fault
	Seen   int  // requests that matched
	Struck int  // of these, those on which it was used
	Spent  bool // it will not be used again
}

// Inject adds a fault, or says what is wrong with it.
func (s *Server) Inject(f Fault) error {
	if err := s.core.Inject(simulator.Fault(f)); err != nil {
		return fmt.Errorf("celcointest: %w", err)
	}
	return nil
}

// ClearFaults removes every fault.
func (s *Server) ClearFaults() { s.core.ClearFaults() }

// Faults lists the faults in order of injection, those that are used up too.
func (s *Server) Faults() []ArmedFault {
	return simulator.Each(s.core.Faults(), func(f simulator.ArmedFault) ArmedFault {
		return ArmedFault{Fault: Fault(f.Fault), Seen: f.Seen, Struck: f.Struck, Spent: f.Spent}
	})
}
