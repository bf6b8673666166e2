package survival

import (
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// fault is a row of the table.
type fault struct {
	name string
	does simulator.Fault
	shut http.RoundTripper // instead: where requests go that never leave
	is   class
	of   []error       // categories of the *Error
	done bool          // the request is carried out all the same
	hint time.Duration // of Retry-After

	vendor string // the only one that it is for; empty: both
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

// Where exceptions hold.
func onToken(op operation, _ wire) bool  { return op.calls == "token" }
func onBearer(op operation, _ wire) bool { return op.tokens() > 0 }
func onSearch(op operation, _ wire) bool { return op.tokens() > 0 && op.kind == reads }

// faults are the rows of the table.
func faults() []fault {
	var all []fault
	for _, rows := range [][]fault{
		harmlessFaults(), connectionFaults(), lostResponses(), strangeSuccesses(),
		statuses(), redirects(), hints(), ceffuCodes(), celcoinCodes(),
	} {
		all = append(all, rows...)
	}
	return all
}
