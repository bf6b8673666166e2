package recovery

import (
	"cmp"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
)

// Estimate is how long a run will take, and why.
type Estimate struct {
	Rate        float64       `json:"rate"`        // calls a second
	Concurrency int           `json:"concurrency"` // calls at once
	Latency     time.Duration `json:"latency"`     // of a call, as measured while planning
	Delivery    time.Duration `json:"delivery"`    // from a replay to its delivery, as assumed
	InFlight    int           `json:"in_flight"`   // replays of an entity at once that are not delivered yet
	// HeldBackBy is what holds the run back: "rate", "latency" (with the
	// concurrency) or "deliveries" (with the limit of those in flight).
	HeldBackBy string `json:"held_back_by"`
}

// assumedDelivery is how long a delivery is assumed to take: Celcoin documents
// no such time.
const assumedDelivery = time.Second

// estimator goes through the items of a plan to say what will become of them.
type estimator struct {
	c       *engine.Config
	p       *Plan
	plan    *engine.Plan
	now     time.Time
	waiting []due // to be replayed
}

type due struct {
	entity int   // of those of the plan
	at     int64 // when it expires, by the later reading; 0: not known
}

func newEstimator(c *engine.Config, p *Plan, plan *engine.Plan) *estimator {
	s := &estimator{c: c, p: p, plan: plan, now: plan.Planned.Add(plan.Skew)}
	if now := time.Now(); now.After(plan.Planned) {
		s.now = now.Add(plan.Skew)
	}
	for _, e := range plan.Request.Entities {
		p.Entities = append(p.Entities, EntityPlan{Entity: e})
	}
	return s
}

// add takes the items of a unit.
func (s *estimator) add(u engine.UnitState) {
	entity, items := slices.Index(s.plan.Request.Entities, u.Entity), 0
	e, p := &s.p.Entities[entity], s.p
	for i := range u.Unit.Rows {
		row := &u.Unit.Rows[i]
		if row.FoundLater {
			continue
		}
		items++
		earlier, later := row.Expires()
		switch {
		case !later.IsZero() && !later.After(s.now) && s.plan.ClockTrusted:
			e.Expired++
			p.Expired++
			if len(p.ExpiredItems) < namedExpired {
				p.ExpiredItems = append(p.ExpiredItems, itemOf(u.Entity, &row.Item))
			}
			continue
		case !earlier.IsZero() && !earlier.After(s.now):
			p.Urgent++
		}
		d := due{entity: entity}
		if !later.IsZero() {
			d.at = later.Unix()
		}
		s.waiting = append(s.waiting, d)
	}
	e.Items += items
	if s.c.Pull != nil {
		p.Calls += items/200 + 1 // its pages
	} else {
		p.Calls += callsOf(items)
	}
}

// callsOf is about how many calls a unit takes: its replays, their proof, and the
// closing look.
func callsOf(items int) int {
	const few, batch, sampled, page = 2, 20, 40, 200
	if items <= few {
		return 2*items + 1
	}
	return items + items/batch + items/sampled + 2*(items/page+1) + 2
}

// finish makes the estimate.
func (s *estimator) finish() {
	p, c := s.p, s.c
	most := 0 // items of an entity
	for _, e := range p.Entities {
		most = max(most, e.Items)
	}
	p.Calls += p.Expired
	for _, u := range s.plan.Units {
		if u.Items == 0 {
			p.Calls++ // it is counted once more
		}
	}
	p.Estimate = Estimate{
		Rate: c.Rate, Concurrency: c.Concurrency, Latency: s.plan.Latency.Round(time.Millisecond),
		Delivery: assumedDelivery, InFlight: c.Policy.Limit,
	}
	var longest float64
	for _, by := range []struct {
		name    string
		seconds float64
	}{
		{"rate", float64(p.Calls) / c.Rate},
		{"latency", float64(p.Calls) * s.plan.Latency.Seconds() / float64(c.Concurrency)},
		// A replay, its delivery, and the look at it.
		{"deliveries", float64(most) / float64(c.Policy.Limit) * (assumedDelivery + 2*s.plan.Latency).Seconds()},
	} {
		if by.seconds > longest || p.Estimate.HeldBackBy == "" {
			longest, p.Estimate.HeldBackBy = by.seconds, by.name
		}
	}
	if p.Items > 0 {
		longest += c.Policy.DeliveryTimeout.Seconds()
	}
	p.Duration = seconds(longest)
	// Those that expire before their turn comes: the soonest go first.
	slices.SortFunc(s.waiting, func(a, b due) int { return cmp.Compare(a.at, b.at) })
	step := longest / float64(max(len(s.waiting), 1))
	for i, d := range s.waiting {
		if d.at > s.now.Unix() && d.at <= s.now.Add(seconds(float64(i)*step)).Unix() {
			p.Entities[d.entity].WillExpire++
			p.WillExpire++
		}
	}
}

func seconds(s float64) time.Duration {
	return time.Duration(min(s, 1e9) * float64(time.Second)).Round(time.Second)
}
