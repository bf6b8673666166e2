package survival

import (
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// fault is a row of the table.
type fault struct {
	name   string
	does   simulator.Fault
	shut   func(w wire) http.RoundTripper // instead: where requests go that never leave
	is     class
	of     []error       // categories of the *Error
	done   bool          // the request is carried out all the same
	breaks bool          // it costs the connection of HTTP/1.1
	ends   bool          // the connection ends after the answer, in any protocol
	hint   time.Duration // of Retry-After

	akin   bool   // to another row: left out under the race detector, to save time
	vendor string // the only one that it is for; empty: both
	only   func(w wire) bool
	but    []exception
}

// exception is where a fault means something else.
type exception struct {
	where func(op operation, w wire) bool
	is    class
	of    []error
}

// in is what a fault means for an operation over a wire.
func (f fault) in(op operation, w wire) (class, []error) {
	for _, e := range f.but {
		if e.where(op, w) {
			return e.is, e.of
		}
	}
	return f.is, f.of
}

// suits says whether there is such a cell.
func (f fault) suits(op operation, w wire) bool {
	return (f.vendor == "" || f.vendor == op.vendor) && (f.only == nil || f.only(w))
}

// quiet faults are plain answers that end the call. Under the race detector they
// are left out over HTTP/2, whose TLS takes most of the time.
func (f fault) quiet() bool { return f.is == refused || f.is == unreadable }

// Where exceptions hold.
func onToken(op operation, _ wire) bool    { return op.calls == "token" }
func onBearer(op operation, _ wire) bool   { return op.tokens() > 0 }
func onSearch(op operation, _ wire) bool   { return op.tokens() > 0 && op.kind == reads }
func overHTTP2(_ operation, w wire) bool   { return w.proto == http2 }
func overSockets(_ operation, w wire) bool { return !w.virtual }
func virtualOnly(w wire) bool              { return w.virtual }
func http2Only(w wire) bool                { return w.proto == http2 }

// faults are the rows of the table.
func faults() []fault {
	var all []fault
	for _, rows := range [][]fault{
		harmlessFaults(), connectionFaults(), lostAnswers(), strangeSuccesses(),
		statuses(), redirects(), hints(), ceffuCodes(), celcoinCodes(),
	} {
		all = append(all, rows...)
	}
	return all
}
