package celcointest

import (
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// visibility says which webhooks a query sees by their state.
type visibility uint8

const (
	seesAll visibility = iota
	seesPending
	seesDelivered // all but the pending ones
)

// criteria are what count, details and replay look for.
type criteria struct {
	shelf     *shelf    // nil: the entity has no webhooks
	from, to  time.Time // zero: open
	toOpen    bool      // an event created exactly at to is not in the window
	notBefore time.Time // older events are invisible; zero: none is
	sees      visibility
	id        string
	filter    celcoin.Filter
}

// selection is what matches, by creation. While a query names neither id nor
// filter it is a range of the shelf, of which any page is found without walking
// over those before it.
type selection struct {
	shelf    *shelf
	low, end int // positions
	sees     visibility

	narrowed bool
	numbers  []int32 // the matches, if narrowed
}

// find selects what matches.
func (l *ledger) find(c criteria) selection {
	if c.shelf == nil {
		return selection{narrowed: true}
	}
	low, end := 0, len(c.shelf.items)
	if earliest := latest(c.from, c.notBefore); !earliest.IsZero() {
		low = c.shelf.before(earliest)
	}
	switch {
	case c.to.IsZero():
		c.shelf.arrange()
	case c.toOpen:
		end = c.shelf.before(c.to)
	default:
		end = c.shelf.before(c.to.Add(1))
	}
	s := selection{shelf: c.shelf, low: low, end: max(low, end), sees: c.sees}
	if c.id == "" && c.filter == (celcoin.Filter{}) {
		return s
	}
	s.narrowed = true
	if c.id != "" {
		s.numbers = l.amongNamed(s, c)
	} else {
		s.numbers = l.amongAll(s, c.filter)
	}
	return s
}

// amongNamed goes through the webhooks of the id that was asked for.
func (l *ledger) amongNamed(s selection, c criteria) []int32 {
	found := l.named(s.shelf, c.id)
	slices.SortFunc(found, s.shelf.compare)
	return slices.DeleteFunc(found, func(number int32) bool {
		position, _ := slices.BinarySearchFunc(s.shelf.order, number, s.shelf.compare)
		return position < s.low || position >= s.end || !s.shows(number) || !l.fits(s.shelf, number, c.filter)
	})
}

// amongAll goes through the whole range: a filter of the body has no index.
func (l *ledger) amongAll(s selection, filter celcoin.Filter) []int32 {
	var found []int32
	for _, number := range s.shelf.order[s.low:s.end] {
		if s.shows(number) && l.fits(s.shelf, number, filter) {
			found = append(found, number)
		}
	}
	return found
}

func (l *ledger) fits(s *shelf, number int32, want celcoin.Filter) bool {
	it := s.items[number]
	has := l.sources[it.source].filter(it.index)
	return (want.DocumentNumber == "" || want.DocumentNumber == has.DocumentNumber) &&
		(want.Account == "" || want.Account == has.Account) &&
		(want.ID == "" || want.ID == has.ID) &&
		(want.ClientRequestID == "" || want.ClientRequestID == has.ClientRequestID)
}

func (s selection) shows(number int32) bool {
	isPending := s.shelf.items[number].state == statePending
	return s.sees == seesAll || (s.sees == seesPending) == isPending
}

// total counts the matches.
func (s selection) total() int {
	if s.narrowed {
		return len(s.numbers)
	}
	marked := s.shelf.pending.before(s.end) - s.shelf.pending.before(s.low)
	switch s.sees {
	case seesPending:
		return marked
	case seesDelivered:
		return s.end - s.low - marked
	default:
		return s.end - s.low
	}
}

// page gives n matches after the first skip ones, or as many as there are; by
// creation, or backwards from the newest.
func (s selection) page(skip, n int, newestFirst bool) []int32 {
	total := s.total()
	skip = min(skip, total)
	n = min(n, total-skip)
	first := skip
	if newestFirst {
		first = total - skip - n
	}
	numbers := make([]int32, n)
	for i := range numbers {
		numbers[i] = s.at(first + i)
	}
	if newestFirst {
		slices.Reverse(numbers)
	}
	return numbers
}

// at gives the k-th match, counted from 0.
func (s selection) at(k int) int32 {
	if s.narrowed {
		return s.numbers[k]
	}
	position := s.low + k
	if s.sees != seesAll {
		before := s.shelf.pending.before(s.low)
		if s.sees == seesDelivered {
			before = s.low - before
		}
		position = s.shelf.pending.find(before+k, s.sees == seesPending)
	}
	return s.shelf.order[position]
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
