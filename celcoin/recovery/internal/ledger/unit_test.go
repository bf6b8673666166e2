package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func nonEmptyLines(s string) []string { return strings.Split(strings.Trim(s, "\n"), "\n") }

func column(line string, from, width int) string {
	if from >= len(line) {
		return ""
	}
	return strings.TrimSpace(line[from:min(from+width, len(line))])
}

var at = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func head() *Event {
	return &Event{Kind: KindUnit, Head: &Head{Version: Version, Entity: "pix-payment-in", From: at, To: at.Add(time.Hour)}}
}

// unit has items of these ids, and is in its first run.
func unit(t *testing.T, ids ...string) *Unit {
	t.Helper()
	u := new(Unit)
	require.NoError(t, u.Apply(head()))
	for _, id := range ids {
		require.NoError(t, u.Apply(&Event{Kind: KindItem, Item: &Item{ID: id, Created: "2026-01-31T12:00:00Z"}}))
	}
	require.NoError(t, u.Apply(&Event{Kind: KindListed}))
	require.NoError(t, u.Apply(&Event{Kind: KindSealed}))
	require.NoError(t, u.Apply(&Event{Kind: KindBegin, Time: at, MaxAttempts: 3}))
	return u
}

func TestAUnitIsDrainedOnlyWithEvidenceAndALook(t *testing.T) {
	t.Parallel()
	u := unit(t, "a", "b")
	steps := []struct {
		event   Event
		drained bool
	}{
		{Event{Kind: KindLooked, Time: at}, false},
		{Event{Kind: KindIntent, Time: at, Items: []int{0, 1}}, false},
		{Event{Kind: KindAccepted, Time: at, Items: []int{0, 1}}, false},
		{Event{Kind: KindCounted, Items: []int{0, 1}}, false},
		{Event{Kind: KindLooked, Time: at}, false}, // what is counted needs more
		{Event{Kind: KindSent, Items: []int{0}}, false},
		{Event{Kind: KindFinal, Items: []int{1}}, true},
		{Event{Kind: KindPending, Items: []int{0}}, false},
		{Event{Kind: KindIntent, Time: at, Items: []int{0}}, false},
		{Event{Kind: KindSent, Items: []int{0}}, false}, // it has not been looked at since
		{Event{Kind: KindLooked, Time: at, Later: 7}, true},
		{Event{Kind: KindItem, Item: &Item{ID: "c", FoundLater: true}}, false},
	}
	for i, s := range steps {
		require.NoError(t, u.Apply(&s.event), i)
		assert.Equal(t, s.drained, u.Drained(), "step %d, %s", i, s.event.Kind)
	}
	assert.Equal(t, Totals{
		In: ByState{Pending: 1, Delivered: 2}, By: ByEvidence{BySent: 1, ByCount: 1}, Replayed: 2, FoundLater: 1, NewDuringRun: 7,
	}, u.Totals())
	assert.Equal(t, 1, u.Retries)
	assert.True(t, u.Unfinished())
	n, _ := u.Planned()
	assert.Equal(t, 2, n, "what is found later is not of the plan")
	require.NoError(t, u.Apply(&Event{Kind: KindEnd, Time: at, Result: "partial"}))
	assert.False(t, u.Run.Open())
}

func TestEventsThatDoNotFitAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event Event
		is    error
	}{
		"an item that is not there":     {Event{Kind: KindSent, Items: []int{0, 2}}, ErrIllegal},
		"a negative item":               {Event{Kind: KindSent, Items: []int{-1}}, ErrIllegal},
		"an illegal change":             {Event{Kind: KindSent, Items: []int{0}}, nil},
		"half of it illegal":            {Event{Kind: KindAccepted, Items: []int{0, 1}}, ErrIllegal},
		"an event of a newer version":   {Event{Kind: "teleported", Items: []int{0}}, ErrVersion},
		"a run within a run":            {Event{Kind: KindBegin}, ErrIllegal},
		"a head after the listing":      {*head(), ErrIllegal},
		"a head of another version":     {Event{Kind: KindUnit, Head: &Head{Version: 3}}, ErrVersion},
		"a head that is empty":          {Event{Kind: KindUnit}, ErrVersion},
		"an item without its row":       {Event{Kind: KindItem}, ErrIllegal},
		"an unknown event, of no items": {Event{Kind: "window"}, ErrVersion},
	} {
		u := unit(t, "a", "b")
		require.NoError(t, u.Apply(&Event{Kind: KindIntent, Items: []int{0}}))
		before := u.Totals()
		err := u.Apply(&c.event)
		if c.is == nil {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, c.is, name)
		assert.Equal(t, before, u.Totals(), name)
	}
	fresh := new(Unit)
	require.ErrorIs(t, fresh.Apply(&Event{Kind: KindListed}), ErrVersion, "a log of the first design")
	require.NoError(t, fresh.Apply(head()))
	require.ErrorIs(t, fresh.Apply(&Event{Kind: KindBegin}), ErrIllegal, "before the listing's end")
	require.ErrorIs(t, fresh.Apply(&Event{Kind: KindEnd}), ErrIllegal)
}

func TestAListingThatBeginsAgainForgetsWhatItHad(t *testing.T) {
	t.Parallel()
	u := new(Unit)
	for _, e := range []*Event{head(), {Kind: KindItem, Item: &Item{ID: "a"}}, head(), {Kind: KindItem, Item: &Item{ID: "b"}}} {
		require.NoError(t, u.Apply(e))
	}
	assert.Len(t, u.Rows, 1)
	assert.Empty(t, u.Named("a"))
}

func TestAUnitThatSharesIDsSaysSo(t *testing.T) {
	t.Parallel()
	giver := new(Unit)
	require.NoError(t, giver.Apply(head()))
	require.NoError(t, giver.Apply(&Event{Kind: KindListed, Elsewhere: []string{"a"}}))
	assert.Equal(t, 1, giver.Foreign())
	assert.True(t, giver.Elsewhere("a"))
	assert.False(t, giver.Elsewhere("b"))
	assert.Zero(t, unit(t, "a").Foreign())
}

func TestRowsDifferByIDKeyAndDate(t *testing.T) {
	t.Parallel()
	u := unit(t)
	rows := []Item{
		{ID: "a", Key: "pix a PROCESSING", Created: "1"}, {ID: "a", Key: "pix a CONFIRMED", Created: "1"},
		{ID: "a", Key: "pix a CONFIRMED", Created: "2"}, {Key: "hash", Created: "1"}, {Error: "no id, no payload"},
	}
	for range 2 {
		for i := range rows {
			require.NoError(t, u.Apply(&Event{Kind: KindItem, Item: &rows[i]}))
		}
	}
	assert.Len(t, u.Rows, 5)
	assert.Equal(t, []int{0, 1, 2}, u.Named("a"))
	assert.Equal(t, 1, u.In(Failed), "the one that cannot be named")
	n, found := u.Find(&rows[2])
	assert.True(t, found)
	assert.Equal(t, 2, n)

	var one, other Digest
	for i := range rows {
		one.add(rows[i].Name())
		other.add(rows[len(rows)-1-i].Name())
	}
	_, digest := u.Planned()
	assert.Equal(t, one, other)
	assert.Equal(t, one, digest)
	other.add(rows[0].Name())
	assert.NotEqual(t, one, other)
}

func TestExpiryHasTwoReadings(t *testing.T) {
	t.Parallel()
	for created, hours := range map[string]time.Duration{
		"2026-01-31T12:00:00Z": 3 * time.Hour, "2026-01-31T12:00:00-03:00": 0,
	} {
		earlier, later := (&Item{Created: created}).Expires()
		assert.Equal(t, hours, later.Sub(earlier), created)
		assert.Equal(t, Lifetime, earlier.Sub(at).Truncate(Lifetime), created)
		u := new(Unit)
		require.NoError(t, u.Apply(head()))
		require.NoError(t, u.Apply(&Event{Kind: KindItem, Item: &Item{Created: created}}))
		first, last := u.Rows[0].Expires()
		assert.Equal(t, []time.Time{earlier, later}, []time.Time{first, last})
	}
	for _, created := range []string{"", "yesterday", "9999-12-31T23:59:59Z"} {
		earlier, later := (&Item{Created: created}).Expires()
		assert.True(t, earlier.IsZero() && later.IsZero(), created)
	}
}

func TestTotalsCountEachStateOnceAndAddUp(t *testing.T) {
	t.Parallel()
	var all Totals
	for s := range states {
		u := unit(t, "x")
		u.totals = Totals{}
		u.Rows[0] = Row{State: s, Attempts: 1, Sent: time.Now(), Refused: s == Failed, Item: Item{FoundLater: true}}
		if s == Delivered {
			u.Rows[0].Attempts = 0
		}
		u.totals.add(&u.Rows[0], 1)
		all.Add(u.Totals(), 1)
		assert.Equal(t, s == Sending || s == Accepted || s == InDoubt || s == Overdue, s.InFlight(), s)
	}
	assert.Equal(t, Totals{
		In: ByState{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, By: ByEvidence{NoEvidence: 1},
		AlreadyDelivered: 1, Rejected: 1, Replayed: 8, FoundLater: 10,
	}, all)
	assert.Equal(t, []int{10, 1, 1, 5, 2}, []int{all.Planned(), all.Delivered(), all.Counted(), all.Unknown(), all.StillPending()})

	u := unit(t, "a", "b", "c")
	require.NoError(t, u.Apply(&Event{Kind: KindReceived, Items: []int{0}, Receiver: 200}))
	require.NoError(t, u.Apply(&Event{Kind: KindPulled, Items: []int{1}}))
	require.NoError(t, u.Apply(&Event{Kind: KindCalls, Calls: 5}))
	require.NoError(t, u.Apply(&Event{Kind: KindCut, Cut: 7}))
	assert.Equal(t, Totals{In: ByState{Pending: 1, Delivered: 2}, By: ByEvidence{ByReceived: 1, ByPulled: 1}, AlreadyDelivered: 1}, u.Totals())
	assert.EqualValues(t, 7, u.Cut)
	assert.Equal(t, 5, u.Calls)
	assert.Equal(t, 200, u.Rows[0].HTTPStatus)
}
