package ceffutest

import (
	"context"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// retrySchedule is documented: how long after a failed try the next one follows.
var retrySchedule = [...]time.Duration{
	30 * time.Second, 120 * time.Second, 480 * time.Second, 1920 * time.Second, 7680 * time.Second,
}

// notify starts the delivery of a fresh notification.
func (v *vendor) notify(webhookID string, eventType ceffu.EventType) (Notification, error) {
	now := v.core.Now()
	n, err := v.book.addFresh(webhookID, eventType, now)
	if err != nil {
		return Notification{}, err
	}
	fresh := *n // before a delivery changes it
	if fresh.Status == StatusPending {
		v.scheduleTry(n, 0, now)
	}
	return fresh, nil
}

// scheduleTry plans the first delivery of a notification, or its n-th repetition.
func (v *vendor) scheduleTry(n *Notification, repetition int, due time.Time) {
	v.core.At(due, func(ctx context.Context) {
		delivery, tried := v.push(ctx, n, due, false)
		switch {
		case !tried:
			// Suspended meanwhile. That this ends the retries is a guess.
			v.book.settle(n, StatusFailed, time.Time{}, 0)
		case ctx.Err() != nil:
			// The server closed; the delivery tells nothing of the receiver.
		case delivery.Status == http.StatusOK:
			v.book.settle(n, StatusDelivered, delivery.Time, delivery.Status)
		case repetition < len(retrySchedule):
			v.book.settle(n, StatusPending, delivery.Time, delivery.Status)
			v.scheduleTry(n, repetition+1, due.Add(retrySchedule[repetition]))
		default:
			v.book.settle(n, StatusFailed, delivery.Time, delivery.Status)
			v.book.countFailure(n.WebhookID, delivery.Time)
		}
	})
}

// push POSTs a notification, unless its webhook is suspended.
func (v *vendor) push(ctx context.Context, n *Notification, at time.Time, evenIfSuspended bool) (simulator.Delivery, bool) {
	if ctx.Err() != nil {
		return simulator.Delivery{}, true
	}
	current, to, ok := v.book.attempt(n, evenIfSuspended)
	if !ok {
		return simulator.Delivery{}, false
	}
	return v.core.Deliver(simulator.Post{
		Time:      at,
		URL:       v.address(to),
		WebhookID: current.WebhookID,
		Event:     string(current.EventType),
		Attempt:   current.Attempts,
		Body:      message(current, at),
	}), true
}

// address is where a webhook is delivered to. A receiver is called directly, so
// that a webhook of it needs no URL of its own.
func (v *vendor) address(w Webhook) string {
	if w.URL == "" {
		return "http://receiver.invalid/"
	}
	return w.URL
}

// test POSTs the message without data.
func (v *vendor) test(webhookID string) (simulator.Delivery, error) {
	to, err := v.book.webhook(webhookID)
	if err != nil {
		return simulator.Delivery{}, err
	}
	return v.core.Deliver(simulator.Post{URL: v.address(to), WebhookID: to.ID, Event: "test", Attempt: 1, Body: v.testBody}), nil
}
