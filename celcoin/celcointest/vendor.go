package celcointest

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"strconv"
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
	ledger        ledger
	tokens        map[string]time.Time // when those expire that were not revoked
	tokenDown     bool
	tokenRequests int
	subscriptions map[celcoin.Entity]subscription
	payments      []Payment       // the newest first
	ignored       map[string]bool // ids whose replays match nothing
	rng           *rand.Rand
	nextReplay    time.Time // before which no replay is delivered, see WithReplayPace
	moved         int       // how often the set has moved, see WithMovingSet
}

func newVendor(cfg config) *vendor {
	return &vendor{
		cfg:           cfg,
		ledger:        ledger{byID: map[string][]*entry{}, failures: map[celcoin.Entity]int{}},
		tokens:        map[string]time.Time{},
		subscriptions: map[celcoin.Entity]subscription{},
		ignored:       map[string]bool{},
		rng:           rand.New(rand.NewPCG(cfg.Seed, 'v')),
	}
}

func (v *vendor) Operation(r *http.Request) string { return parseRoute(r.URL).operations[r.Method] }

// Key leaves out the token, which may be another one in the next attempt.
func (v *vendor) Key(r *simulator.Request) string {
	if r.Operation == OpToken {
		return OpToken
	}
	return r.Method + r.URL + "\n" + string(r.Body)
}

func (v *vendor) Error(status int, code, message string) (int, []byte) {
	status = cmp.Or(status, http.StatusBadRequest)
	return status, errorBody(status, code, message)
}

func (v *vendor) RevokeToken() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.tokens)
}

func (v *vendor) Serve(r *simulator.Request) simulator.Reply {
	v.mu.Lock()
	defer v.mu.Unlock()
	at := parseRoute(r.HTTP.URL)
	if r.Operation == OpToken {
		return *v.token(r)
	}
	if refused := v.admit(r, at); refused != nil {
		return *refused
	}
	if at.entity == "" {
		return *v.paymentStatus(at, r)
	}
	q, refused := v.parseQuery(at, r)
	switch {
	case refused != nil:
		return *refused
	case r.Operation == OpCount:
		return *v.count(q)
	case r.Operation == OpReplay:
		return *v.replay(q, r.Time)
	default:
		return *v.details(q, r.Time)
	}
}

// admit checks what does not depend on the parameters: path, token, permission,
// rate, entity, subscription, in this order.
func (v *vendor) admit(r *simulator.Request, at route) *simulator.Reply {
	switch {
	case at.operations == nil:
		return refuse(http.StatusNotFound, "", "no such path")
	case r.Operation == "":
		return refuse(http.StatusMethodNotAllowed, "", "method not allowed")
	case !v.cfg.products[at.product]:
		return refuse(http.StatusNotFound, "", "product not enabled")
	}
	if refused := v.authorize(r); refused != nil {
		return refused
	}
	if v.cfg.forbidden {
		return refuse(http.StatusForbidden, codeForbidden, "client not allowed")
	}
	if wait := v.cfg.limit.Take(r.Time); wait > 0 {
		refused := refuse(http.StatusTooManyRequests, "", "rate limited")
		if v.cfg.retryAfter {
			refused.Header = http.Header{"Retry-After": {strconv.Itoa(int((wait + time.Second - 1) / time.Second))}}
		}
		return refused
	}
	_, subscribed := v.subscription(at.entity)
	switch {
	case at.entity == "":
	case v.cfg.subscriptionRequired && !subscribed:
		return refuse(http.StatusNotFound, codeSubscription, "no subscription")
	case !v.cfg.unknownEmpty && !v.knows(at):
		return badRequest(codeField, "unknown entity")
	}
	return nil
}
