package survival

import (
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// class is what a fault means for a call.
type class int

const (
	harmless    class = iota // the true answer arrives
	notSent                  // no connection, or no TLS on it
	throttled                // refused for now: 429, a rate code, 503 with Retry-After
	troubled                 // failed over there: other 5xx, an internal-error code, 408
	lost                     // no answer, or half of one
	refused                  // refused for good
	credentials              // refused for the token
	unreadable               // a success by its status that does not say what was done
)

// worth is how many more attempts a failure is worth.
type worth int

const (
	no       worth = iota // none
	policy                // as many as the retry policy has
	oneApart              // one that does not count as a retry
)

// rules is the retry table of the package comments, with the rows that its
// last lines imply. The columns are count, list and token; ceffu's resend and
// a replay under WithAtLeastOnce; a replay.
var rules = map[class]struct {
	worth    [3]worth
	doubt    bool  // whether a call that changes something may have been carried out
	category error // of the *Error, unless the fault says another; nil: none
}{
	//             reads     repeats   once
	notSent:     {[3]worth{policy, policy, policy}, false, celcoin.ErrUnavailable},
	throttled:   {[3]worth{policy, policy, policy}, false, celcoin.ErrRateLimited},
	troubled:    {[3]worth{policy, policy, no}, true, celcoin.ErrServer},
	lost:        {[3]worth{policy, policy, no}, true, nil},
	refused:     {[3]worth{no, no, no}, false, celcoin.ErrInvalidRequest},
	credentials: {[3]worth{oneApart, oneApart, oneApart}, false, celcoin.ErrUnauthorized},
	unreadable:  {[3]worth{no, no, no}, true, celcoin.ErrServer},
}

// mode is how often a call may be retried, and how often the fault strikes.
type mode struct {
	name    string
	retries int // the policy's: below zero for none
	strikes int
}

// always is more often than any call asks.
const always = 1 << 20

var modes = []mode{
	{"without retries", -1, always},
	{"with retries, for a moment", 2, 1},
	{"with retries, for good", 2, always},
}

// expected is what has to come of a cell.
type expected struct {
	succeeds   bool
	response   bool // the error tells of one
	categories []error
	requests   int // of the operation, that the server saw
	processed  int // of these
	tokens     int // requests of the token call, if it is not the operation
	repeated   int // attempts after the first
}

// expect applies the rules to a cell.
func expect(f fault, op operation, m mode, virtual bool) expected {
	is, of := f.is, f.of
	if f.credentials && op.tokens() > 0 {
		is, of = credentials, nil
	}
	e := expected{tokens: op.tokens()}
	if is == harmless {
		e.succeeds, e.requests, e.processed = true, 1, 1
		return e
	}
	rule, more := rules[is], 0
	switch rule.worth[op.kind] {
	case policy:
		if more = max(m.retries, 0); f.hint > 2*time.Minute {
			more = 0
		}
	case oneApart:
		more = 1
	case no:
	}
	e.repeated = min(m.strikes, more)
	e.succeeds = m.strikes <= more
	if !e.succeeds {
		e.response = is != notSent && is != lost
		if e.categories = slices.Clone(of); of == nil && rule.category != nil {
			e.categories = []error{rule.category}
		}
		if rule.doubt && op.kind != reads {
			e.categories = append(e.categories, celcoin.ErrOutcomeUnknown)
		}
	}

	arrived := e.repeated // as many failed as were repeated, and the last one if it was not repeated
	if !e.succeeds {
		arrived++
	}
	if is == notSent {
		arrived = 0
	}
	// The one case in which net/http sends a request again by itself: a GET over
	// HTTP/1.1, on a connection that has served before, which ends without a byte of
	// an answer.
	if f.does.Reset && !virtual && op.kind == reads && op.tokens() > 0 && !e.succeeds {
		arrived++
	}
	e.requests = arrived
	if f.done {
		e.processed = arrived
	}
	if e.succeeds {
		e.requests, e.processed = arrived+1, e.processed+1
	}
	if is == credentials {
		e.tokens += e.repeated
	}
	return e
}
