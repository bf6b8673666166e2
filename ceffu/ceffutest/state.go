package ceffutest

import (
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

// failed are the notifications that a resend covers, in the order in which they
// were added. It has no upper bound. It needs the lock.
func (v *vendor) failed(asked resendRequest) []*Notification {
	var failed []*Notification
	for _, n := range v.notifications {
		if n.Status == StatusFailed && n.WebhookID == asked.webhookID && n.EventType == asked.eventType &&
			n.Created.UnixMilli() >= asked.from {
			failed = append(failed, n)
		}
	}
	return failed
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
		case tried && delivered:
			n.Status = StatusDelivered
		case tried && repetition < len(retrySchedule):
			v.scheduleTry(n, repetition+1, due.Add(retrySchedule[repetition]))
		default:
			// Suspended meanwhile, or the last try. That a suspension ends the
			// retries is a guess.
			n.Status = StatusFailed
			if tried {
				v.countFailure(n.WebhookID, due)
			}
		}
	})
}

// deliverFailed tries once for each failed notification that was asked for, until
// ctx ends with the server. It has no retries of its own, which is a guess.
func (v *vendor) deliverFailed(ctx context.Context, asked resendRequest) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, n := range v.failed(asked) {
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

// push POSTs a notification and notes the receiver's answer, unless its webhook is
// suspended.
func (v *vendor) push(ctx context.Context, n *Notification, at time.Time, evenIfSuspended bool) (delivered, tried bool) {
	if ctx.Err() != nil {
		return false, true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	to, err := v.find(n.WebhookID)
	if err != nil || to.Suspended && !evenIfSuspended {
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

// delivery is one to a webhook. A receiver is called directly, so that a webhook of
// it needs no URL of its own.
func (w Webhook) delivery(event string, attempt int, body []byte) simulator.Delivery {
	if w.URL == "" {
		w.URL = "http://receiver.invalid/"
	}
	return simulator.Delivery{URL: w.URL, WebhookID: w.ID, Event: event, Attempt: attempt, Body: body}
}

// countFailure counts towards the suspension of a webhook. The count begins
// anew with each day of UTC. It needs the lock.
func (v *vendor) countFailure(webhookID string, at time.Time) {
	e, err := v.find(webhookID)
	if err != nil {
		return
	}
	if day := at.UTC().Format(time.DateOnly); e.day != day {
		e.day, e.FailedToday = day, 0
	}
	e.FailedToday++
	if v.suspendAfter > 0 && e.FailedToday >= v.suspendAfter {
		e.Suspended = true
	}
}
