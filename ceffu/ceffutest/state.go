package ceffutest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// firstID is where made-up ids begin: 19 digits, above 2^53, as Ceffu's are.
const firstID = 1721442311151521794

// retrySchedule is documented: how long after a failed try the next one follows.
var retrySchedule = [...]time.Duration{
	30 * time.Second, 120 * time.Second, 480 * time.Second, 1920 * time.Second, 7680 * time.Second,
}

// endpoint is a webhook, and the day that FailedToday is about.
type endpoint struct {
	Webhook
	day string
}

// notice is a notification, and where it goes.
type notice struct {
	Notification
	to *endpoint
}

// newID needs the lock.
func (v *vendor) newID() string {
	v.ids++
	return strconv.FormatInt(firstID+v.ids, 10)
}

// find needs the lock.
func (v *vendor) find(webhookID string) (*endpoint, error) {
	i := slices.IndexFunc(v.webhooks, func(e *endpoint) bool { return e.ID == webhookID })
	if i < 0 {
		return nil, fmt.Errorf("there is no webhook %q", webhookID)
	}
	return v.webhooks[i], nil
}

// scheduleTry plans the first delivery of a notification, or its n-th repetition.
func (v *vendor) scheduleTry(n *notice, repetition int, due time.Time) {
	v.core.At(due, func(ctx context.Context) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if n.to.Suspended { // meanwhile; that it ends the retries is a guess
			n.Status = StatusFailed
			return
		}
		v.mu.Unlock()
		v.push(ctx, n, due)
		v.mu.Lock()
		switch {
		case ctx.Err() != nil:
			// The server closed; the delivery tells nothing of the receiver.
		case n.LastStatus == http.StatusOK:
			n.Status = StatusDelivered
		case repetition < len(retrySchedule):
			v.scheduleTry(n, repetition+1, due.Add(retrySchedule[repetition]))
		default:
			n.Status = StatusFailed
			n.to.countFailure(due, v.suspendAfter)
		}
	})
}

// deliverFailed tries once for each failed notification of a resend, until ctx ends
// with the server. It has no retries of its own, which is a guess.
func (v *vendor) deliverFailed(ctx context.Context, asked resendRequest) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, n := range slices.Clone(v.notifications) {
		if n.Status != StatusFailed || n.WebhookID != asked.webhookID || n.EventType != asked.eventType || n.Created.UnixMilli() < asked.from {
			continue
		}
		if n.to.Suspended && v.suspendedResend != ResendDelivered {
			return
		}
		now := v.core.Now()
		v.mu.Unlock()
		v.push(ctx, n, now)
		v.mu.Lock()
		switch {
		case ctx.Err() != nil:
			return
		case n.LastStatus != http.StatusOK:
			n.to.countFailure(now, v.suspendAfter)
		case !v.stayFailed:
			n.Status = StatusDelivered
		}
	}
}

// push POSTs a notification and keeps the receiver's answer.
func (v *vendor) push(ctx context.Context, n *notice, at time.Time) {
	v.mu.Lock()
	n.Attempts++
	post := n.to.delivery(string(n.EventType), n.Attempts, message(n.Notification, at))
	v.mu.Unlock()
	post.Time = at
	post = v.core.Deliver(post, nil)
	v.mu.Lock()
	defer v.mu.Unlock()
	if ctx.Err() == nil {
		n.LastAttempt, n.LastStatus = post.Time, post.Status
	}
}

// delivery is one to a webhook; with WithReceiver it needs no URL of its own.
func (w Webhook) delivery(event string, attempt int, body []byte) simulator.Delivery {
	return simulator.Delivery{URL: cmp.Or(w.URL, "http://receiver.invalid/"), WebhookID: w.ID, Event: event, Attempt: attempt, Body: body}
}

// countFailure counts towards the suspension of a webhook, anew with each day of UTC.
func (e *endpoint) countFailure(at time.Time, suspendAfter int) {
	if day := at.UTC().Format(time.DateOnly); e.day != day {
		e.day, e.FailedToday = day, 0
	}
	e.FailedToday++
	e.Suspended = e.Suspended || suspendAfter > 0 && e.FailedToday >= suspendAfter
}
