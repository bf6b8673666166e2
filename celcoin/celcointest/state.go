package celcointest

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/url"
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
	ids := make([]string, 0, len(webhooks))
	for _, w := range webhooks {
		ids = append(ids, s.vendor.add(w).id)
	}
	return ids
}

// Emit is Add for events that happen now: their first delivery is under way when
// it returns. Those that fail stay pending, as the vendor's own repetitions are
// undocumented and not simulated, and so do those of an entity that nobody
// subscribed to, which nothing is delivered of.
func (s *Server) Emit(webhooks ...Webhook) []string {
	defer s.lock()()
	ids := make([]string, 0, len(webhooks))
	for _, w := range webhooks {
		e := s.vendor.add(w)
		ids = append(ids, e.id)
		s.vendor.dispatch([]delivery{{due: s.core.Now(), of: e}})
	}
	return ids
}

// AddMissed adds n pending Pix webhooks of an entity that a receiver missed
// between from and to. See [Server.Generate].
func (s *Server) AddMissed(entity celcoin.Entity, n int, from, to time.Time) error {
	return s.Generate(Batch{Entity: entity, Count: n, From: from, To: to})
}

// Generate adds many webhooks at the cost of some 250 bytes each: their payloads
// and filters are made up from their ids when somebody asks. People, accounts and
// documents in them are visibly false. Pending ones have failed once, with 503,
// 500 or no answer; sent ones were answered 200.
func (s *Server) Generate(batch Batch) error {
	switch {
	case batch.Count < 0 || batch.Count > math.MaxInt32:
		return fmt.Errorf("celcointest: generate: a count of %d", batch.Count)
	case batch.Count == 0:
		return nil
	case batch.From.IsZero() || batch.To.Before(batch.From):
		return errors.New("celcointest: generate: From and To are not a window")
	}
	defer s.lock()()
	s.vendor.generate(batch)
	return nil
}

// generate spreads a batch over its window, each webhook at a random place of its
// own share, with 3 digits of a second mostly and sometimes 0 or 7. The caller
// holds the lock.
func (v *vendor) generate(batch Batch) {
	w := Webhook{Product: batch.Product, Entity: batch.Entity, Status: batch.Status}.withDefaults(batch.From)
	target, _ := v.subscription(w.Entity)
	outcomes := []entry{
		{httpStatus: 503, response: "<html><body><h1>503 Service Unavailable</h1></body></html>"},
		{httpStatus: 500, response: `{"success":false,"error":{"message":"receiver is down","id":null}}`},
		{},
	}
	if batch.Response != "" {
		outcomes = []entry{{httpStatus: 503, response: batch.Response}}
	}
	failures := int32(1)
	if w.Status == celcoin.StatusSent {
		outcomes, failures = []entry{{httpStatus: 200, response: cmp.Or(batch.Response, "OK")}}, 0
	}
	entries := make([]entry, batch.Count)
	share := batch.To.Sub(batch.From) / time.Duration(max(batch.Count, 1))
	for i := range entries {
		e := &entries[i]
		*e = outcomes[i%len(outcomes)]
		e.id, e.status, e.url, e.attempts, e.failures = v.ledger.newID(), w.Status, target.url, 1, failures
		draw := scramble(v.ledger.seed ^ scramble(v.ledger.made))
		e.created = batch.From.Add(time.Duration(i) * share)
		if share > 0 {
			e.created = e.created.Add(time.Duration(draw % uint64(share)))
		}
		precision := [...]time.Duration{0: time.Second, 1: 100 * time.Nanosecond, 15: 0}[draw>>60]
		e.created = latest(batch.From, e.created.Truncate(cmp.Or(precision, time.Millisecond)))
		e.updated = e.created.Add(900 * time.Millisecond)
		v.ledger.keep(w.Product, w.Entity, e)
	}
}

// Webhooks returns every webhook, by product, entity and creation. Payloads are
// made on the way, so for many it takes a while and much memory; [Server.Pending]
// does not.
func (s *Server) Webhooks() []Webhook {
	s.core.RunDue()
	defer s.lock()()
	var webhooks []Webhook
	for _, p := range s.vendor.ledger.sorted() {
		for _, e := range p.entries {
			webhooks = append(webhooks, s.vendor.show(e))
		}
	}
	return webhooks
}

// Webhook returns the webhook of that id. If several share it, it is the oldest.
func (s *Server) Webhook(id string) (Webhook, bool) {
	s.core.RunDue()
	defer s.lock()()
	found := s.vendor.ledger.named(id)
	if len(found) == 0 {
		return Webhook{}, false
	}
	return s.vendor.show(found[0]), true
}

// Pending counts the pending webhooks of an entity, of every product and age; of
// all entities together if it is empty.
func (s *Server) Pending(entity celcoin.Entity) int {
	s.core.RunDue()
	defer s.lock()()
	count := 0
	for _, p := range s.vendor.ledger.partitions {
		if entity == "" || p.entity == entity {
			count += len(s.vendor.ledger.find(criteria{in: p, sees: seesPending}))
		}
	}
	return count
}

// Redeliver has webhooks delivered again as a replay would, but without a
// request: the one of that id, or all pending ones if it is empty. It returns
// how many it accepted. Nothing is delivered of an entity that nobody
// subscribed to.
func (s *Server) Redeliver(product celcoin.Product, entity celcoin.Entity, id string) int {
	s.core.RunDue()
	defer s.lock()()
	w := Webhook{Product: product, Entity: entity}.withDefaults(s.core.Now())
	wanted := criteria{in: s.vendor.ledger.partitions[partitionKey{w.Product, w.Entity}], id: id}
	if id == "" {
		wanted.sees = seesPending
	}
	found := s.vendor.ledger.find(wanted)
	if _, subscribed := s.vendor.subscription(w.Entity); !subscribed {
		return 0
	}
	s.vendor.accept(found, s.core.Now().Add(s.vendor.cfg.replayDelay))
	return len(found)
}

// Unblock forgets the failures of an entity and of its webhooks, so that what
// [WithBlocking] stopped is delivered when it is replayed again.
func (s *Server) Unblock(entity celcoin.Entity) {
	defer s.lock()()
	for _, p := range s.vendor.ledger.partitions {
		if p.entity != entity {
			continue
		}
		p.failures = 0
		for _, e := range p.entries {
			e.failures = 0
		}
	}
}

// add fills in the defaults of a webhook and keeps it. The caller holds the lock.
func (v *vendor) add(w Webhook) *entry {
	w = w.withDefaults(v.core.Now())
	if w.ID == "" {
		w.ID = v.ledger.newID()
	}
	target, _ := v.subscription(w.Entity)
	w.URL = cmp.Or(w.URL, target.url)
	e := &entry{
		id: w.ID, status: w.Status, created: w.Created.Round(0), updated: w.LastUpdated.Round(0), url: w.URL, response: w.Response,
		httpStatus: int32(w.HTTPStatusCode), attempts: int32(w.Attempts),
		given: &w,
	}
	if w.Status == celcoin.StatusPending {
		e.failures = e.attempts
	}
	v.ledger.keep(w.Product, w.Entity, e)
	return e
}

// show is what the caller of the server sees. The caller holds the lock.
func (v *vendor) show(e *entry) Webhook {
	w := e.webhook()
	w.Blocked = v.blocked(e)
	return w
}
