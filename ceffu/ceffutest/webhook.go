package ceffutest

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Webhook is an endpoint that notifications are POSTed to. At Ceffu one sets it
// up in the UI, and copies its id from there.
type Webhook struct {
	ID  string // 19 digits; empty: the server makes one up
	URL string // http or https; empty only with WithReceiver

	// State. AddWebhook does not read it, except for Suspended.
	Suspended   bool // too many failures; Enable ends it
	FailedToday int  // failures of the last UTC day on which there were any, since the last Enable
}

// Status is how far a notification got.
type Status string

// How far a notification gets.
const (
	StatusPending   Status = "pending"   // has tries before it
	StatusDelivered Status = "delivered" // was answered with HTTP 200
	StatusFailed    Status = "failed"    // has used up its tries; a resend covers these alone
)

// Notification is one event that a webhook is told of.
type Notification struct {
	ID          string // the message's orderViewId
	WebhookID   string
	EventType   ceffu.EventType
	Created     time.Time // what a resend's From is compared with, in milliseconds
	Status      Status
	Attempts    int       // deliveries so far, resends included
	LastAttempt time.Time // zero: none yet
	LastStatus  int       // of the receiver's last answer; 0: it gave none
}

// Batch is a number of notifications, spread evenly over time.
type Batch struct {
	WebhookID string
	EventType ceffu.EventType // empty: ceffu.DepositSuccess
	Count     int
	From      time.Time // Created of the first; zero: an hour before To
	To        time.Time // end, not reached, of the last; zero: now
}

// AddWebhook adds a webhook, or replaces the one of the same id, and returns it with its id.
func (s *Server) AddWebhook(w Webhook) (Webhook, error) {
	u, err := url.Parse(w.URL)
	isOptional := w.URL == "" && s.vendor.Receiver != nil
	switch {
	case strings.Trim(w.ID, "0123456789") != "":
		err = fmt.Errorf("id %q is not made of digits", w.ID)
	case err == nil && !isOptional && (u.Scheme != "http" && u.Scheme != "https" || u.Host == ""):
		err = fmt.Errorf("url %q is not one of http or https", w.URL)
	}
	if err != nil {
		return Webhook{}, fmt.Errorf("ceffutest: add webhook: %w", err)
	}
	defer s.lock()()
	w.ID, w.FailedToday = cmp.Or(w.ID, s.vendor.newID()), 0
	if known, err := s.vendor.find(w.ID); err == nil {
		*known = endpoint{Webhook: w}
	} else {
		s.vendor.webhooks = append(s.vendor.webhooks, &endpoint{Webhook: w})
	}
	return w, nil
}

// Webhooks returns all webhooks, in the order in which they were added.
func (s *Server) Webhooks() []Webhook {
	defer s.lock()()
	return simulator.Each(s.vendor.webhooks, func(e *endpoint) Webhook { return e.Webhook })
}

// AddFailed adds notifications that Ceffu gave up. They count neither as attempts nor towards
// the suspension of the webhook.
func (s *Server) AddFailed(b Batch) error {
	b.EventType = cmp.Or(b.EventType, ceffu.DepositSuccess)
	b.To = cmp.Or(b.To, s.Now())
	b.From = cmp.Or(b.From, b.To.Add(-time.Hour))
	if b.Count < 0 || b.From.After(b.To) {
		return fmt.Errorf("ceffutest: add failed: %d from %v to %v is not a batch", b.Count, b.From, b.To)
	}
	defer s.lock()()
	to, err := s.vendor.find(b.WebhookID)
	if err != nil {
		return fmt.Errorf("ceffutest: add failed: %w", err)
	}
	share := b.To.Sub(b.From) / time.Duration(max(b.Count, 1))
	for i := range b.Count {
		s.vendor.notify(to, b.EventType, b.From.Add(time.Duration(i)*share), StatusFailed)
	}
	return nil
}

// Notify lets an event happen now: a notification is delivered at once, and after each
// failure again, 30, 120, 480, 1920 and 7680 seconds later. Then it has failed; if the
// webhook is suspended, it has at once (a guess). Empty: ceffu.DepositSuccess.
func (s *Server) Notify(webhookID string, eventType ceffu.EventType) (Notification, error) {
	defer s.lock()()
	to, err := s.vendor.find(webhookID)
	if err != nil {
		return Notification{}, fmt.Errorf("ceffutest: notify: %w", err)
	}
	n := s.vendor.notify(to, cmp.Or(eventType, ceffu.DepositSuccess), s.Now(), StatusPending)
	if to.Suspended {
		n.Status = StatusFailed
	} else {
		s.vendor.scheduleTry(n, 0, n.Created)
	}
	return n.Notification, nil
}

// notify adds a notification. It needs the lock.
func (v *vendor) notify(to *endpoint, event ceffu.EventType, created time.Time, status Status) *notice {
	n := &notice{Notification{ID: v.newID(), WebhookID: to.ID, EventType: event, Created: created, Status: status}, to}
	v.notifications = append(v.notifications, n)
	return n
}

// Notifications returns all notifications, in the order in which they were added.
func (s *Server) Notifications() []Notification {
	defer s.lock()()
	return simulator.Each(s.vendor.notifications, func(n *notice) Notification { return n.Notification })
}

// Enable ends the suspension of a webhook and its count of failures, as Ceffu's UI does.
func (s *Server) Enable(webhookID string) error {
	defer s.lock()()
	e, err := s.vendor.find(webhookID)
	if err != nil {
		return fmt.Errorf("ceffutest: enable: %w", err)
	}
	e.Suspended, e.FailedToday = false, 0
	return nil
}

// Test POSTs a message without data to a webhook, as the button in Ceffu's UI does. The
// receiver has ten seconds and passes with HTTP 200. That a failure does not count towards
// a suspension is a guess; so is the body, see [WithTestBody].
func (s *Server) Test(webhookID string) (Delivery, error) {
	unlock := s.lock()
	to, err := s.vendor.find(webhookID)
	unlock()
	if err != nil {
		return Delivery{}, fmt.Errorf("ceffutest: test: %w", err)
	}
	return s.vendor.core.Deliver(to.delivery("test", 1, s.vendor.testBody), nil), nil
}
