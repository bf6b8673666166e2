package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var policy = Policy{Limit: 40, Canary: 3, DeliveryTimeout: 30 * time.Second, MaxWait: 10 * time.Minute}

func after(d time.Duration) time.Time { return at.Add(d) }

func TestCanariesGoFirstThenTheLimitIsShared(t *testing.T) {
	t.Parallel()
	var c Control
	ask := func(unit string, inFlight, want int) Grant {
		return c.Grant(at, Ask{Unit: unit, InFlight: inFlight, Want: want, Began: at}, policy)
	}
	assert.Equal(t, Grant{Places: 3, Probe: true}, ask("a", 0, 100))
	assert.Equal(t, Grant{}, ask("b", 0, 100), "the canaries of all units are three")
	c.prove(at, "a", Outcome{Accepted: at})
	assert.Equal(t, Grant{Places: 18}, ask("a", 2, 100), "half, where two units want some")
	assert.Equal(t, Grant{Places: 20}, ask("b", 0, 100))
	assert.Equal(t, Grant{}, ask("c", 0, 100))
	c.Grant(at, Ask{Unit: "a", InFlight: 15, Began: at}, policy)
	assert.Equal(t, Grant{}, ask("c", 0, 100), "five places are too few to be worth a count")
	c.Grant(at, Ask{Unit: "a", InFlight: 0, Began: at}, policy)
	assert.Equal(t, Grant{Places: 20}, ask("c", 0, 100))
	c.Grant(at, Ask{Unit: "c", InFlight: 5, Began: at}, policy)
	assert.Equal(t, Grant{Places: 15}, c.Grant(at, Ask{Unit: "c", InFlight: 5, Want: 100, Alone: true, Began: at}, policy))
	assert.Equal(t, Grant{Places: 20}, c.Grant(after(11*time.Minute), Ask{Unit: "d", Want: 20, Began: at}, policy),
		"what is older than the max wait counts nothing")
	assert.Equal(t, Grant{Places: 39}, c.Grant(after(11*time.Minute), Ask{Unit: "d", InFlight: 1, Want: 100, Began: at}, policy),
		"whoever opens a unit overwrites its number")
}

// A process may die before it tells, and the next may begin other units before.
func TestADeliveryOfAnEarlierRunThatIsToldLateEndsNoCanaries(t *testing.T) {
	t.Parallel()
	var c Control
	told := Outcome{Arrived: true, At: at, Accepted: at}
	c.Grant(after(time.Hour), Ask{Unit: "b", Outcomes: []Outcome{told}, Began: at}, policy)
	assert.Equal(t, Grant{Places: 3, Probe: true}, c.Grant(after(time.Hour), Ask{Unit: "a", Want: 100, Began: after(time.Minute)}, policy))
}

func TestAFlightThatIsRenewedStillCounts(t *testing.T) {
	t.Parallel()
	var c Control
	c.prove(at, "a", Outcome{Accepted: at})
	c.Grant(at, Ask{Unit: "a", InFlight: 40, Began: at}, policy)
	assert.True(t, c.Renew(after(policy.MaxWait), "a"))
	assert.False(t, c.Renew(at, "b"), "it has none")
	assert.Equal(t, Grant{}, c.Grant(after(11*time.Minute), Ask{Unit: "b", Want: 20, Began: at}, policy))
}

func TestAShortMaxWaitForgetsNoFlights(t *testing.T) {
	t.Parallel()
	short := policy
	short.MaxWait = 3 * time.Second
	var c Control
	c.prove(at, "a", Outcome{Accepted: at})
	assert.Equal(t, Grant{Places: 40}, c.Grant(at, Ask{Unit: "a", Want: 100, Began: at}, short))
	assert.Equal(t, Grant{}, c.Grant(after(5*time.Second), Ask{Unit: "b", Want: 100, Began: at}, short),
		"the other unit writes its number anew every few seconds only")
}

func TestTheBreaker(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcomes string // + proven, - failed
		proven   bool   // something was, in this run
		failures int    // of the item that has failed least
		open     bool
		poison   bool
	}{
		"opens at twice canary while nothing is proven": {outcomes: "------", open: true},
		"not before":                          {outcomes: "-----"},
		"nor once something is proven":        {outcomes: "-----+-----"},
		"opens at the limit":                  {outcomes: strings.Repeat("-", 40), proven: true, open: true},
		"a delivery between begins anew":      {outcomes: strings.Repeat("-", 39) + "+" + strings.Repeat("-", 10), proven: true},
		"opens when more than half fail":      {outcomes: strings.Repeat("-+", 49) + "---", proven: true, open: true},
		"only failed ones are left: poison":   {outcomes: strings.Repeat("-", 40), proven: true, failures: 1, poison: true},
		"nothing was proven: no poison":       {outcomes: "------", failures: 1, open: true},
		"many of the last hundred: no poison": {outcomes: strings.Repeat("-+", 49) + "---", proven: true, failures: 1, poison: true},
	} {
		var control Control
		if c.proven {
			control.prove(at, "u", Outcome{Accepted: at})
		}
		poison := false
		for i, o := range c.outcomes {
			now := after(time.Duration(i) * time.Second)
			if o == '+' {
				control.prove(now, "u", Outcome{Accepted: now})
			} else {
				poison = control.fail(now, Outcome{Accepted: now}, Ask{Unit: "u", Began: at, Failures: c.failures}, policy)
			}
		}
		assert.Equal(t, c.open, control.Open, name)
		assert.Equal(t, c.poison, poison, name)
	}
}

func TestAnOpenBreakerAdmitsOneTrialPerMaxWait(t *testing.T) {
	t.Parallel()
	var c Control
	for range 6 {
		c.fail(at, Outcome{Accepted: at}, Ask{Unit: "u", Began: at}, policy)
	}
	require.True(t, c.Open)
	ask := func(now time.Time, unit string) Grant {
		return c.Grant(now, Ask{Unit: unit, Want: 9, Began: at}, policy)
	}
	first := after(policy.MaxWait)
	assert.Equal(t, Grant{Next: first}, ask(after(time.Minute), "u"))
	assert.Equal(t, Grant{Places: 1, Probe: true}, ask(first, "u"))
	assert.Equal(t, Grant{Next: first.Add(2 * policy.MaxWait)}, ask(first, "v"), "one at a time")
	assert.Equal(t, Grant{Next: first.Add(2 * policy.MaxWait)}, c.Grant(first, Ask{Unit: "u", InFlight: 1, Want: 1}, policy))
	c.prove(first, "v", Outcome{Accepted: first})
	assert.True(t, c.Open, "what is not the trial does not close it")
	assert.False(t, c.fail(first, Outcome{Accepted: first}, Ask{Unit: "u", Began: at}, policy))
	assert.Equal(t, Grant{Next: first.Add(policy.MaxWait)}, ask(first, "u"), "since the last failure")
	assert.True(t, ask(first.Add(policy.MaxWait), "u").Probe)
	c.prove(first, "u", Outcome{})
	assert.False(t, c.Open)
	assert.Empty(t, c.Row)
	assert.Positive(t, ask(first, "u").Places)
}

func TestATrialIsLeftToTheRowThatHasFailedLeast(t *testing.T) {
	t.Parallel()
	due := after(policy.MaxWait)
	c := Control{Open: true, Failed: at}
	worn := Ask{Unit: "worn", Want: 1, Failures: 3, Began: at}
	assert.Equal(t, Grant{Next: due.Add(3 * yield), Turn: true}, c.Grant(due, worn, policy))
	fresh := c
	assert.Equal(t, Grant{Places: 1, Probe: true}, fresh.Grant(due, Ask{Unit: "fresh", Want: 1, Began: at}, policy))
	assert.Equal(t, Grant{Places: 1, Probe: true}, c.Grant(due.Add(3*yield), worn, policy))
}

func TestAProofEndsTheRowOfWhatWasAcceptedBeforeIt(t *testing.T) {
	t.Parallel()
	var c Control
	for i := range 5 {
		c.fail(after(time.Minute), Outcome{Accepted: after(time.Duration(i) * time.Second)}, Ask{Unit: "a", Began: at}, policy)
	}
	c.prove(after(time.Minute), "b", Outcome{Accepted: after(2 * time.Second)})
	assert.Equal(t, []time.Time{after(2 * time.Second), after(3 * time.Second), after(4 * time.Second)}, c.Row,
		"at the same time is not before")
}

func TestADeliveryHasFailedWhenALaterOneArrivedOrAfterTheMaxWait(t *testing.T) {
	t.Parallel()
	var c Control
	assert.Equal(t, 30*time.Second, c.Timeout(policy))
	assert.False(t, c.Lost(after(time.Minute), at, policy))
	assert.True(t, c.Lost(after(policy.MaxWait), at, policy))
	c.prove(at, "u", Outcome{Accepted: at, AtLeast: time.Minute})
	assert.Equal(t, 2*time.Minute, c.Timeout(policy), "twice the slowest")
	assert.False(t, c.Lost(after(time.Minute), at, policy), "at the same time is not later")
	c.prove(at, "u", Outcome{Accepted: after(time.Second), AtLeast: time.Hour})
	assert.Equal(t, policy.MaxWait, c.Timeout(policy))
	assert.True(t, c.Lost(after(time.Minute), at, policy))
}

// Whatever units ask for, and whatever becomes of it, failures in a row and what
// is in flight are never more than the limit together, but for the one that
// shows whether the breaker should open.
func TestFailuresAndFlightsNeverExceedTheLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c Control
		p := Policy{
			Limit: rapid.IntRange(1, 50).Draw(t, "limit"), Canary: rapid.IntRange(0, 4).Draw(t, "canary"),
			DeliveryTimeout: time.Second, MaxWait: time.Hour,
		}
		now, inFlight, outcomes := at, map[string]int{}, map[string][]Outcome{}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now = now.Add(time.Second)
			unit := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "unit")
			if inFlight[unit] > 0 && rapid.Bool().Draw(t, "ends") {
				inFlight[unit]--
				outcomes[unit] = append(outcomes[unit], Outcome{Arrived: rapid.Bool().Draw(t, "arrived"), At: now, Accepted: now})
			}
			g := c.Grant(now, Ask{
				Unit: unit, Outcomes: outcomes[unit], Failures: rapid.IntRange(0, 3).Draw(t, "failures"),
				InFlight: inFlight[unit], Want: rapid.IntRange(0, 60).Draw(t, "want"), Began: at,
			}, p)
			outcomes[unit] = nil
			inFlight[unit] += g.Places
			if sum := inFlight["a"] + inFlight["b"] + inFlight["c"]; g.Places > 0 {
				require.True(t, len(c.Row)+sum <= p.Limit || sum <= 1, "%d failed, %d in flight of %d", len(c.Row), sum, p.Limit)
			}
		}
	})
}

func TestThePace(t *testing.T) {
	t.Parallel()
	var p Pace
	now := at
	one := p.Take(now, "one", 10, 10, 0)
	assert.Equal(t, Slot{Start: after(-time.Second), Gap: time.Second / 10, N: 13, Taken: now, size: 13}, one, "with a burst that was left unused")
	two := p.Take(now, "two", 10, 10, 0)
	assert.Equal(t, Slot{Start: after(300 * time.Millisecond), Gap: time.Second / 10, N: 3, Taken: now, size: 3}, two, "slots are disjoint")
	assert.Equal(t, after(time.Hour), p.Take(after(time.Hour), "one", 10, 10, 0).Start, "no burst where there are two")
	slow := p.Take(after(2*time.Hour), "two", 0.5, 1, 0)
	assert.Equal(t, Slot{Start: after(2 * time.Hour), Gap: 2 * time.Second, N: 1, Taken: after(2 * time.Hour), size: 1}, slow)

	p = Pace{}
	p.Throttle(at, 5*time.Second, 10)
	p.Throttle(at, 7*time.Second, 10) // of a call that failed together with it
	assert.Equal(t, after(7*time.Second), p.Take(at, "one", 10, 1, 0).Start)
	assert.Equal(t, 180*time.Millisecond, p.Take(after(7*time.Second), "one", 10, 1, 0).Gap.Round(10*time.Millisecond), "about half the rate")
	for range 20 {
		now = p.Next
		p.Take(now, "one", 10, 1, 0)
	}
	assert.Zero(t, p.Rate, "which comes back")
	p.Throttle(now, 0, 10)
	assert.Equal(t, now.Add(time.Second), p.Until)
	p.Throttle(p.Until, 0, 10)
	assert.Equal(t, now.Add(3*time.Second), p.Until, "longer each time")
}

// Whatever was given out by the clock as it was must not stop everybody until it is
// there again.
func TestAClockThatIsSetBackDoesNotStopThePace(t *testing.T) {
	t.Parallel()
	var p Pace
	p.Take(at, "one", 10, 1, 0)
	p.Throttle(at, time.Minute, 10)
	back := after(-time.Hour)
	assert.Equal(t, back.Add(time.Minute), p.Take(back, "one", 10, 1, 0).Start)
	next := p.Next
	assert.Equal(t, next, p.Take(back.Add(-jitter/2), "two", 10, 1, 0).Start, "clocks differ by as much")
}

// Calls that several processes have left over from their slots must not be made
// all at once later, or there are more within a second than the rate allows.
func TestCallsOfASlotAreMadeInTimeOrNotAtAll(t *testing.T) {
	t.Parallel()
	var p Pace
	p.Take(at, "another", 100, 1, 0)
	slot := p.Take(at, "one", 100, 1, 0)
	require.Equal(t, 25, slot.N)
	assert.Equal(t, 50, slot.Want(), "all of it may be used")
	for i := range 5 {
		due, ok := slot.Call(slot.Start)
		assert.True(t, ok)
		assert.Equal(t, slot.Taken.Add(250*time.Millisecond+time.Duration(i)*10*time.Millisecond), due)
	}
	due, ok := slot.Call(slot.Start.Add(60 * time.Millisecond))
	assert.True(t, ok)
	assert.Equal(t, slot.Taken.Add(310*time.Millisecond), due, "the sixth call is 60 ms late")
	_, ok = slot.Call(after(time.Hour))
	assert.False(t, ok)
	assert.Equal(t, 7, slot.Want(), "no more than it can use, and one to see whether it can use more")
	assert.Equal(t, 7, p.Take(after(time.Hour), "one", 100, 1, slot.Want()).N)
}

func TestWhatWasWrittenBeforeAClockWasSetBackIsNoNews(t *testing.T) {
	t.Parallel()
	ahead := after(time.Hour)
	c := Control{
		Proven: ahead, Failed: ahead, TrialAt: ahead, Arrived: ahead, Row: []time.Time{ahead},
		Flights: map[string]Flight{"a": {N: 2, At: ahead}},
	}
	c.Grant(at, Ask{Unit: "b", Began: at}, policy)
	assert.Equal(t, Control{
		Failed: at, TrialAt: at, Arrived: at, Row: []time.Time{at}, Flights: map[string]Flight{"a": {N: 2, At: at}},
	}, c)
}
