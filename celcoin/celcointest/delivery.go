package celcointest

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// subscription is where the webhooks of an entity go.
type subscription struct {
	url             string
	login, password string
}

// parcel is a webhook on its way.
type parcel struct {
	due    time.Time
	to     reference
	replay bool // not the vendor's own delivery
}

// subscription of an entity; a receiver of the test's own is subscribed to all.
// The caller holds the lock.
func (v *vendor) subscription(entity celcoin.Entity) (subscription, bool) {
	s, ok := v.subscriptions[entity]
	if !ok && v.cfg.receiver != nil {
		return subscription{url: receiverURL, login: receiverLogin, password: receiverPassword}, true
	}
	return s, ok
}

// accept takes webhooks on for delivery, to begin at due. Here some are lost,
// some doubled and all of them shuffled, if that is wanted. The caller holds the lock.
func (v *vendor) accept(s *shelf, numbers []int32, due time.Time) {
	parcels := make([]parcel, 0, len(numbers))
	for _, number := range numbers {
		copies := 1
		if v.dice.below(v.cfg.lostReplays) {
			copies = 0
		} else if v.dice.below(v.cfg.doubledReplays) {
			copies = 2
		}
		for range copies {
			at := due
			if v.cfg.replayPace > 0 && v.nextReplay.After(due) {
				at = v.nextReplay
			}
			v.nextReplay = at.Add(v.cfg.replayPace)
			parcels = append(parcels, parcel{due: at.Add(v.dice.duration(v.cfg.replaySpread)), to: reference{s, number}, replay: true})
		}
	}
	if len(parcels) == 0 {
		return
	}
	slices.SortStableFunc(parcels, func(a, b parcel) int { return a.due.Compare(b.due) })
	v.send(parcels)
}

// send puts parcels, sorted by due, on their way. The caller holds the lock.
func (v *vendor) send(parcels []parcel) {
	v.outstanding += len(parcels)
	v.dispatch(parcels)
}

// dispatch schedules parcels, sorted by due. One piece of scheduled work drives
// all of them: a replay of a million webhooks is not a million timers.
func (v *vendor) dispatch(parcels []parcel) {
	v.core.At(parcels[0].due, func(ctx context.Context) {
		for len(parcels) > 0 && !parcels[0].due.After(v.core.Now()) {
			if ctx.Err() != nil {
				return
			}
			v.deliver(ctx, parcels[0])
			parcels = parcels[1:]
		}
		if len(parcels) > 0 {
			v.dispatch(parcels)
		}
	})
}

// deliver POSTs a webhook to where its entity is subscribed and notes what came
// of it. Only HTTP 200 counts as delivered. One that was delivered once stays
// so, even if a later replay fails; that is a guess. A delivery that the end of
// the server cuts off, with which ctx ends, tells nothing of the receiver.
func (v *vendor) deliver(ctx context.Context, p parcel) {
	to := p.to
	defer v.delivered()
	v.mu.Lock()
	target, subscribed := v.subscription(to.shelf.entity)
	blocked := v.blocked(to)
	post := target.post(v.ledger.webhook(to.shelf, to.number))
	v.mu.Unlock()
	if blocked || !subscribed {
		return
	}
	outcome := v.core.Deliver(post)
	if ctx.Err() != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	it := &to.shelf.items[to.number]
	it.attempts = small(int(it.attempts) + 1)
	it.httpStatus = small(outcome.Status)
	v.ledger.answered(it, target.url, string(outcome.Response))
	it.updated = nanoseconds(v.core.Now())
	if outcome.Status == http.StatusOK {
		to.shelf.setState(to.number, stateSent)
		return
	}
	it.failures = small(int(it.failures) + 1)
	to.shelf.failures++
	if p.replay && it.state == statePending && v.cfg.failedStatus != "" {
		to.shelf.setState(to.number, stateFailed)
	}
}

// post is the request that brings a webhook to its receiver: the payload as it
// is, with the login and password of the subscription, and no signature.
func (s subscription) post(w Webhook) simulator.Post {
	var dressed http.Request
	dressed.Header = http.Header{}
	dressed.SetBasicAuth(s.login, s.password)
	return simulator.Post{
		URL:       s.url,
		WebhookID: w.ID,
		Event:     string(w.Entity),
		Attempt:   w.Attempts + 1,
		Header:    dressed.Header,
		Body:      []byte(w.Request),
	}
}

// delivered counts a parcel off and wakes whoever waits for the last one.
func (v *vendor) delivered() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.outstanding--
	if v.outstanding == 0 {
		v.wake()
	}
}

// wait returns when no parcel is on its way.
func (v *vendor) wait() {
	v.mu.Lock()
	if v.outstanding == 0 || v.closed {
		v.mu.Unlock()
		return
	}
	if v.idle == nil {
		v.idle = make(chan struct{})
	}
	idle := v.idle
	v.mu.Unlock()
	<-idle
}

// release gives up the parcels that a closed server will not deliver.
func (v *vendor) release() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = true
	v.wake()
}

// wake ends every wait. The caller holds the lock.
func (v *vendor) wake() {
	if v.idle != nil {
		close(v.idle)
		v.idle = nil
	}
}

// blocked says that the vendor has given up on a webhook, or on its entity
// altogether. The caller holds the lock.
func (v *vendor) blocked(of reference) bool {
	webhooks, event := v.cfg.blockWebhook, v.cfg.blockEvent
	return webhooks > 0 && int(of.shelf.items[of.number].failures) > webhooks ||
		event > 0 && of.shelf.failures > event
}
