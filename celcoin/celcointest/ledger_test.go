package celcointest

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestIdentifiersCanBeReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := newIdentifiers(rapid.Uint64().Draw(t, "seed"))
		source := rapid.Uint32Range(0, 1<<29-1).Draw(t, "source")
		index := rapid.Uint32().Draw(t, "index")
		gotSource, gotIndex, ok := ids.parse(ids.id(source, index))
		assert.True(t, ok)
		assert.Equal(t, [2]uint32{source, index}, [2]uint32{gotSource, gotIndex})
	})
}

func TestForeignIdentifiersAreNotRead(t *testing.T) {
	t.Parallel()
	ids := newIdentifiers(1)
	own := ids.id(3, 4)
	for _, id := range []string{
		"", "x", newIdentifiers(2).id(3, 4), own[:35], own + "0", "g" + own[1:],
		own[:14] + "5" + own[15:], "84c5fc12-c2e4-4582-9566-9b334a7486a0", "84c5fc12c2e4458295669b334a7486a0abcd",
	} {
		_, _, ok := ids.parse(id)
		assert.False(t, ok, id)
	}
}

func TestTallyCountsAndFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		marks := rapid.SliceOf(rapid.Bool()).Draw(t, "marks")
		var row tally
		for _, marked := range marks {
			row.push(marked)
		}
		for _, position := range rapid.SliceOf(rapid.IntRange(0, 100)).Draw(t, "flips") {
			if position >= len(marks) {
				continue
			}
			marks[position] = !marks[position]
			row.add(position, map[bool]int32{true: 1, false: -1}[marks[position]])
		}
		counts := map[bool]int{}
		for position, marked := range marks {
			assert.Equal(t, counts[true], row.before(position))
			assert.Equal(t, position, row.find(counts[marked], marked))
			counts[marked]++
		}
		assert.Equal(t, len(marks), row.find(counts[true], true))
		assert.Equal(t, len(marks), row.find(counts[false], false))
	})
}

// TestSelectionsAgreeWithAScan compares the index with going through everything.
func TestSelectionsAgreeWithAScan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		books := newLedger(7)
		minute := rapid.IntRange(0, 20)
		moment := func(name string) time.Time { return noon.Add(time.Duration(minute.Draw(t, name)) * time.Minute) }
		statuses := []celcoin.Status{celcoin.StatusPending, celcoin.StatusSent, "CANCELADO"}
		var shelf *shelf
		for range rapid.IntRange(1, 40).Draw(t, "actions") {
			switch rapid.IntRange(0, 3).Draw(t, "action") {
			case 0:
				from := moment("from")
				batch := Batch{Product: celcoin.ProductPix, Entity: celcoin.EntityPixPaymentIn, Count: 5, From: from, To: from.Add(time.Minute)}
				batch.Status = rapid.SampledFrom(statuses).Draw(t, "status")
				books.generate(batch, "")
			case 1:
				if shelf != nil && len(shelf.items) > 0 {
					number := rapid.IntRange(0, len(shelf.items)-1).Draw(t, "number")
					shelf.setState(int32(number), rapid.SampledFrom([]state{statePending, stateSent}).Draw(t, "state"))
				}
			default:
				status := rapid.SampledFrom(statuses).Draw(t, "status")
				w := Webhook{Created: moment("created"), Status: status}.withDefaults(noon)
				w.Filter.Account = rapid.SampledFrom([]string{"1", "2"}).Draw(t, "account")
				books.add(w)
			}
			shelf = books.shelf(celcoin.ProductPix, celcoin.EntityPixPaymentIn)
			if rapid.Bool().Draw(t, "look") {
				shelf.pendingCount()
			}
		}
		c := criteria{shelf: shelf, from: moment("from"), to: moment("to"), toOpen: rapid.Bool().Draw(t, "open")}
		c.sees = visibility(rapid.IntRange(0, 2).Draw(t, "sees"))
		c.filter.Account = rapid.SampledFrom([]string{"", "2"}).Draw(t, "filter")

		var want []int32
		for i := range shelf.items {
			w := books.webhook(shelf, int32(i))
			inside := !w.Created.Before(c.from) && (w.Created.Before(c.to) || !c.toOpen && w.Created.Equal(c.to))
			isPending := w.Status == celcoin.StatusPending
			seen := c.sees == seesAll || (c.sees == seesPending) == isPending
			if inside && seen && (c.filter.Account == "" || w.Filter.Account == "2") {
				want = append(want, int32(i))
			}
		}
		slices.SortFunc(want, shelf.compare)
		found := books.find(c)
		assert.Equal(t, len(want), found.total())
		assert.Equal(t, append([]int32{}, want...), found.page(0, len(want), false))
		size := rapid.IntRange(1, 7).Draw(t, "size")
		var paged, backwards []int32
		for skip := 0; skip < found.total(); skip += size {
			paged = append(paged, found.page(skip, size, false)...)
			backwards = append(backwards, found.page(skip, size, true)...)
		}
		slices.Reverse(backwards)
		assert.Equal(t, want, paged)
		assert.Equal(t, want, backwards)
	})
}

// What receivers answered before is nobody's any more, however often a webhook is
// sent again.
func TestOnlyTheLastAnswerOfAReceiverIsKept(t *testing.T) {
	t.Parallel()
	answers := 0
	s := NewServer(t, at(noon), WithReceiver(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answers++
		_, _ = io.WriteString(w, "request "+strconv.Itoa(answers))
	})))
	s.Add(Webhook{ID: "one"}, Webhook{ID: "two", Response: "request 100"})
	require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentIn, 3, noon.Add(-time.Hour), noon))
	before := len(s.vendor.ledger.texts.known)
	for range 100 {
		s.Redeliver("", celcoin.EntityPixPaymentIn, "one")
		s.Settle()
	}
	assert.LessOrEqual(t, len(s.vendor.ledger.texts.known), before+2)
	for id, want := range map[string]string{"one": "request 100", "two": "request 100"} {
		got, _ := s.Webhook(id)
		assert.Equal(t, want, got.Response)
		assert.Equal(t, receiverURL, got.URL)
	}
	s.Redeliver("", celcoin.EntityPixPaymentIn, "") // all but the one that was delivered
	s.Settle()
	var responses []string
	for _, w := range s.Webhooks() {
		responses = append(responses, w.Response)
	}
	assert.ElementsMatch(t, []string{"request 100", "request 101", "request 102", "request 103", "request 104"}, responses)
}
