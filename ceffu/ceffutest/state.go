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

// covers says whether a notification failed that a resend is for.
func (r resendRequest) covers(n *Notification) bool {
	return n.Status == StatusFailed && n.WebhookID == r.webhookID && n.EventType == r.eventType && n.Created.UnixMilli() >= r.from
}

// scheduleTry plans the first delivery of a notification, or its n-th repetition.
func (v *vendor) scheduleTry(n *Notification, repetition int, due time.Time) {
	v.core.At(due, func(ctx context.Context) {
		delivered, tried := v.push(ctx, n, due, false)
		v.mu.Lock()
		defer v.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			// The server closed; the delivery tells nothing of the receiver.
		case delivered:
			n.Status = StatusDelivered
		case tried && repetition < len(retrySchedule):
			v.scheduleTry(n, repetition+1, due.Add(retrySchedule[repetition]))
		default: // suspended meanwhile (that it ends the retries is a guess), or the last try
			n.Status = StatusFailed
			if tried {
				v.countFailure(n.WebhookID, due)
			}
		}
	})
}

// deliverFailed tries once for each failed notification of a resend, until ctx ends
// with the server. It has no retries of its own, which is a guess.
func (v *vendor) deliverFailed(ctx context.Context, asked resendRequest) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, n := range slices.Clone(v.notifications) {
		if !asked.covers(n) {
			continue
		}
		now := v.core.Now()
		v.mu.Unlock()
		delivered, tried := v.push(ctx, n, now, v.suspendedResend == ResendDelivered)
		v.mu.Lock()
		switch {
		case !tried || ctx.Err() != nil:
			return
		case !delivered:
			v.countFailure(n.WebhookID, now)
		case !v.stayFailed:
			n.Status = StatusDelivered
		}
	}
}

// push POSTs a notification and keeps the receiver's answer, unless its webhook is
// suspended.
func (v *vendor) push(ctx context.Context, n *Notification, at time.Time, evenIfSuspended bool) (delivered, tried bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	to, err := v.find(n.WebhookID)
	if ctx.Err() != nil || err != nil || to.Suspended && !evenIfSuspended {
		return false, false
	}
	n.Attempts++
	post := to.delivery(string(n.EventType), n.Attempts, message(*n, at))
	post.Time = at
	v.mu.Unlock()
	post = v.core.Deliver(post, nil)
	v.mu.Lock()
	if ctx.Err() == nil {
		n.LastAttempt, n.LastStatus = post.Time, post.Status
	}
	return post.Status == http.StatusOK, true
}

// delivery is one to a webhook; with WithReceiver it needs no URL of its own.
func (w Webhook) delivery(event string, attempt int, body []byte) simulator.Delivery {
	return simulator.Delivery{URL: cmp.Or(w.URL, "http://receiver.invalid/"), WebhookID: w.ID, Event: event, Attempt: attempt, Body: body}
}

// countFailure counts towards the suspension of a webhook, anew with each day of UTC.
// It needs the lock.
func (v *vendor) countFailure(webhookID string, at time.Time) {
	e, err := v.find(webhookID)
	if err != nil {
		return
	}
	if day := at.UTC().Format(time.DateOnly); e.day != day {
		e.day, e.FailedToday = day, 0
	}
	e.FailedToday++
	e.Suspended = e.Suspended || v.suspendAfter > 0 && e.FailedToday >= v.suspendAfter
}
