package ledger

import (
	"slices"
	"strings"
	"time"
)

// Policy is what a run allows.
type Policy struct {
	Limit           int // failed deliveries in a row
	Canary          int // in flight until one is proven; 0: no canaries
	DeliveryTimeout time.Duration
	MaxWait         time.Duration
}

// Control is the delivery control of one entity at one Celcoin, shared by all
// units and processes. Failures in a row and what is in flight never exceed the
// limit together, since all that is in flight may fail.
type Control struct {
	Flights map[string]Flight `json:"flights,omitempty"` // by unit
	// Row has the failures in a row: when each was accepted. A proven delivery ends
	// the row of those accepted before it, whatever is looked at first.
	Row []time.Time `json:"row,omitempty"`
	// Recent are the last 100 outcomes, the newest last: + and -.
	Recent string `json:"recent,omitempty"`
	Open   bool   `json:"open,omitempty"`
	// Trial is the one replay that an open breaker has admitted.
	Trial   string    `json:"trial,omitempty"` // the unit
	TrialAt time.Time `json:"trial_at,omitzero"`
	Failed  time.Time `json:"failed,omitzero"` // the last failure
	Proven  time.Time `json:"proven,omitzero"` // when a delivery was last proven
	// Arrived is when that one of the proven deliveries was accepted that was accepted last.
	Arrived time.Time     `json:"arrived,omitzero"`
	Slowest time.Duration `json:"slowest,omitempty"`
}

// Flight is how many replays a unit may have in flight.
type Flight struct {
	N  int       `json:"n"`
	At time.Time `json:"at"`
}

// Ask is a unit that tells what has become of its replays, and wants to send more.
// Whoever asks for a unit overwrites what it had.
type Ask struct {
	Unit     string
	Outcomes []Outcome // since it has asked last
	// Failures is how often that one of its rows has failed that has failed least.
	Failures int
	InFlight int
	Want     int       // beyond those
	Alone    bool      // one unit at a time makes the larger batches: the rate bounds all anyway
	Began    time.Time // the run
}

// Grant answers an [Ask].
type Grant struct {
	Places int  // replays that may be sent now
	Probe  bool // they are canaries, or a trial
	// Next is when an open breaker admits its next trial; zero: it is not open. Turn:
	// it admits one now, but this unit's only then.
	Next time.Time
	Turn bool
	// Poison: the breaker would open, although the entity's deliveries arrive in this
	// run and only items are left that failed before. They are to be given up.
	Poison bool
}

// Grant gives a unit its places in flight.
func (c *Control) Grant(now time.Time, a Ask, p Policy) Grant {
	c.at(now)
	poison := false
	for _, o := range a.Outcomes {
		if o.Arrived {
			seen := o.At
			if seen.After(now) { // clocks differ
				seen = now
			}
			c.prove(seen, a.Unit, o)
		} else {
			poison = c.fail(now, o, a, p) || poison
		}
	}
	others, units := c.others(now, a.Unit, p)
	g := c.grant(now, a, p, others, units)
	g.Poison = poison
	if c.Flights == nil {
		c.Flights = map[string]Flight{}
	}
	c.Flights[a.Unit] = Flight{N: a.InFlight + g.Places, At: now}
	if a.InFlight+a.Want == 0 {
		delete(c.Flights, a.Unit)
	}
	return g
}

// at takes note of the store's clock. What is ahead of it was written before it was set
// back, and would pass for what was just seen until the clock has caught up.
func (c *Control) at(now time.Time) {
	ahead := func(t time.Time) bool { return t.After(now.Add(jitter)) }
	if ahead(c.Proven) {
		c.Proven = time.Time{}
	}
	for _, t := range []*time.Time{&c.Failed, &c.TrialAt, &c.Arrived} {
		if ahead(*t) {
			*t = now
		}
	}
	for i := range c.Row {
		if ahead(c.Row[i]) {
			c.Row[i] = now
		}
	}
	for name, f := range c.Flights {
		if ahead(f.At) {
			c.Flights[name] = Flight{N: f.N, At: now}
		}
	}
}

func (c *Control) grant(now time.Time, a Ask, p Policy, others, units int) Grant {
	if c.Open {
		next := c.nextTrial(p)
		if now.Before(next) || a.InFlight > 0 || a.Want == 0 {
			return Grant{Next: next}
		}
		if turn := next.Add(time.Duration(a.Failures) * yield); now.Before(turn) {
			return Grant{Next: turn, Turn: true}
		}
		c.Trial, c.TrialAt = a.Unit, now
		return Grant{Places: 1, Probe: true}
	}
	limit, probe := p.Limit-len(c.Row), false
	if p.Canary > 0 && !c.provenSince(a.Began) {
		limit, probe = min(limit, p.Canary, 2*p.Canary-c.failedSince(a.Began)), true
	}
	limit = max(limit, 1) // it is not open, so one may show whether it should be
	share := limit
	if units > 0 && !probe && !a.Alone {
		share = max(limit/2, 1)
	}
	places := max(min(a.Want, limit-others-a.InFlight, share-a.InFlight), 0)
	if a.InFlight == 0 && places < min(a.Want, share/2) {
		places = 0 // many small batches would cost many counts
	}
	return Grant{Places: places, Probe: probe && places > 0}
}

// yield is how long a unit leaves a trial to others, for each time that its row has
// failed: one that never arrives would be every trial, and keep the breaker open.
const yield = 5 * time.Second

// Stale is after what time places in flight that were not renewed are free for others.
// A unit that runs renews its own four times in a max wait.
func (p Policy) Stale() time.Duration { return max(p.MaxWait, time.Minute) }

// others are the replays in flight of the other units, and how many units have or
// want any.
func (c *Control) others(now time.Time, unit string, p Policy) (inFlight, units int) {
	for name, f := range c.Flights {
		switch {
		case name == unit:
		case now.Sub(f.At) > p.Stale():
			delete(c.Flights, name)
		default:
			inFlight += f.N
			units++
		}
	}
	return inFlight, units
}

// Renew says that what a unit has in flight still is.
func (c *Control) Renew(now time.Time, unit string) (has bool) {
	f, has := c.Flights[unit]
	if has {
		c.Flights[unit] = Flight{N: f.N, At: now}
	}
	return has
}

// nextTrial is when an open breaker admits a trial: one max wait after the last
// failure, and one at a time.
func (c *Control) nextTrial(p Policy) time.Time {
	next := c.Failed.Add(p.MaxWait)
	// A trial may take the max wait to fail; one that ends unheard is dropped.
	if t := c.TrialAt.Add(2 * p.MaxWait); c.Trial != "" && t.After(next) {
		return t
	}
	return next
}

func (c *Control) provenSince(began time.Time) bool {
	return !c.Proven.IsZero() && !c.Proven.Before(began)
}

func (c *Control) failedSince(began time.Time) (n int) {
	for _, t := range c.Row {
		if !t.Before(began) {
			n++
		}
	}
	return n
}

// prove takes note of a delivery that has arrived. A unit that has a trial has
// nothing else in flight, so what arrives is the trial: it closes the breaker. What an
// earlier process saw, and did not tell, proves nothing of the receiver at present.
func (c *Control) prove(seen time.Time, unit string, o Outcome) {
	if c.Open && c.Trial == unit {
		c.Trial, c.TrialAt = "", time.Time{}
		c.Open, c.Recent, c.Row = false, "", nil
	}
	if !c.Open {
		c.Row = slices.DeleteFunc(c.Row, func(t time.Time) bool { return t.Before(o.Accepted) })
	}
	c.Proven = latest(c.Proven, seen)
	c.Arrived = latest(c.Arrived, o.Accepted)
	c.Slowest = max(c.Slowest, o.AtLeast)
	c.remember('+')
}

// fail takes note of a failed delivery, or of a probe that is not proven, and
// opens the breaker, unless that would be for poison.
func (c *Control) fail(now time.Time, o Outcome, a Ask, p Policy) (poison bool) {
	if c.Trial == a.Unit {
		c.Trial, c.TrialAt = "", time.Time{}
	}
	c.Failed = now
	c.Row = append(c.Row, o.Accepted)
	if len(c.Row) > p.Limit {
		c.Row = c.Row[len(c.Row)-p.Limit:]
	}
	c.remember('-')
	proven := c.provenSince(a.Began)
	broken := len(c.Row) >= p.Limit || strings.Count(c.Recent, "-") > recent/2 ||
		!proven && p.Canary > 0 && c.failedSince(a.Began) >= 2*p.Canary
	poison = broken && !c.Open && proven && a.Failures > 0
	c.Open = c.Open || broken && !poison
	return poison
}

// recent is how many outcomes are remembered.
const recent = 100

func (c *Control) remember(outcome byte) {
	c.Recent += string(outcome)
	if n := len(c.Recent); n > recent {
		c.Recent = c.Recent[n-recent:]
	}
}

// Timeout is how long a delivery may take: twice the slowest so far, from the
// delivery timeout to the max wait.
func (c *Control) Timeout(p Policy) time.Duration {
	return min(max(p.DeliveryTimeout, 2*c.Slowest), max(p.MaxWait, p.DeliveryTimeout))
}

// Lost tells whether a delivery that is overdue has failed: one that was
// accepted later has arrived, or the max wait is over.
func (c *Control) Lost(now, accepted time.Time, p Policy) bool {
	return c.Arrived.After(accepted) || now.Sub(accepted) >= max(p.MaxWait, c.Timeout(p))
}
