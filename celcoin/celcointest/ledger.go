package celcointest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// ledger is all that the simulated vendor knows about webhooks. The server's
// lock guards it.
type ledger struct {
	shelves map[shelfKey]*shelf
	sources []source
	listed  *listed // sources[0]
	ids     identifiers

	failedStatus celcoin.Status
	texts        texts // answers of receivers, addresses
}

type shelfKey struct {
	product celcoin.Product
	entity  celcoin.Entity
}

// reference names one webhook for as long as the server lives.
type reference struct {
	shelf  *shelf
	number int32
}

func newLedger(seed uint64) *ledger {
	ids := newIdentifiers(seed)
	first := &listed{ids: ids}
	return &ledger{
		shelves: map[shelfKey]*shelf{},
		sources: []source{first},
		listed:  first,
		ids:     ids,
		texts:   newTexts(),
	}
}

// shelf gives the shelf of an entity, making it if it is new.
func (l *ledger) shelf(product celcoin.Product, entity celcoin.Entity) *shelf {
	key := shelfKey{product, entity}
	if l.shelves[key] == nil {
		l.shelves[key] = &shelf{product: product, entity: entity, named: map[string][]int32{}}
	}
	return l.shelves[key]
}

// all gives the shelves in a fixed order.
func (l *ledger) all() []*shelf {
	shelves := make([]*shelf, 0, len(l.shelves))
	for _, s := range l.shelves {
		shelves = append(shelves, s)
	}
	slices.SortFunc(shelves, func(a, b *shelf) int {
		return cmp.Or(strings.Compare(string(a.product), string(b.product)), strings.Compare(string(a.entity), string(b.entity)))
	})
	return shelves
}

// add puts one webhook, its defaults filled in, on its shelf.
func (l *ledger) add(w Webhook) (reference, string) {
	s := l.shelf(w.Product, w.Entity)
	index, id := l.listed.add(w)
	it := item{
		created:    nanoseconds(w.Created),
		updated:    nanoseconds(w.LastUpdated),
		index:      index,
		response:   l.texts.hold(w.Response),
		url:        l.texts.hold(w.URL),
		httpStatus: small(w.HTTPStatusCode),
		attempts:   small(w.Attempts),
		state:      stateOf(w.Status),
	}
	if it.state == statePending {
		it.failures = it.attempts
	}
	number := s.add(it)
	s.named[id] = append(s.named[id], number)
	return reference{s, number}, id
}

// generate puts a batch on its shelf, at the cost of the items alone. Receivers
// that were down failed in three ways: they answered an error, their gateway
// did, or nobody did.
func (l *ledger) generate(batch Batch, url string) {
	s := l.shelf(batch.Product, batch.Entity)
	made := &generated{
		batch: batch, shelf: s, first: int32(len(s.items)), ids: l.ids, //nolint:gosec // see shelf.add
		number: uint32(len(l.sources)), //nolint:gosec // memory ends long before 2^32 batches
	}
	l.sources = append(l.sources, made)
	outcomes := []item{
		{httpStatus: 503, failures: 1, response: l.texts.hold("<html><body><h1>503 Service Unavailable</h1></body></html>")},
		{httpStatus: 500, failures: 1, response: l.texts.hold(`{"success":false,"error":{"message":"receiver is down","id":null}}`)},
		{httpStatus: 0, failures: 1},
	}
	if batch.Response != "" {
		outcomes = []item{{httpStatus: 503, failures: 1, response: l.texts.hold(batch.Response)}}
	}
	if batch.Status == celcoin.StatusSent {
		outcomes = []item{{httpStatus: 200, response: l.texts.hold(cmp.Or(batch.Response, "OK"))}}
	}
	address := l.texts.hold(url)
	s.grow(batch.Count)
	for index := range uint32(batch.Count) { //nolint:gosec // checked to be positive
		it := outcomes[index%uint32(len(outcomes))] //nolint:gosec // at most three
		created := made.created(index)
		it.created = nanoseconds(created)
		it.updated = nanoseconds(created.Add(900 * time.Millisecond))
		it.source, it.index = made.number, index
		it.url = address
		l.texts.holdAgain(it.url)
		l.texts.holdAgain(it.response)
		it.attempts = 1
		it.state = stateOf(batch.Status)
		s.add(it)
	}
}

// answered notes where a webhook was delivered last, and what was answered there.
func (l *ledger) answered(it *item, url, response string) {
	before := [...]uint32{it.url, it.response}
	it.url, it.response = l.texts.hold(url), l.texts.hold(response)
	for _, number := range before {
		l.texts.release(number)
	}
}

// named finds the webhooks of that id on a shelf. For Pix there can be several.
func (l *ledger) named(s *shelf, id string) []int32 {
	found := slices.Clone(s.named[id])
	if number, index, ok := l.ids.parse(id); ok && int(number) < len(l.sources) {
		made, isBatch := l.sources[number].(*generated)
		if isBatch && made.shelf == s && int(index) < made.batch.Count {
			found = append(found, made.first+int32(index)) //nolint:gosec // below Count
		}
	}
	return found
}

// webhook puts a webhook together from its item and its source.
func (l *ledger) webhook(s *shelf, number int32) Webhook {
	it := s.items[number]
	from := l.sources[it.source]
	created := time.Unix(0, it.created)
	w := Webhook{
		Product:        s.product,
		Entity:         s.entity,
		ID:             from.id(it.index),
		Request:        from.request(it.index, created),
		Filter:         from.filter(it.index),
		Created:        created,
		LastUpdated:    time.Unix(0, it.updated),
		HTTPStatusCode: int(it.httpStatus),
		URL:            l.texts.at(it.url),
		Response:       l.texts.at(it.response),
		Attempts:       int(it.attempts),
	}
	if it.source == 0 {
		added := l.listed.webhooks[it.index]
		w.PayloadStatus, w.CreateDate, w.NullID = added.PayloadStatus, added.CreateDate, added.NullID
	}
	switch it.state {
	case statePending:
		w.Status = celcoin.StatusPending
	case stateSent:
		w.Status = celcoin.StatusSent
	case stateFailed:
		w.Status = l.failedStatus
	default:
		w.Status = from.status(it.index)
	}
	return w
}

func stateOf(status celcoin.Status) state {
	switch status {
	case celcoin.StatusPending:
		return statePending
	case celcoin.StatusSent:
		return stateSent
	default:
		return stateOther
	}
}

// nanoseconds since 1970, with the times that do not fit moved to the ends, as
// a query may well begin in the year 1.
func nanoseconds(t time.Time) int64 {
	switch {
	case t.Year() < 1678:
		return -1 << 63
	case t.Year() > 2261:
		return 1<<63 - 1
	default:
		return t.UnixNano()
	}
}

// small keeps a count within an item's 16 bits.
func small(n int) uint16 {
	return uint16(min(max(n, 0), 1<<16-1))
}
