package ceffutest

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
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
		v.push(ctx, n, due)
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

// deliverFailed tries once for each notification that a resend covers, until ctx ends
// with the server. It has no retries of its own, which is a guess. It needs the lock.
func (v *vendor) deliverFailed(ctx context.Context, covered func(*notice) bool) {
	for _, n := range slices.Clone(v.notifications) {
		if !covered(n) {
			continue
		}
		if n.to.Suspended && v.suspendedResend != ResendDelivered {
			return
		}
		now := v.core.Now()
		v.push(ctx, n, now)
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

// push POSTs a notification and keeps the answer. It needs the lock, and gives it up meanwhile.
func (v *vendor) push(ctx context.Context, n *notice, at time.Time) {
	n.Attempts++
	post := n.to.delivery(string(n.EventType), n.Attempts, message(n.Notification, at))
	post.Time = at
	v.mu.Unlock()
	post = v.core.Deliver(post, nil)
	v.mu.Lock()
	if ctx.Err() == nil {
		n.LastAttempt, n.LastStatus = post.Time, post.Status
	}
}

// delivery is one to a webhook; with WithReceiver it needs no URL of its own.
func (w Webhook) delivery(event string, attempt int, body []byte) simulator.Delivery {
	url := cmp.Or(w.URL, "http://receiver.invalid/")
	return simulator.Delivery{URL: url, WebhookID: w.ID, Event: event, Attempt: attempt, Body: body}
}

// countFailure counts towards the suspension of a webhook, anew with each day of UTC.
func (e *endpoint) countFailure(at time.Time, suspendAfter int) {
	if day := at.UTC().Format(time.DateOnly); e.day != day {
		e.day, e.FailedToday = day, 0
	}
	e.FailedToday++
	e.Suspended = e.Suspended || suspendAfter > 0 && e.FailedToday >= suspendAfter
}

// messageFormat is the message that a receiver gets. Its shape is unconfirmed: it follows the
// one published sample, of 2024, which has names but no types. Ids of orders and webhooks are
// strings, as in Ceffu's API; the others are above 2^53, to show who reads numbers as floating
// point. The signature's scheme is not known, so it does not look like one. Times are Unix ms,
// of this delivery and of the event. Direction is 10 in, 20 out; status is 40 success, 99 failed.
const messageFormat = `{"encoded":false,"entityId":1721442311151521001,"webhookId":"%s","sign":"not-a-signature",` +
	`"event":%q,"timestamp":%d,"data":{"orderViewId":"%s","transferType":1,"direction":%d,"coinSymbol":"%s",` +
	`"amount":"%d.%08d","feeSymbol":"%[6]s","status":%[9]d,"txTime":%d,"walletId":1721442311151521002}}`

// message is the body of a delivery.
func message(n Notification, at time.Time) []byte {
	coins := [...]string{"BTC", "ETH", "USDT", "BNB"}
	draw := fnv.New64a() // of the id, so that a resent message tells the same
	_, _ = draw.Write([]byte(n.ID))
	pick := draw.Sum64()
	coin := coins[pick%uint64(len(coins))]
	direction, status := 10, 40
	if n.EventType == ceffu.WithdrawalSuccess || n.EventType == ceffu.WithdrawalFailed {
		direction = 20
	}
	if n.EventType == ceffu.DepositFailed || n.EventType == ceffu.WithdrawalFailed {
		status = 99
	}
	return fmt.Appendf(nil, messageFormat, n.WebhookID, string(n.EventType), at.UnixMilli(), n.ID, direction, coin,
		pick>>32%1000, pick>>8%100_000_000, status, n.Created.UnixMilli())
}
