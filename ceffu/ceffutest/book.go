package ceffutest

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
)

// firstID is where made-up ids begin: 19 digits, above 2^53, as Ceffu's are.
const firstID = 1721442311151521794

// book is what Ceffu keeps: webhooks and their notifications.
type book struct {
	suspendAfter int // failures a UTC day; 0: never

	mu            sync.Mutex
	webhooks      []*endpoint
	notifications []*Notification
	ids           int64 // given out
}

// endpoint is a webhook, and the day that FailedToday is about.
type endpoint struct {
	Webhook
	day string
}

func (b *book) newID() string {
	b.ids++
	return strconv.FormatInt(firstID+b.ids, 10)
}

// find needs the lock.
func (b *book) find(webhookID string) (*endpoint, error) {
	i := slices.IndexFunc(b.webhooks, func(e *endpoint) bool { return e.ID == webhookID })
	if i < 0 {
		return nil, fmt.Errorf("there is no webhook %q", webhookID)
	}
	return b.webhooks[i], nil
}

func (b *book) webhook(id string) (Webhook, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.find(id)
	if err != nil {
		return Webhook{}, err
	}
	return e.Webhook, nil
}

func (b *book) addWebhook(w Webhook) Webhook {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.ID == "" {
		w.ID = b.newID()
	}
	w.FailedToday = 0
	if known, err := b.find(w.ID); err == nil {
		*known = endpoint{Webhook: w}
	} else {
		b.webhooks = append(b.webhooks, &endpoint{Webhook: w})
	}
	return w
}

func (b *book) allWebhooks() []Webhook {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Webhook, len(b.webhooks))
	for i, e := range b.webhooks {
		all[i] = e.Webhook
	}
	return all
}

func (b *book) enable(webhookID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.find(webhookID)
	if err != nil {
		return err
	}
	e.Suspended, e.FailedToday = false, 0
	return nil
}

func (b *book) addFailed(batch Batch) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.find(batch.WebhookID); err != nil {
		return err
	}
	step := batch.To.Sub(batch.From) / time.Duration(max(batch.Count, 1))
	for i := range batch.Count {
		b.notifications = append(b.notifications, &Notification{
			ID:        b.newID(),
			WebhookID: batch.WebhookID,
			EventType: batch.EventType,
			Created:   batch.From.Add(time.Duration(i) * step),
			Status:    StatusFailed,
		})
	}
	return nil
}

// addFresh adds a notification whose delivery is to begin, unless the webhook is
// suspended: then it has failed.
func (b *book) addFresh(webhookID string, eventType ceffu.EventType, now time.Time) (*Notification, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.find(webhookID)
	if err != nil {
		return nil, err
	}
	n := &Notification{
		ID: b.newID(), WebhookID: webhookID, EventType: eventType, Created: now, Status: StatusPending,
	}
	if e.Suspended {
		n.Status = StatusFailed
	}
	b.notifications = append(b.notifications, n)
	return n, nil
}

func (b *book) allNotifications() []Notification {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Notification, len(b.notifications))
	for i, n := range b.notifications {
		all[i] = *n
	}
	return all
}

// failed are the notifications that a resend covers, in the order in which they
// were added. It has no upper bound. Those that an earlier resend delivered are
// among them only if resends leave them so, see WithResentStayingFailed.
func (b *book) failed(webhookID string, eventType ceffu.EventType, fromMillis int64) []*Notification {
	b.mu.Lock()
	defer b.mu.Unlock()
	var failed []*Notification
	for _, n := range b.notifications {
		if n.Status == StatusFailed && n.WebhookID == webhookID && n.EventType == eventType &&
			n.Created.UnixMilli() >= fromMillis {
			failed = append(failed, n)
		}
	}
	return failed
}

// attempt notes that a delivery of n is about to happen, and returns what and
// where to. It says no if the webhook is suspended.
func (b *book) attempt(n *Notification, evenIfSuspended bool) (now Notification, to Webhook, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.find(n.WebhookID)
	if err != nil || e.Suspended && !evenIfSuspended {
		return *n, Webhook{}, false
	}
	n.Attempts++
	return *n, e.Webhook, true
}

// settle notes what became of a notification; a zero time says that it was not
// delivered for that.
func (b *book) settle(n *Notification, status Status, at time.Time, answered int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n.Status = status
	if !at.IsZero() {
		n.LastAttempt, n.LastStatus = at, answered
	}
}

// countFailure counts towards the suspension of a webhook. The count begins
// anew with each day of UTC.
func (b *book) countFailure(webhookID string, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, err := b.find(webhookID)
	if err != nil {
		return
	}
	if day := at.UTC().Format(time.DateOnly); e.day != day {
		e.day, e.FailedToday = day, 0
	}
	e.FailedToday++
	if b.suspendAfter > 0 && e.FailedToday >= b.suspendAfter {
		e.Suspended = true
	}
}
