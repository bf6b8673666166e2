package celcointest

import (
	"context"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Stock is how many webhooks of one entity the server holds.
type Stock struct {
	Product celcoin.Product
	Entity  celcoin.Entity
	Pending int
	Sent    int
	Other   int // of a status that is neither
}

// Total counts them whatever their status.
func (s Stock) Total() int { return s.Pending + s.Sent + s.Other }

// Stocks counts the webhooks of every entity, by product and entity. Unlike
// [Server.Webhooks] it makes no payloads, so it is cheap for millions.
func (s *Server) Stocks() []Stock {
	s.core.RunDue()
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	var stocks []Stock
	for _, shelf := range s.vendor.ledger.all() {
		stock := Stock{Product: shelf.product, Entity: shelf.entity, Pending: shelf.pendingCount()}
		for i := range shelf.items {
			if shelf.items[i].state >= stateOther {
				stock.Other++
			}
		}
		stock.Sent = len(shelf.items) - stock.Pending - stock.Other
		stocks = append(stocks, stock)
	}
	return stocks
}

// Part says which webhooks of an entity to show.
type Part struct {
	Product celcoin.Product // empty: ProductPix
	Entity  celcoin.Entity  // empty: EntityPixPaymentIn
	// Status is StatusPending, or StatusSent for all that are not pending;
	// empty: both.
	Status celcoin.Status
	Skip   int // how many to leave out, from the newest
	Count  int // how many to show at most
}

// Browse shows some webhooks of an entity, newest first, and counts all that
// match. Whatever the age of a webhook, it is shown.
func (s *Server) Browse(part Part) (webhooks []Webhook, total int) {
	s.core.RunDue()
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	found := s.vendor.ledger.find(s.vendor.part(part))
	total = found.total()
	for _, number := range found.page(max(part.Skip, 0), max(part.Count, 0), true) {
		webhooks = append(webhooks, s.vendor.show(reference{found.shelf, number}))
	}
	return webhooks, total
}

// Redeliver has webhooks delivered again as a replay would, but without a
// request: the one of that id, or all pending ones if it is empty. It returns
// how many it accepted. Nothing is delivered of an entity that nobody
// subscribed to.
func (s *Server) Redeliver(product celcoin.Product, entity celcoin.Entity, id string) int {
	s.core.RunDue()
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	wanted := s.vendor.part(Part{Product: product, Entity: entity})
	if wanted.id = id; id == "" {
		wanted.sees = seesPending
	}
	found := s.vendor.ledger.find(wanted)
	total := found.total()
	if _, subscribed := s.vendor.subscription(entity); !subscribed || total == 0 {
		return 0
	}
	s.vendor.accept(found.shelf, found.page(0, total, false), s.core.Now().Add(s.vendor.cfg.replayDelay))
	return total
}

// part makes criteria that reach every age. The caller holds the lock.
func (v *vendor) part(p Part) criteria {
	defaults := Webhook{Product: p.Product, Entity: p.Entity}.withDefaults(v.core.Now())
	c := criteria{shelf: v.ledger.shelves[shelfKey{defaults.Product, defaults.Entity}]}
	switch p.Status {
	case "":
		c.sees = seesAll
	case celcoin.StatusPending:
		c.sees = seesPending
	default:
		c.sees = seesDelivered
	}
	return c
}

// KeepTime runs whatever falls due on a clock of [WithClock], and looks for it
// every so often, until ctx ends or the server closes. It is for programs: as
// long as it runs nobody else does that work, so that no request waits for
// deliveries to a slow receiver. Do not call [Server.Settle] meanwhile.
func (s *Server) KeepTime(ctx context.Context, every time.Duration) { s.core.KeepTime(ctx, every) }
