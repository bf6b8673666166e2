package ceffutest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
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
// were added. It has no upper bound. Those that an earlier resend delivered are
// among them only if resends leave them so, see WithResentStayingFailed.
func (v *vendor) failed(asked resendRequest) []*Notification {
	v.mu.Lock()
	defer v.mu.Unlock()
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
		switch {
		case ctx.Err() != nil:
			// The server closed; the delivery tells nothing of the receiver.
		case tried && delivered:
			v.settle(n, StatusDelivered)
		case tried && repetition < len(retrySchedule):
			v.scheduleTry(n, repetition+1, due.Add(retrySchedule[repetition]))
		default:
			// Suspended meanwhile, or the last try. That a suspension ends the
			// retries is a guess.
			v.settle(n, StatusFailed)
			if tried {
				v.countFailure(n.WebhookID, due)
			}
		}
	})
}

// deliverFailed tries once for each failed notification that was asked for, until
// ctx ends with the server. It has no retries of its own, which is a guess.
func (v *vendor) deliverFailed(ctx context.Context, asked resendRequest) {
	for _, n := range v.failed(asked) {
		now := v.core.Now()
		delivered, tried := v.push(ctx, n, now, v.suspendedResend == ResendDelivered)
		switch {
		case !tried || ctx.Err() != nil:
			return
		case !delivered:
			v.countFailure(n.WebhookID, now)
		case !v.stayFailed:
			v.settle(n, StatusDelivered)
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
	to, err := v.find(n.WebhookID)
	if err != nil || to.Suspended && !evenIfSuspended {
		v.mu.Unlock()
		return false, false
	}
	n.Attempts++
	post := simulator.Delivery{
		Time:      at,
		URL:       to.address(),
		WebhookID: n.WebhookID,
		Event:     string(n.EventType),
		Attempt:   n.Attempts,
		Body:      message(*n, at),
	}
	v.mu.Unlock()
	delivery := v.core.Deliver(post, nil)
	if ctx.Err() == nil {
		v.mu.Lock()
		defer v.mu.Unlock()
		n.LastAttempt, n.LastStatus = delivery.Time, delivery.Status
	}
	return delivery.Status == http.StatusOK, true
}

// address is where a webhook is delivered to. A receiver is called directly, so
// that a webhook of it needs no URL of its own.
func (w Webhook) address() string {
	if w.URL == "" {
		return "http://receiver.invalid/"
	}
	return w.URL
}

func (v *vendor) settle(n *Notification, status Status) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n.Status = status
}

// countFailure counts towards the suspension of a webhook. The count begins
// anew with each day of UTC.
func (v *vendor) countFailure(webhookID string, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
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

// notify starts the delivery of a new notification, unless the webhook is
// suspended: then it has failed.
func (v *vendor) notify(webhookID string, eventType ceffu.EventType) (Notification, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	to, err := v.find(webhookID)
	if err != nil {
		return Notification{}, err
	}
	now := v.core.Now()
	n := &Notification{ID: v.newID(), WebhookID: webhookID, EventType: eventType, Created: now, Status: StatusPending}
	if to.Suspended {
		n.Status = StatusFailed
	} else {
		v.scheduleTry(n, 0, now)
	}
	v.notifications = append(v.notifications, n)
	return *n, nil
}
