package celcointest

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// receiverURL is where the webhooks go that WithReceiver takes.
const receiverURL = "https://receiver.example/webhooks"

// subscription is where the webhooks of an entity go.
type subscription struct {
	url             string
	login, password string
}

// delivery is a webhook on its way.
type delivery struct {
	due    time.Time
	of     *entry
	replay bool // not the vendor's own delivery
}

// subscription of an entity; a receiver of the test's own is subscribed to all.
// The caller holds the lock.
func (v *vendor) subscription(entity celcoin.Entity) (subscription, bool) {
	s, ok := v.subscriptions[entity]
	if !ok && v.cfg.Receiver != nil {
		return subscription{url: receiverURL, login: "celcointest", password: "celcointest-receiver"}, true
	}
	return s, ok
}

// accept takes replays on for delivery, to begin at due. Here some are lost, some
// doubled and all of them shuffled, if that is wanted. The caller holds the lock.
func (v *vendor) accept(entries []*entry, due time.Time) {
	deliveries := make([]delivery, 0, len(entries))
	for _, e := range entries {
		copies := 1
		if v.happens(v.cfg.lostReplays) {
			copies = 0
		} else if v.happens(v.cfg.doubledReplays) {
			copies = 2
		}
		for range copies {
			at := due
			if v.cfg.replayPace > 0 {
				at = latest(due, v.nextReplay)
				v.nextReplay = at.Add(v.cfg.replayPace)
			}
			if v.cfg.replaySpread > 0 {
				at = at.Add(time.Duration(v.rng.Int64N(int64(v.cfg.replaySpread))))
			}
			deliveries = append(deliveries, delivery{due: at, of: e, replay: true})
		}
	}
	slices.SortStableFunc(deliveries, func(a, b delivery) int { return a.due.Compare(b.due) })
	v.dispatch(deliveries)
}

func (v *vendor) happens(probability float64) bool {
	return probability > 0 && v.rng.Float64() < probability
}

// dispatch schedules deliveries, sorted by due. One piece of scheduled work drives
// all of them: a replay of a million webhooks is not a million timers.
func (v *vendor) dispatch(deliveries []delivery) {
	if len(deliveries) == 0 {
		return
	}
	v.core.At(deliveries[0].due, func(ctx context.Context) {
		for len(deliveries) > 0 && !deliveries[0].due.After(v.core.Now()) && ctx.Err() == nil {
			v.deliver(ctx, deliveries[0])
			deliveries = deliveries[1:]
		}
		v.dispatch(deliveries)
	})
}

// deliver POSTs a webhook to where its entity is subscribed and notes what came
// of it. Only HTTP 200 counts as delivered. One that was delivered once stays
// so, even if a later replay fails; that is a guess. A delivery that the end of
// the server cuts off, with which ctx ends, tells nothing of the receiver.
func (v *vendor) deliver(ctx context.Context, d delivery) {
	e := d.of
	v.mu.Lock()
	target, subscribed := v.subscription(e.of.entity)
	blocked := v.blocked(e)
	w := e.webhook()
	v.mu.Unlock()
	if blocked || !subscribed {
		return
	}
	outcome := v.core.Deliver(simulator.Delivery{
		URL: target.url, WebhookID: w.ID, Event: string(w.Entity), Attempt: w.Attempts + 1, Body: []byte(w.Request),
	}, target.header())
	if ctx.Err() != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ledger.version++
	e.attempts++
	e.httpStatus = int32(outcome.Status)
	e.url, e.response, e.updated = target.url, string(outcome.Response), v.core.Now().Round(0)
	if outcome.Status == http.StatusOK {
		e.status = celcoin.StatusSent
		return
	}
	e.failures++
	e.of.failures++
	if d.replay && e.status == celcoin.StatusPending && v.cfg.failedStatus != "" {
		e.status = v.cfg.failedStatus
	}
}

// header is what comes with the payload: login and password, and no signature.
func (s subscription) header() http.Header {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(s.login, s.password)
	return r.Header
}

// blocked says that the vendor has given up on a webhook, or on its entity
// altogether. The caller holds the lock.
func (v *vendor) blocked(e *entry) bool {
	webhooks, event := v.cfg.blockWebhook, v.cfg.blockEvent
	return webhooks > 0 && int(e.failures) > webhooks || event > 0 && e.of.failures > event
}
