package celcointest

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Webhook is one webhook as the simulated vendor keeps it. Handed to
// [Server.Add], every field may be left out.
type Webhook struct {
	Product celcoin.Product // empty: ProductPix
	Entity  celcoin.Entity  // empty: EntityPixPaymentIn
	ID      string          // empty: a fresh UUID. For Pix the real one is the transaction's: several may share it
	Status  celcoin.Status  // empty: StatusPending

	Request       string         // the payload, sent to the receiver as it is; empty: made up for the entity
	PayloadStatus string         // in a made-up payload; empty: CONFIRMED. One id of Pix can come with several
	Filter        celcoin.Filter // what queries can be narrowed by; all empty: made up, otherwise what is empty is null

	Created        time.Time // true time, not Brasília's with a Z; zero: the server's clock
	LastUpdated    time.Time // zero: Created
	HTTPStatusCode int       // of the last delivery; 0: the receiver never answered, null in the details
	URL            string    // of the last delivery; empty: where the entity is subscribed
	Response       string    // what the receiver answered last; empty: null in the details

	// What Celcoin is not known to do, for tests of clients that have to bear it.
	CreateDate string // shown as createDate whatever it says, such as 9999-12-31T23:59:59Z; empty: that of Created
	NullID     bool   // the details show null instead of the id

	Attempts int  // deliveries tried, the first one included; of a pending webhook, all of them failed
	Blocked  bool // read only: the vendor has given up on it, see [WithBlocking]
}

// Batch describes many webhooks at once, for [Server.Generate].
type Batch struct {
	Product  celcoin.Product // empty: ProductPix
	Entity   celcoin.Entity  // empty: EntityPixPaymentIn
	Count    int
	From, To time.Time      // Created of the first; end, not reached, of the last
	Status   celcoin.Status // empty: StatusPending
	Response string         // what the receiver answered, of any length, with 503 (200 if sent); empty: short ones, or none
}

// withDefaults fills in what can be known without the server's state.
func (w Webhook) withDefaults(now time.Time) Webhook {
	w.Product = cmp.Or(stored(w.Product), celcoin.ProductPix)
	w.Entity = cmp.Or(w.Entity, celcoin.EntityPixPaymentIn)
	w.Status = cmp.Or(w.Status, celcoin.StatusPending)
	w.Created = cmp.Or(w.Created, now).Round(0) // without its monotonic clock
	w.LastUpdated = cmp.Or(w.LastUpdated, w.Created).Round(0)
	return w
}

// entry is a webhook as it is kept. A payload or filter that the test did not give is
// made up when it is needed: 100,000 webhooks are to cost little.
type entry struct {
	Webhook
	failures int // attempts that did not end in 200
}

// ledger is all that the vendor knows about webhooks. The server's lock guards it.
type ledger struct {
	entries  []*entry // by creation, then arrival, unless unsorted
	unsorted bool
	byID     map[string][]*entry
	failures map[celcoin.Entity]int // deliveries that failed since the entity was last unblocked
}

// keep files a complete entry.
func (l *ledger) keep(e *entry) {
	l.unsorted = l.unsorted || len(l.entries) > 0 && e.Created.Before(l.entries[len(l.entries)-1].Created)
	l.entries = append(l.entries, e)
	l.byID[e.ID] = append(l.byID[e.ID], e)
}

// sorted gives all entries, by creation.
func (l *ledger) sorted() []*entry {
	if l.unsorted {
		slices.SortStableFunc(l.entries, byCreation)
		l.unsorted = false
	}
	return l.entries
}

// named gives the entries of an id, by creation.
func (l *ledger) named(id string) []*entry {
	named := slices.Clone(l.byID[id])
	slices.SortStableFunc(named, byCreation)
	return named
}

func byCreation(a, b *entry) int { return a.Created.Compare(b.Created) }

// find gives what a query matches, by creation. See WithShiftedDates for the shift. The caller
// holds the lock, and may change the slice.
func (v *vendor) find(q query) (found []*entry) {
	candidates := v.ledger.sorted()
	if q.webhookID != "" {
		candidates = v.ledger.named(q.webhookID)
	}
	from, to := q.from.Add(v.cfg.shift), q.to.Add(v.cfg.shift)
	if v.cfg.toExclusive {
		to = to.Add(-1)
	}
	first := sort.Search(len(candidates), func(i int) bool { return !candidates[i].Created.Before(from) })
	found = make([]*entry, 0, len(candidates)-first)
	for _, e := range candidates[first:] {
		if !q.to.IsZero() && e.Created.After(to) {
			break
		}
		if q.matches(e) {
			found = append(found, e)
		}
	}
	return found
}

// matches compares everything but the window.
func (q *query) matches(e *entry) bool {
	unwanted := q.onlyPending && e.Status != celcoin.StatusPending || q.hidePending && e.Status == celcoin.StatusPending
	if e.Entity != q.entity || e.Product != stored(q.product) || unwanted {
		return false
	}
	if q.filter == (celcoin.Filter{}) {
		return true
	}
	has, want := e.filter(), q.filter
	return has.DocumentNumber == cmp.Or(want.DocumentNumber, has.DocumentNumber) &&
		has.Account == cmp.Or(want.Account, has.Account) &&
		has.ID == cmp.Or(want.ID, has.ID) &&
		has.ClientRequestID == cmp.Or(want.ClientRequestID, has.ClientRequestID)
}

func (e *entry) filter() celcoin.Filter {
	if e.Filter != (celcoin.Filter{}) {
		return e.Filter
	}
	return madeUpFilter(e.Entity, e.ID)
}

// show is a webhook with all that is made up. The caller holds the lock.
func (v *vendor) show(e *entry) Webhook {
	w := e.Webhook
	w.Filter = e.filter()
	if w.Request == "" {
		w.Request = payload(w)
	}
	w.Blocked = v.blocked(e)
	return w
}
