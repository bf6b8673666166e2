package celcointest

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// entry is a webhook as it is kept. What is made up, the payload and the filter,
// is made when somebody asks: 100,000 webhooks are to cost next to nothing.
type entry struct {
	of               *partition
	id               string
	status           celcoin.Status
	created, updated time.Time
	url, response    string
	httpStatus       int32
	attempts         int32
	failures         int32    // attempts that did not end in 200
	given            *Webhook // what the test gave; nil: a generated one
	next             *entry   // of the same id
}

type partitionKey struct {
	product celcoin.Product
	entity  celcoin.Entity
}

// partition holds the webhooks of one entity of one product.
type partition struct {
	partitionKey
	entries  []*entry // by creation, then arrival, unless stale
	stale    bool
	failures int // deliveries that failed since the entity was last unblocked
}

func (p *partition) sort() {
	if p.stale {
		slices.SortStableFunc(p.entries, byCreation)
		p.stale = false
	}
}

func byCreation(a, b *entry) int { return a.created.Compare(b.created) }

// ledger is all that the simulated vendor knows about webhooks. The server's
// lock guards it.
type ledger struct {
	seed       uint64
	made       uint64 // ids made up so far
	partitions map[partitionKey]*partition
	byID       map[string]*entry // the first of each id

	// A listing asks for the same again with each page, so the last matches are kept.
	version  int // counts changes
	lastKey  matchKey
	lastSeen []*entry
}

type matchKey struct {
	criteria
	version int
}

// sorted gives the partitions in a fixed order.
func (l *ledger) sorted() []*partition {
	all := slices.Collect(maps.Values(l.partitions))
	for _, p := range all {
		p.sort()
	}
	slices.SortFunc(all, func(a, b *partition) int {
		return cmp.Or(cmp.Compare(a.product, b.product), cmp.Compare(a.entity, b.entity))
	})
	return all
}

func (l *ledger) newID() string {
	l.made++
	return madeUpID(l.seed, l.made)
}

// keep files an entry that is complete but for its partition.
func (l *ledger) keep(product celcoin.Product, entity celcoin.Entity, e *entry) {
	l.version++
	key := partitionKey{product, entity}
	p := l.partitions[key]
	if p == nil {
		p = &partition{partitionKey: key}
		l.partitions[key] = p
	}
	if n := len(p.entries); n > 0 && e.created.Before(p.entries[n-1].created) {
		p.stale = true
	}
	e.of = p
	p.entries = append(p.entries, e)
	last := l.byID[e.id]
	if last == nil {
		l.byID[e.id] = e
		return
	}
	for last.next != nil {
		last = last.next
	}
	last.next = e
}

// named gives the webhooks of an id, by creation. For Pix there can be several.
func (l *ledger) named(id string) (named []*entry) {
	for e := l.byID[id]; e != nil; e = e.next {
		named = append(named, e)
	}
	slices.SortStableFunc(named, byCreation)
	return named
}

// visibility says which webhooks a query sees by their status.
type visibility uint8

const (
	seesAll visibility = iota
	seesPending
	seesOthers // all but the pending ones
)

// criteria are what count, details and replay look for.
type criteria struct {
	in        *partition // nil: the entity has no webhooks
	from, to  time.Time  // zero: open
	toOpen    bool       // an event created exactly at to is not in the window
	notBefore time.Time  // older events are invisible; zero: none is
	sees      visibility
	id        string
	filter    celcoin.Filter
}

// find gives what matches, by creation. The caller must not change it.
func (l *ledger) find(c criteria) []*entry {
	if c.in == nil {
		return nil
	}
	c.in.sort()
	candidates := l.candidates(c)
	// With the same first candidate, the age limit makes no difference.
	key := matchKey{c, l.version}
	if len(candidates) > 0 {
		key.notBefore = candidates[0].created
	}
	if key == l.lastKey && c.id == "" {
		return l.lastSeen
	}
	var found []*entry
	for _, e := range candidates {
		if c.matches(e) {
			found = append(found, e)
		}
	}
	l.lastKey, l.lastSeen = key, found
	return found
}

// candidates are those of the id, or those in the window.
func (l *ledger) candidates(c criteria) []*entry {
	if c.id != "" {
		return l.named(c.id)
	}
	all := c.in.entries
	low := sort.Search(len(all), func(i int) bool { return !all[i].created.Before(latest(c.from, c.notBefore)) })
	end := sort.Search(len(all), func(i int) bool { return !c.reaches(all[i].created) })
	return all[low:max(low, end)]
}

func (c *criteria) reaches(created time.Time) bool {
	return c.to.IsZero() || created.Before(c.to) || !c.toOpen && created.Equal(c.to)
}

func (c *criteria) matches(e *entry) bool {
	if e.of != c.in || e.created.Before(latest(c.from, c.notBefore)) || !c.reaches(e.created) {
		return false
	}
	if c.sees != seesAll && (c.sees == seesPending) != (e.status == celcoin.StatusPending) {
		return false
	}
	if c.filter == (celcoin.Filter{}) {
		return true
	}
	has, want := e.filter(), c.filter
	return (want.DocumentNumber == "" || want.DocumentNumber == has.DocumentNumber) &&
		(want.Account == "" || want.Account == has.Account) &&
		(want.ID == "" || want.ID == has.ID) &&
		(want.ClientRequestID == "" || want.ClientRequestID == has.ClientRequestID)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (e *entry) filter() celcoin.Filter {
	if e.given != nil && e.given.Filter != (celcoin.Filter{}) {
		return e.given.Filter
	}
	return newSample(e.of.entity, e.id).filter()
}

// webhook shows an entry.
func (e *entry) webhook() Webhook {
	var w Webhook
	if e.given != nil {
		w = *e.given
	}
	w.Product, w.Entity, w.ID, w.Status = e.of.product, e.of.entity, e.id, e.status
	w.Created, w.LastUpdated, w.URL, w.Response = e.created, e.updated, e.url, e.response
	w.HTTPStatusCode, w.Attempts = int(e.httpStatus), int(e.attempts)
	w.Filter = e.filter()
	if w.Request == "" {
		w.Request = newSample(w.Entity, w.ID).payload(w.Created, w.Filter, cmp.Or(w.PayloadStatus, "CONFIRMED"))
	}
	return w
}
