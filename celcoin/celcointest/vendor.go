package celcointest

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// vendor is the simulated Celcoin behind the network: its state and its calls.
// It is what internal/simulator serves.
type vendor struct {
	cfg  config
	core *simulator.Core // set before the first request

	mu            sync.Mutex
	ledger        *ledger
	tokens        tokens
	subscriptions map[celcoin.Entity]subscription
	rate          rateLimit
	dice          dice

	outstanding int           // deliveries accepted and not yet made
	idle        chan struct{} // closed when outstanding comes back to 0; nil: nobody waits
	closed      bool

	moved      int       // how often the set has moved
	lastListed time.Time // creation of the last webhook of the window in which it moves
	ignored    map[string]bool
	payments   []Payment
	nextReplay time.Time // before which no replay is delivered, see WithReplayPace
}

func newVendor(cfg config) *vendor {
	v := &vendor{
		cfg:     cfg,
		ignored: map[string]bool{},
		ledger:  newLedger(cfg.seed),
		tokens: tokens{
			clientID: cfg.clientID, clientSecret: cfg.clientSecret,
			lifetime: cfg.tokenLifetime, single: cfg.singleToken, multipartOnly: cfg.multipartOnly, expiry: map[string]time.Time{},
		},
		subscriptions: map[celcoin.Entity]subscription{},
		rate:          cfg.rate,
		dice:          newDice(cfg.seed),
	}
	v.ledger.failedStatus = cfg.failedStatus
	return v
}

// Operation names the call that a request is.
func (v *vendor) Operation(r *http.Request) string { return operation(r) }

// Key tells attempts of a call apart from other calls: by all but the token,
// which may be another one in the next attempt.
func (v *vendor) Key(r *simulator.Request) string {
	if r.Operation == OpToken {
		return OpToken
	}
	return strings.Join([]string{r.Method, r.URL, string(r.Body)}, "\n")
}

// ErrorBody is the vendor's JSON for an error.
func (v *vendor) ErrorBody(status int, code, message string) []byte {
	return errorBody(status, code, message)
}

// RevokeToken makes every token given out so far worthless.
func (v *vendor) RevokeToken() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tokens.revoke()
}

// Serve carries a request out.
func (v *vendor) Serve(r *simulator.Request) simulator.Reply {
	reply, leaving := v.serve(r)
	v.move(leaving)
	return reply
}

func (v *vendor) serve(r *simulator.Request) (simulator.Reply, []reference) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r.Operation == OpToken {
		return v.tokens.serve(r), nil
	}
	at, ok := parseRoute(r.HTTP.URL)
	payment := r.Operation == OpPaymentStatus || r.Operation == OpReceiptStatus
	if payment {
		at.product = celcoin.ProductPix
		if r.HTTP.URL.Path == baasPaymentPath {
			at.product = celcoin.ProductBaaS
		}
	}
	switch {
	case !ok && plainPaths[r.HTTP.URL.EscapedPath()].method == "":
		return notFound("no such path").reply(), nil
	case r.Operation == "":
		return (&refusal{status: http.StatusMethodNotAllowed, verdict: "method not allowed"}).reply(), nil
	case !v.cfg.products[at.product]:
		return notFound("product not enabled").reply(), nil
	}
	if refused := v.admit(r, at); refused != nil {
		reply := refused.reply()
		if refused.status == http.StatusTooManyRequests {
			reply.Header = v.rate.header(r.Time)
		}
		return reply, nil
	}
	if payment {
		return v.paymentStatus(r), nil
	}
	q, refused := parseQuery(r.Operation, at, r)
	if refused != nil {
		return refused.reply(), nil
	}
	switch r.Operation {
	case OpCount:
		return v.count(q), nil
	case OpDetails:
		return v.details(q, r.Time)
	default:
		return v.replay(q, r.Time), nil
	}
}

// admit checks what does not depend on the parameters: token, permission, rate,
// entity, subscription, in this order.
func (v *vendor) admit(r *simulator.Request, at route) *refusal {
	if refused := v.tokens.authorize(r); refused != nil {
		return refused
	}
	if v.cfg.forbidden {
		return &refusal{status: http.StatusForbidden, code: codeForbidden, verdict: "client not allowed"}
	}
	if !v.rate.allow(r.Time) {
		return &refusal{status: http.StatusTooManyRequests, verdict: "rate limited"}
	}
	_, subscribed := v.subscription(at.entity)
	switch {
	case at.entity == "":
		return nil
	case v.cfg.subscriptionRequired && !subscribed:
		return &refusal{status: http.StatusNotFound, code: codeSubscription, verdict: "no subscription"}
	case !v.cfg.unknownEmpty && !v.knows(at):
		return badRequest(codeField, "unknown entity")
	default:
		return nil
	}
}

// criteria gives what a query looks for, as if nothing were hidden.
func (v *vendor) criteria(q query) criteria {
	c := criteria{
		shelf:  v.ledger.shelves[shelfKey{stored(q.product), q.entity}],
		from:   q.from,
		to:     q.to,
		toOpen: v.cfg.toExclusive,
		id:     q.webhookID,
		filter: q.filter,
	}
	if q.onlyPending != nil && *q.onlyPending {
		c.sees = seesPending
	}
	// Where the vendor keeps Brasília's wall clock as if it were UTC, a window
	// finds the events of three hours later.
	if v.cfg.shiftedDates {
		if !c.from.IsZero() {
			c.from = c.from.Add(brasiliaBehind)
		}
		if !c.to.IsZero() {
			c.to = c.to.Add(brasiliaBehind)
		}
	}
	return c
}

// listing is criteria for count and details, where pending webhooks may be
// hidden from whoever does not ask for them.
func (v *vendor) listing(q query) criteria {
	c := v.criteria(q)
	if v.cfg.pendingHidden && c.sees == seesAll {
		c.sees = seesDelivered
	}
	return c
}

// recent leaves out what is beyond the age limit, or refuses a query that
// reaches it: the documentation has the limit, but not what happens beyond.
func (v *vendor) recent(c criteria, now time.Time) (criteria, *refusal) {
	if v.cfg.ageLimit == 0 {
		return c, nil
	}
	c.notBefore = now.Add(-v.cfg.ageLimit)
	if v.cfg.shiftedDates {
		c.notBefore = c.notBefore.Add(brasiliaBehind)
	}
	if !v.cfg.oldRefused {
		return c, nil
	}
	older := c
	older.notBefore = time.Time{}
	if older.to.IsZero() || !older.to.Before(c.notBefore) {
		older.to, older.toOpen = c.notBefore, true
	}
	if v.ledger.find(older).total() > 0 {
		return c, badRequest(codeWindow, "older than the age limit")
	}
	return c, nil
}

// tooWide refuses windows beyond the one that was configured.
func (v *vendor) tooWide(q query) *refusal {
	if v.cfg.maxWindow > 0 && q.to.Sub(q.from) > v.cfg.maxWindow && !q.from.IsZero() && !q.to.IsZero() {
		return badRequest(codeWindow, "window too wide")
	}
	return nil
}
