package celcointest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Subscribe sends the webhooks of an entity, of every product, to a URL from now
// on, with HTTP Basic (documented). Subscribing again replaces the subscription.
func (s *Server) Subscribe(entity celcoin.Entity, address, login, password string) error {
	if entity == "" {
		return errors.New("celcointest: subscribe: no entity")
	}
	target, err := url.Parse(address)
	if err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") {
		return fmt.Errorf("celcointest: subscribe: %q is not an http or https URL", address)
	}
	defer s.lock()()
	s.vendor.subscriptions[entity] = subscription{url: address, login: login, password: password}
	return nil
}

// Add puts webhooks into the server's state without delivering them, and returns
// their ids. See [Webhook] for what may be left out.
func (s *Server) Add(webhooks ...Webhook) []string {
	defer s.lock()()
	return simulator.Each(webhooks, func(w Webhook) string { return s.vendor.add(w).ID })
}

// Emit is Add for events that happen now: their first delivery is under way when it returns.
// Those that fail stay pending: the vendor's own repetitions are undocumented and not simulated.
func (s *Server) Emit(webhooks ...Webhook) []string {
	defer s.lock()()
	return simulator.Each(webhooks, func(w Webhook) string {
		e := s.vendor.add(w)
		s.vendor.core.At(s.Now(), func(ctx context.Context) { s.vendor.deliver(ctx, e, false) })
		return e.ID
	})
}

// AddMissed adds n pending Pix webhooks of an entity that a receiver missed
// between from and to. See [Server.Generate].
func (s *Server) AddMissed(entity celcoin.Entity, n int, from, to time.Time) error {
	return s.Generate(Batch{Entity: entity, Count: n, From: from, To: to})
}

// Generate adds many webhooks at the cost of some 600 bytes each: their payloads and filters
// are made up when they are needed, and visibly false. Pending ones have failed once, with
// 503, 500 or no answer; sent ones were answered 200.
func (s *Server) Generate(batch Batch) error {
	if batch.Count < 0 || batch.Count > 0 && batch.From.IsZero() || batch.To.Before(batch.From) {
		return fmt.Errorf("celcointest: generate: %d from %v to %v is not a batch", batch.Count, batch.From, batch.To)
	}
	outcomes := []Webhook{
		{HTTPStatusCode: 503, Response: "<html><body><h1>503 Service Unavailable</h1></body></html>"},
		{HTTPStatusCode: 500, Response: `{"success":false,"error":{"message":"receiver is down","id":null}}`},
		{},
	}
	if batch.Status == celcoin.StatusSent {
		outcomes = []Webhook{{HTTPStatusCode: 200, Response: cmp.Or(batch.Response, "OK")}}
	} else if batch.Response != "" {
		outcomes = []Webhook{{HTTPStatusCode: 503, Response: batch.Response}}
	}
	defer s.lock()()
	share := batch.To.Sub(batch.From) / time.Duration(max(batch.Count, 1))
	for i := range batch.Count {
		w := outcomes[i%len(outcomes)]
		w.Product, w.Entity, w.Status, w.Attempts = batch.Product, batch.Entity, batch.Status, 1
		// Fractions have 3 digits mostly and sometimes 0 or 7, as in the vendor's samples.
		digits := cmp.Or([16]time.Duration{time.Second, 100 * time.Nanosecond}[s.vendor.rng.IntN(16)], time.Millisecond)
		after := time.Duration(i)*share + time.Duration(s.vendor.rng.Int64N(int64(max(share, 1))))
		w.Created = batch.From.Add(after).Truncate(digits)
		if w.Created.Before(batch.From) {
			w.Created = batch.From
		}
		w.LastUpdated = w.Created.Add(900 * time.Millisecond)
		s.vendor.add(w)
	}
	return nil
}

// Webhooks returns every webhook, by product, entity and creation. It makes up payloads, so
// for many it takes a while and much memory; [Server.Pending] does not.
func (s *Server) Webhooks() []Webhook {
	defer s.lock()()
	all := slices.Clone(s.vendor.ledger.sorted())
	slices.SortStableFunc(all, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Entity, b.Entity))
	})
	return simulator.Each(all, s.vendor.show)
}

// Webhook returns the webhook of that id. If several share it, it is the oldest.
func (s *Server) Webhook(id string) (Webhook, bool) {
	defer s.lock()()
	for _, e := range s.vendor.ledger.named(id) {
		return s.vendor.show(e), true
	}
	return Webhook{}, false
}

// Pending counts the pending webhooks of an entity, of every product and age; of
// all entities together if it is empty.
func (s *Server) Pending(entity celcoin.Entity) (count int) {
	defer s.lock()()
	for _, e := range s.vendor.ledger.entries {
		if e.Status == celcoin.StatusPending && e.Entity == cmp.Or(entity, e.Entity) {
			count++
		}
	}
	return count
}

// Redeliver has webhooks delivered again as a replay would, but without a
// request: the one of that id, or all pending ones if it is empty. It returns
// how many it accepted: none of an entity without subscription.
func (s *Server) Redeliver(product celcoin.Product, entity celcoin.Entity, id string) int {
	defer s.lock()()
	w := Webhook{Product: product, Entity: entity}.withDefaults(s.Now())
	if _, subscribed := s.vendor.subscription(w.Entity); !subscribed {
		return 0
	}
	at := route{product: w.Product, entity: w.Entity}
	found := s.vendor.find(query{route: at, webhookID: id, onlyPending: id == ""})
	s.vendor.accept(found, s.Now())
	return len(found)
}

// IgnoreReplays makes replays of these webhooks match nothing, and those without webhookId
// pass them over. Not known of Celcoin.
func (s *Server) IgnoreReplays(ids ...string) {
	defer s.lock()()
	for _, id := range ids {
		s.vendor.ignored[id] = true
	}
}

// Unblock forgets the failures of an entity and of its webhooks, so that what
// [WithBlocking] stopped is delivered when it is replayed again.
func (s *Server) Unblock(entity celcoin.Entity) {
	defer s.lock()()
	delete(s.vendor.ledger.failures, entity)
	for _, e := range s.vendor.ledger.entries {
		if e.Entity == entity {
			e.failures = 0
		}
	}
}

// add fills in the defaults of a webhook and keeps it. The caller holds the lock.
func (v *vendor) add(w Webhook) *entry {
	w = w.withDefaults(v.core.Now())
	if w.ID == "" {
		w.ID = newUUID(v.rng)
	}
	target, _ := v.subscription(w.Entity)
	w.URL = cmp.Or(w.URL, target.url)
	e := &entry{Webhook: w}
	if w.Status == celcoin.StatusPending {
		e.failures = w.Attempts
	}
	v.ledger.keep(e)
	return e
}
