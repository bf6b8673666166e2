package celcointest

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// subscription is where the webhooks of an entity go.
type subscription struct{ url, login, password string }

// subscription of an entity; WithReceiver is subscribed to all. The caller holds the lock.
func (v *vendor) subscription(entity celcoin.Entity) (subscription, bool) {
	s, ok := v.subscriptions[entity]
	if !ok && v.cfg.Receiver != nil {
		return subscription{"https://receiver.example/webhooks", "celcointest", "celcointest-receiver"}, true
	}
	return s, ok
}

// accept schedules replays that were accepted now. Some are lost, doubled or late, if
// that is wanted. The caller holds the lock.
func (v *vendor) accept(entries []*entry, now time.Time) {
	due := now.Add(v.cfg.replayDelay)
	for _, e := range entries {
		copies := 1
		if v.rng.Float64() < v.cfg.lostReplays {
			copies = 0
		} else if v.rng.Float64() < v.cfg.doubledReplays {
			copies = 2
		}
		for range copies {
			at := due
			if v.cfg.replayPace > 0 {
				if at.Before(v.nextReplay) {
					at = v.nextReplay
				}
				v.nextReplay = at.Add(v.cfg.replayPace)
			}
			at = at.Add(time.Duration(v.rng.Int64N(int64(max(v.cfg.replaySpread, 1)))))
			v.core.At(at, func(ctx context.Context) { v.deliver(ctx, e, true) })
		}
	}
}

// deliver POSTs a webhook to where its entity is subscribed and keeps what came of it. Only
// HTTP 200 counts. One that was delivered once stays so, even if a later replay fails: a guess.
// A delivery that the end of the server (and of ctx) cuts off tells nothing of the receiver.
func (v *vendor) deliver(ctx context.Context, e *entry, replay bool) {
	v.mu.Lock()
	target, subscribed := v.subscription(e.Entity)
	w := v.show(e)
	v.mu.Unlock()
	if w.Blocked || !subscribed || ctx.Err() != nil {
		return
	}
	login := []byte(target.login + ":" + target.password)
	outcome := v.core.Deliver(simulator.Delivery{
		URL: target.url, WebhookID: w.ID, Event: string(w.Entity), Attempt: w.Attempts + 1, Body: []byte(w.Request),
	}, http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString(login)}})
	if ctx.Err() != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	e.Attempts++
	e.HTTPStatusCode, e.URL, e.Response = outcome.Status, target.url, string(outcome.Response)
	e.LastUpdated = v.core.Now().Round(0)
	if outcome.Status == http.StatusOK {
		e.Status = celcoin.StatusSent
		return
	}
	e.failures++
	v.ledger.failures[e.Entity]++
	if replay && e.Status == celcoin.StatusPending && v.cfg.failedStatus != "" {
		e.Status = v.cfg.failedStatus
	}
}

// blocked says that the vendor has given up on a webhook, or on its entity
// altogether. The caller holds the lock.
func (v *vendor) blocked(e *entry) bool {
	webhooks, event := v.cfg.blockWebhook, v.cfg.blockEvent
	return webhooks > 0 && e.failures > webhooks || event > 0 && v.ledger.failures[e.Entity] > event
}
