package celcointest

import (
	"slices"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Count is how many webhooks of one entity the server holds.
type Count struct {
	Product celcoin.Product
	Entity  celcoin.Entity
	Pending int
	Sent    int
	Other   int // of a status that is neither
}

// Total counts them whatever their status.
func (c Count) Total() int { return c.Pending + c.Sent + c.Other }

// Counts counts the webhooks of every entity, by product and entity. Unlike
// [Server.Webhooks] it makes no payloads, so it is cheap for many.
func (s *Server) Counts() []Count {
	s.core.RunDue()
	defer s.lock()()
	var counts []Count
	for _, p := range s.vendor.ledger.sorted() {
		count := Count{Product: p.product, Entity: p.entity}
		for _, e := range p.entries {
			switch e.status {
			case celcoin.StatusPending:
				count.Pending++
			case celcoin.StatusSent:
				count.Sent++
			default:
				count.Other++
			}
		}
		counts = append(counts, count)
	}
	return counts
}

// Page says which webhooks of an entity to show.
type Page struct {
	Product celcoin.Product // empty: ProductPix
	Entity  celcoin.Entity  // empty: EntityPixPaymentIn
	// Status is StatusPending, or StatusSent for all that are not pending;
	// empty: both.
	Status celcoin.Status
	Skip   int // how many to leave out, from the newest
	Count  int // how many to show at most
}

// Browse shows some webhooks of an entity, newest first and whatever their age,
// and counts all that match.
func (s *Server) Browse(page Page) (webhooks []Webhook, total int) {
	s.core.RunDue()
	defer s.lock()()
	w := Webhook{Product: page.Product, Entity: page.Entity}.withDefaults(s.core.Now())
	wanted := criteria{in: s.vendor.ledger.partitions[partitionKey{w.Product, w.Entity}]}
	switch page.Status {
	case "":
	case celcoin.StatusPending:
		wanted.sees = seesPending
	default:
		wanted.sees = seesOthers
	}
	found := slices.Clone(s.vendor.ledger.find(wanted))
	slices.Reverse(found)
	first := min(max(page.Skip, 0), len(found))
	for _, e := range found[first:min(first+max(page.Count, 0), len(found))] {
		webhooks = append(webhooks, s.vendor.show(e))
	}
	return webhooks, len(found)
}

// Stock is the former name of [Count].
//
// Deprecated: use Count.
type Stock = Count

// Stocks is the former name of [Server.Counts].
//
// Deprecated: use Counts.
func (s *Server) Stocks() []Stock { return s.Counts() }

// Part is the former name of [Page].
//
// Deprecated: use Page.
type Part = Page
