package ceffutest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Fault is one way to misbehave, and when to.
//
// Faults are tried in the order in which they were injected; the first that
// strikes a request is the only one. Every fault counts the requests that match
// it, also those that another one struck.
type Fault struct {
	// When. A fault strikes the requests that match, after Skip of them, Times times.
	Operation   string                   // only this call, OpResend; empty: any
	Match       func(*http.Request) bool // only these; nil: any. The body can be read
	Skip        int                      // matching requests that are left alone first
	Times       int                      // how often it strikes: 0 once (always, if Probability is set), negative always
	Probability float64                  // above 0: strikes with this probability, drawn from the server's seed

	// Whether the request is carried out before the fault shows: the answer is lost, not the request.
	Processed bool

	// What is answered instead. With none of Status, Code, Message, Body, RedirectTo, Bomb and Size
	// set it is the true answer, to which delays, headers and framing apply.
	Status      int           // 0: with a Code the one that this server gives it, with a Message 400, with RedirectTo 307, otherwise 200
	Code        string        // Ceffu's code ("G20001"), in Ceffu's JSON
	Message     string        // Ceffu's message; empty: the code's own
	Body        []byte        // sent as it is; non-nil but empty: an empty body. Nil with a Status: Ceffu's JSON for it
	ContentType string        // empty: JSON if the body is, otherwise as its first bytes look
	Header      http.Header   // added to the answer's
	RetryAfter  string        // sent as it is, in any form
	DateSkew    time.Duration // added to the Date header; neither vendor is known to do so
	NoDate      bool          // no Date header; neither vendor is known to do so
	RedirectTo  string        // a 307 to this URL (Status overrides the 307)
	RevokeToken bool          // nothing: Ceffu has no tokens

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

// String says in a few words what a fault does.
func (f Fault) String() string { return simulator.Fault(f).String() }

// Inject arms a fault. Fields that contradict each other are an error; with
// [NewServer] they also fail the test, so that the error may be ignored there.
func (s *Server) Inject(f Fault) error {
	err := simulator.Fault(f).Check()
	if err == nil {
		err = s.core.Inject(s.vendor.complete(f))
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("ceffutest: inject: %w", err)
	if s.tb != nil {
		s.tb.Helper()
		s.tb.Error(err)
	}
	return err
}

// complete gives a fault with a code the status that goes with it.
func (v *vendor) complete(f Fault) simulator.Fault {
	if f.Status == 0 && f.Code != "" && f.RedirectTo == "" {
		f.Status = v.status(f.Code)
	}
	return simulator.Fault(f)
}

// ClearFaults disarms all faults.
func (s *Server) ClearFaults() { s.core.ClearFaults() }
