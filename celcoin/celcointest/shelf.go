package celcointest

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// state of a webhook. The vendor's set of statuses is open: a webhook that was
// added with one of its own keeps it until it is delivered.
type state uint8

const (
	statePending state = iota
	stateSent
	stateOther
	stateFailed // see WithFailedReplayStatus
)

// item is what changes about a webhook, 40 bytes of it, so that a million cost
// some 48 MB together with their place in time and their mark in the tally.
// Texts are numbers of the ledger's texts: receivers repeat themselves.
type item struct {
	created, updated int64 // Unix nanoseconds
	source, index    uint32
	response, url    uint32
	httpStatus       uint16
	attempts         uint16
	failures         uint16 // attempts that did not end in 200
	state            state
}

// shelf holds the webhooks of one entity of one product. Items stay where they
// were put, so their numbers can be kept; order has them by creation.
type shelf struct {
	product celcoin.Product
	entity  celcoin.Entity
	items   []item
	named   map[string][]int32 // by id, those that were added one by one

	order   []int32 // items by creation, then arrival
	pending tally   // over order
	stale   bool    // order and pending must be made anew

	failures int // deliveries that failed since the entity was last unblocked
}

func (s *shelf) grow(n int) {
	s.items = slices.Grow(s.items, n)
	s.order = slices.Grow(s.order, n)
	s.pending.tree = slices.Grow(s.pending.tree, n)
}

// add puts an item on the shelf. One that is newer than all the others, as those
// of a running server are, finds its place at once.
func (s *shelf) add(it item) int32 {
	number := int32(len(s.items)) //nolint:gosec // memory ends long before 2^31 webhooks
	s.items = append(s.items, it)
	if n := len(s.order); !s.stale && (n == 0 || s.items[s.order[n-1]].created <= it.created) {
		s.order = append(s.order, number)
		s.pending.push(it.state == statePending)
	} else {
		s.stale = true
	}
	return number
}

// arrange brings order and pending up to date.
func (s *shelf) arrange() {
	if !s.stale {
		return
	}
	for number := len(s.order); number < len(s.items); number++ {
		s.order = append(s.order, int32(number)) //nolint:gosec // see add
	}
	slices.SortFunc(s.order, s.compare)
	s.pending.tree = s.pending.tree[:0]
	for _, number := range s.order {
		s.pending.push(s.items[number].state == statePending)
	}
	s.stale = false
}

func (s *shelf) compare(a, b int32) int {
	return cmp.Or(cmp.Compare(s.items[a].created, s.items[b].created), cmp.Compare(a, b))
}

// before counts the items created before t: the position of the first that was not.
func (s *shelf) before(t time.Time) int {
	s.arrange()
	limit := nanoseconds(t)
	return sort.Search(len(s.order), func(i int) bool { return s.items[s.order[i]].created >= limit })
}

// setState changes the state of an item and its mark.
func (s *shelf) setState(number int32, to state) {
	it := &s.items[number]
	was := it.state
	it.state = to
	if s.stale || (was == statePending) == (to == statePending) {
		return
	}
	change := int32(1)
	if was == statePending {
		change = -1
	}
	position, _ := slices.BinarySearchFunc(s.order, number, s.compare)
	s.pending.add(position, change)
}

// pendingCount counts the pending items of the shelf.
func (s *shelf) pendingCount() int {
	s.arrange()
	return s.pending.before(s.pending.len())
}
