package celcointest

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Subscribe sends the webhooks of an entity, of every product, to a URL from now
// on, with HTTP Basic (documented). Subscribing again replaces the subscription.
func (s *Server) Subscribe(entity celcoin.Entity, address, login, password string) error {
	if entity == "" {
		return errors.New("celcointest: subscribe: no entity")
	}
	target, err := url.Parse(address)
	if err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") {
		return fmt.Errorf("celcointest: subscribe: %q is no http or https URL", address)
	}
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	s.vendor.subscriptions[entity] = subscription{url: address, login: login, password: password}
	return nil
}

// Add puts webhooks into the server's state without delivering them, and returns
// their ids. See [Webhook] for what may be left out.
func (s *Server) Add(webhooks ...Webhook) []string {
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	ids := make([]string, 0, len(webhooks))
	for _, w := range webhooks {
		_, id := s.vendor.add(w)
		ids = append(ids, id)
	}
	return ids
}

// Emit is Add for events that happen now: their first delivery is under way when
// it returns. Those that fail stay pending, as the vendor's own repetitions are
// undocumented and not simulated, and so do those of an entity that nobody
// subscribed to, which nothing is delivered of.
func (s *Server) Emit(webhooks ...Webhook) []string {
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	ids := make([]string, 0, len(webhooks))
	for _, w := range webhooks {
		to, id := s.vendor.add(w)
		ids = append(ids, id)
		s.vendor.send([]parcel{{due: s.core.Now(), to: to}})
	}
	return ids
}

// AddMissed adds n pending Pix webhooks of an entity that a receiver missed
// between from and to. See [Server.Generate].
func (s *Server) AddMissed(entity celcoin.Entity, n int, from, to time.Time) error {
	return s.Generate(Batch{Entity: entity, Count: n, From: from, To: to})
}

// Generate adds many webhooks at the cost of some 50 bytes each: their payloads,
// ids and filters are made up from the seed when somebody asks. People, accounts
// and documents in them are visibly false. Pending ones have failed once, with
// 503, 500 or no answer; sent ones were answered 200.
func (s *Server) Generate(batch Batch) error {
	switch {
	case batch.Count < 0 || batch.Count > math.MaxInt32:
		return fmt.Errorf("celcointest: generate: a count of %d", batch.Count)
	case batch.From.IsZero() || batch.To.Before(batch.From):
		return errors.New("celcointest: generate: From and To are no window")
	case batch.Count == 0:
		return nil
	}
	defaults := Webhook{Product: batch.Product, Entity: batch.Entity, Status: batch.Status}.withDefaults(batch.From)
	batch.Product, batch.Entity, batch.Status = defaults.Product, defaults.Entity, defaults.Status
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	target, _ := s.vendor.subscription(batch.Entity)
	s.vendor.ledger.generate(batch, target.url)
	return nil
}

// Webhooks returns every webhook, by product, entity and creation. Payloads are
// made on the way, so for many it takes a while and much memory; [Server.Pending]
// does not.
func (s *Server) Webhooks() []Webhook {
	s.core.RunDue()
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	var webhooks []Webhook
	for _, shelf := range s.vendor.ledger.all() {
		shelf.arrange()
		webhooks = slices.Grow(webhooks, len(shelf.order))
		for _, number := range shelf.order {
			webhooks = append(webhooks, s.vendor.show(reference{shelf, number}))
		}
	}
	return webhooks
}

// Webhook returns the webhook of that id. If several share it, it is the first
// by product, entity and creation.
func (s *Server) Webhook(id string) (Webhook, bool) {
	s.core.RunDue()
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	for _, shelf := range s.vendor.ledger.all() {
		found := s.vendor.ledger.named(shelf, id)
		if len(found) > 0 {
			return s.vendor.show(reference{shelf, slices.MinFunc(found, shelf.compare)}), true
		}
	}
	return Webhook{}, false
}

// Pending counts the pending webhooks of an entity, of every product and age; of
// all entities together if it is empty.
func (s *Server) Pending(entity celcoin.Entity) int {
	s.core.RunDue()
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	count := 0
	for _, shelf := range s.vendor.ledger.shelves {
		if entity == "" || shelf.entity == entity {
			count += shelf.pendingCount()
		}
	}
	return count
}

// Unblock forgets the failures of an entity and of its webhooks, so that what
// [WithBlocking] stopped is delivered when it is replayed again.
func (s *Server) Unblock(entity celcoin.Entity) {
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	for _, shelf := range s.vendor.ledger.shelves {
		if shelf.entity != entity {
			continue
		}
		shelf.failures = 0
		for i := range shelf.items {
			shelf.items[i].failures = 0
		}
	}
}

// add fills in the defaults of a webhook and keeps it. The caller holds the lock.
func (v *vendor) add(w Webhook) (reference, string) {
	w = w.withDefaults(v.core.Now())
	if w.URL == "" {
		target, _ := v.subscription(w.Entity)
		w.URL = target.url
	}
	return v.ledger.add(w)
}

// show puts a webhook together for the caller of the server. The caller holds the lock.
func (v *vendor) show(of reference) Webhook {
	w := v.ledger.webhook(of.shelf, of.number)
	w.Blocked = v.blocked(of)
	return w
}
