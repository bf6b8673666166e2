package ceffutest

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
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

const (
	// StatusPending has tries before it.
	StatusPending Status = "pending"
	// StatusDelivered was answered with HTTP 200.
	StatusDelivered Status = "delivered"
	// StatusFailed has used up its tries. A resend covers these, and these alone.
	StatusFailed Status = "failed"
)

// Notification is one event of which a webhook is told.
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

// AddWebhook adds a webhook, or replaces the one of the same id and keeps its
// notifications. It returns it with its id.
func (s *Server) AddWebhook(w Webhook) (Webhook, error) {
	if err := s.vendor.checkWebhook(w); err != nil {
		return Webhook{}, fmt.Errorf("ceffutest: add webhook: %w", err)
	}
	return s.vendor.book.addWebhook(w), nil
}

func (v *vendor) checkWebhook(w Webhook) error {
	if strings.ContainsFunc(w.ID, func(r rune) bool { return r < '0' || r > '9' }) {
		return fmt.Errorf("id %q is not made of digits", w.ID)
	}
	if w.URL == "" && v.receiver != nil {
		return nil
	}
	u, err := url.Parse(w.URL)
	if err != nil {
		return err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("url %q is not one of http or https", w.URL)
	}
	return nil
}

// Webhooks returns all webhooks, in the order in which they were added.
func (s *Server) Webhooks() []Webhook {
	s.core.RunDue()
	return s.vendor.book.allWebhooks()
}

// AddFailed adds notifications whose receiver was down until Ceffu gave up. They
// count neither as attempts nor towards the suspension of the webhook.
func (s *Server) AddFailed(b Batch) error {
	if b.EventType == "" {
		b.EventType = ceffu.DepositSuccess
	}
	if b.To.IsZero() {
		b.To = s.Now()
	}
	if b.From.IsZero() {
		b.From = b.To.Add(-time.Hour)
	}
	if b.Count < 0 || b.From.After(b.To) {
		return fmt.Errorf("ceffutest: add failed: %d from %v to %v is no batch", b.Count, b.From, b.To)
	}
	if err := s.vendor.book.addFailed(b); err != nil {
		return fmt.Errorf("ceffutest: add failed: %w", err)
	}
	return nil
}

// Notify lets an event happen now: a notification is delivered at once, and
// after each failure again, 30, 120, 480, 1920 and 7680 seconds later on the
// server's clock. Then it has failed. If the webhook is suspended, it has failed
// without a try or without the tries that are left, which is a guess.
//
// An empty event type is ceffu.DepositSuccess.
func (s *Server) Notify(webhookID string, eventType ceffu.EventType) (Notification, error) {
	if eventType == "" {
		eventType = ceffu.DepositSuccess
	}
	n, err := s.vendor.notify(webhookID, eventType)
	if err != nil {
		return Notification{}, fmt.Errorf("ceffutest: notify: %w", err)
	}
	return n, nil
}

// Notifications returns all notifications, in the order in which they were added.
func (s *Server) Notifications() []Notification {
	s.core.RunDue()
	return s.vendor.book.allNotifications()
}

// Enable ends the suspension of a webhook and its count of failures, as a person
// does in Ceffu's UI.
func (s *Server) Enable(webhookID string) error {
	if err := s.vendor.book.enable(webhookID); err != nil {
		return fmt.Errorf("ceffutest: enable: %w", err)
	}
	return nil
}

// Test POSTs a message without data to a webhook, as the button in Ceffu's UI
// does, and returns what came of it. The receiver has ten seconds and passes
// with HTTP 200. A failure does not count towards a suspension, which is a
// guess; so is the body, see [WithTestBody].
func (s *Server) Test(webhookID string) (Delivery, error) {
	d, err := s.vendor.test(webhookID)
	if err != nil {
		return Delivery{}, fmt.Errorf("ceffutest: test: %w", err)
	}
	return Delivery(d), nil
}
