package survival

import (
	"slices"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin"
)

// kind is what a second copy of a call does.
type kind int

const (
	reads   kind = iota // nothing
	repeats             // something that may happen twice
	once                // something that should not happen twice
)

// class is what a fault means for a call.
type class int

const (
	harmless     class = iota // the true answer arrives
	nothingFound              // the true answer of a search without matches
	notSent                   // no connection, or no TLS on it
	throttled                 // refused for now: 429, a rate code, 503 with Retry-After
	troubled                  // failed over there: other 5xx, an internal-error code, 408
	lost                      // no answer, or half of one
	refused                   // refused for good
	amended                   // refused for what the next attempt does differently
	reclocked                 // refused for its timestamp: by the answer's clock next, then by one's own
	credentials               // refused for the token
	unreadable                // a success by its status that does not say what was done
)

// worth is how many more attempts a failure is worth.
type worth int

const (
	no       worth = iota // none
	policy                // as many as the retry policy has
	one                   // one, if the policy has any
	two                   // two, if the policy has as many
	oneApart              // one that does not count as a retry
)

// rules is the retry table of the package comments, with the rows that its
// last lines imply. The columns are count, list and token; ceffu's resend and
// a replay under WithAtLeastOnce; a replay.
var rules = map[class]struct {
	worth [3]worth
	doubt bool // whether a call that changes something may have been carried out
}{
	//             reads     repeats   once
	notSent:     {[3]worth{policy, policy, policy}, false},
	throttled:   {[3]worth{policy, policy, policy}, false},
	troubled:    {[3]worth{policy, policy, no}, true},
	lost:        {[3]worth{policy, policy, no}, true},
	refused:     {[3]worth{no, no, no}, false},
	amended:     {[3]worth{one, one, one}, false},
	reclocked:   {[3]worth{two, two, two}, false},
	credentials: {[3]worth{oneApart, oneApart, oneApart}, false},
	unreadable:  {[3]worth{no, no, no}, true},
}

// mode is how often a call may be retried, and how often the fault strikes.
type mode struct {
	name    string
	retries int
	strikes int
}

// always is more often than any call asks.
const always = 1 << 20

var modes = []mode{
	{"without retries", 0, always},
	{"with retries, for a moment", 2, 1},
	{"with retries, for good", 2, always},
}

// expected is what has to come of a cell.
type expected struct {
	succeeds   bool
	finds      int  // what a success reports: 1, or 0 for nothingFound
	response   bool // the error tells of one
	categories []error
	requests   int    // of the operation, that the server saw
	processed  int    // of these
	tokens     int    // requests of the token call, if it is not the operation
	repeated   int    // attempts after the first
	op         string // that an error names
	attempts   string // that an error counts
}

// expect applies the rules to a cell.
func expect(f fault, op operation, m mode, w wire) expected {
	is, of := f.in(op, w)
	e := expected{tokens: op.tokens()}
	processed := 0
	if f.done || is == harmless {
		processed = 1
	}
	if is == harmless || is == nothingFound {
		e.succeeds, e.finds, e.requests, e.processed = true, 1, 1, processed
		if is == nothingFound {
			e.finds = 0
		}
		return e
	}

	more := 0
	switch rules[is].worth[op.kind] {
	case policy:
		more = m.retries
		if f.hint > w.maxRetryAfter() {
			more = 0
		}
	case one:
		more = min(1, m.retries)
	case two:
		more = min(2, m.retries)
	case oneApart:
		more = 1
	case no:
	}
	e.repeated = min(m.strikes, more)
	failures := e.repeated + 1
	if m.strikes <= more {
		failures = m.strikes
		e.succeeds, e.finds = true, 1
	} else {
		e.response = is != notSent && is != lost
		e.categories = slices.Clone(of)
		if rules[is].doubt && op.kind != reads {
			e.categories = append(e.categories, celcoin.ErrOutcomeUnknown)
		}
		if is == notSent {
			e.categories = append(e.categories, celcoin.ErrUnavailable)
		}
	}

	e.op, e.attempts = op.op, strconv.Itoa(e.repeated+1)+" attempt"
	arrived := failures
	if is == notSent {
		arrived = 0
	}
	if w.netHTTPRepeats(f, op) && !e.succeeds {
		arrived++
	}
	e.requests, e.processed = arrived, arrived*processed
	if e.succeeds {
		e.requests, e.processed = arrived+1, e.processed+1
	}
	if is == credentials && op.tokens() > 0 {
		e.tokens += e.repeated
	}
	return e
}

// maxRetryAfter is the policy's: short where time is real.
func (w wire) maxRetryAfter() time.Duration {
	if w.virtual {
		return 2 * time.Minute
	}
	return 2 * time.Millisecond
}

// netHTTPRepeats is true for the one case in which net/http sends a request
// again by itself: a GET over HTTP/1.1, on a connection that has served before,
// which ends without a byte of an answer. Over there it is one request more; a
// second copy of a GET does nothing.
func (w wire) netHTTPRepeats(f fault, op operation) bool {
	return f.does.Reset && !w.virtual && op.kind == reads && op.tokens() > 0
}

// categories are all that there are.
var categories = []error{
	celcoin.ErrInvalidRequest, celcoin.ErrUnauthorized, celcoin.ErrForbidden, celcoin.ErrNotFound,
	celcoin.ErrRateLimited, celcoin.ErrServer, celcoin.ErrOutcomeUnknown, celcoin.ErrUnavailable, celcoin.ErrIncomplete,
	ceffu.ErrDuplicateRequest, ceffu.ErrTimestampExpired, ceffu.ErrInvalidSignature,
}
