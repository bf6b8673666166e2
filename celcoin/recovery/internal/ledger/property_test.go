package ledger

import (
	"encoding/json"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// vendor is what is true at Celcoin: the status of each id.
type vendor map[string]string

// history drives a unit as the engine does, with a vendor and a network that do
// what is drawn, and keeps what was true when each event was written.
type history struct {
	unit   *Unit
	truth  vendor
	now    time.Time
	choose func(label string, of int) int // draws; the last choice is the healthy one
	events []Event
	truths []vendor
	t      require.TestingT
}

func (h *history) write(e Event) {
	h.now = h.now.Add(time.Second)
	e.Time = h.now
	require.NoError(h.t, h.unit.Apply(&e), e.Kind)
	h.events, h.truths = append(h.events, e), append(h.truths, maps.Clone(h.truth))
	for i := range h.unit.Rows {
		r := &h.unit.Rows[i]
		require.LessOrEqual(h.t, r.Attempts, MaxAttempts)
		require.LessOrEqual(h.t, r.InRun, h.unit.Run.MaxAttempts)
		require.Equal(h.t, r.State == Delivered, r.Evidence != NoEvidence)
		if h.unit.Drained() {
			require.Equal(h.t, Delivered, r.State)
			require.Equal(h.t, "sent", h.truth[r.ID], "drained, and %s is not delivered", r.ID)
		}
	}
	total := h.unit.Totals()
	require.Equal(h.t, total.Planned(), total.AlreadyDelivered+total.Delivered()+total.Unknown()+total.In[Expired]+total.StillPending())
}

func (h *history) in(s State) (items []int) {
	for i := range h.unit.Rows {
		if h.unit.Rows[i].State == s {
			items = append(items, i)
		}
	}
	return items
}

// each writes an event of its own for each item in a state.
func (h *history) each(s State, event func(r *Row) Kind) {
	for _, i := range h.in(s) {
		if k := event(&h.unit.Rows[i]); k != "" {
			e := Event{Kind: k, Items: []int{i}}
			if k == KindOther {
				e.Other = "FALHA"
			}
			h.write(e)
		}
	}
}

// run is one run of the unit, from wherever it is.
func (h *history) run() {
	if len(h.in(Sending)) > 0 {
		h.write(Event{Kind: KindDoubt, Items: h.in(Sending)})
	}
	if !h.unit.Run.Open() {
		h.write(Event{Kind: KindBegin, MaxAttempts: 3})
	}
	for range 2 * MaxAttempts { // unsent replays may repeat for as long as the network likes
		h.settle()
		h.look()
		batch := h.in(Pending)
		if len(batch) == 0 {
			break
		}
		h.write(Event{Kind: KindIntent, Items: batch, Probe: h.choose("probe", 2) == 0})
		h.each(Sending, h.replay)
	}
	if h.unit.Looked.IsZero() {
		h.settle()
		h.look()
	}
	h.write(Event{Kind: KindEnd, Result: "whatever"})
}

func (h *history) replay(r *Row) Kind {
	deliver := func() { h.truth[r.ID] = [...]string{"pending", "other", "sent"}[h.choose("delivery", 3)] }
	switch h.choose("answer", 6) {
	case 0:
		return KindUnsent
	case 1:
		return KindDoubt
	case 2:
		deliver()
		return KindDoubt
	case 3:
		return KindRefused
	case 4:
		if h.truth[r.ID] == "sent" {
			return KindNoMatch
		}
		return KindRefused
	default:
		deliver()
		return KindAccepted
	}
}

// settle waits for what is in flight.
func (h *history) settle() {
	h.each(Accepted, func(r *Row) Kind {
		if h.truth[r.ID] == "sent" && h.choose("count", 2) == 0 {
			return KindCounted
		}
		return ""
	})
	for _, s := range []State{Accepted, InDoubt, Overdue} {
		h.each(s, func(r *Row) Kind {
			switch h.truth[r.ID] {
			case "sent":
				return KindSent
			case "other":
				return KindOther
			}
			return KindTimeout
		})
	}
	h.each(Overdue, func(*Row) Kind { return KindUndelivered })
}

// look is the closing look.
func (h *history) look() {
	for s := range states {
		h.each(s, func(r *Row) Kind {
			return map[string]Kind{"sent": KindSent, "other": KindOther, "pending": KindPending}[h.truth[r.ID]]
		})
	}
	h.write(Event{Kind: KindLooked})
}

// Any prefix of any legal history, resumed, drains, and at no point says drained
// without evidence for each item.
func TestAnyPrefixOfAnyHistoryResumedDrains(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := &history{unit: new(Unit), truth: vendor{}, now: at, t: t}
		h.choose = func(label string, of int) int { return rapid.IntRange(0, of-1).Draw(t, label) }
		h.write(*head())
		for i := range rapid.IntRange(1, 4).Draw(t, "items") {
			id := strconv.Itoa(i)
			h.truth[id] = "pending"
			h.write(Event{Kind: KindItem, Item: &Item{ID: id}})
		}
		h.write(Event{Kind: KindListed})
		listed := len(h.events)
		for range rapid.IntRange(1, 3).Draw(t, "runs") {
			h.run()
		}

		cut := rapid.IntRange(listed, len(h.events)).Draw(t, "cut")
		again := &history{unit: new(Unit), truth: vendor{}, now: at, t: t}
		again.choose = func(_ string, of int) int { return of - 1 }
		for i := range h.events[:cut] {
			record, err := json.Marshal(h.events[i])
			require.NoError(t, err)
			var e Event
			require.NoError(t, json.Unmarshal(record, &e))
			require.NoError(t, again.unit.Apply(&e))
		}
		again.truth, again.now = maps.Clone(h.truths[cut-1]), h.now
		for range 5 {
			if !again.unit.Drained() {
				again.run()
			}
		}
		require.True(t, again.unit.Drained(), "%+v", again.unit.Totals())
	})
}
