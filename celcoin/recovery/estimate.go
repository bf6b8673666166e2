package recovery

import (
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

// survey goes through the items of a plan to say what will become of them.
type survey struct {
	r        *Recoverer
	plan     *engine.Plan
	now      time.Time
	entities map[string]*EntityPlan
	waiting  []due // to be replayed
	calls    int
	most     int // items of the largest entity
}

type due struct {
	entity *EntityPlan
	at     int64 // when it expires, by the later reading; 0: not known
}

func newSurvey(r *Recoverer, p *engine.Plan) *survey {
	s := &survey{r: r, plan: p, now: p.Planned.Add(p.Skew), entities: map[string]*EntityPlan{}}
	if now := time.Now(); now.After(p.Planned) {
		s.now = now.Add(p.Skew)
	}
	for _, e := range p.Request.Entities {
		s.entities[string(e)] = &EntityPlan{Entity: e}
	}
	return s
}

// add takes the items of a unit.
func (s *survey) add(p *Plan, u engine.UnitState) {
	e, items := s.entities[string(u.Entity)], 0
	for i := range u.Unit.Rows {
		row := &u.Unit.Rows[i]
		if row.FoundLater {
			continue
		}
		items++
		e.Items++
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
		d := due{entity: e}
		if !later.IsZero() {
			d.at = later.Unix()
		}
		s.waiting = append(s.waiting, d)
	}
	if s.calls += callsOf(items); s.r.e.Pull != nil {
		s.calls -= callsOf(items) - items/200 - 1 // its pages
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
func (s *survey) finish(p *Plan) {
	for _, e := range p.Request.Entities {
		p.Entities = append(p.Entities, *s.entities[string(e)])
		s.most = max(s.most, s.entities[string(e)].Items)
	}
	empty := 0
	for _, u := range s.plan.Units {
		if u.Items == 0 {
			empty++ // it is counted once more
		}
	}
	c := s.r.e.Config
	p.Calls = s.calls + empty + p.Expired
	p.Estimate = Estimate{
		Rate: c.Rate, Concurrency: c.Concurrency, Latency: s.plan.Latency.Round(time.Millisecond),
		Delivery: assumedDelivery, InFlight: c.Policy.Limit,
	}
	delivery := assumedDelivery + 2*s.plan.Latency // the replay, and the look at it
	byRate := float64(p.Calls) / c.Rate
	byLatency := float64(p.Calls) * s.plan.Latency.Seconds() / float64(c.Concurrency)
	byDelivery := float64(s.most) / float64(c.Policy.Limit) * delivery.Seconds()
	longest := max(byRate, byLatency, byDelivery)
	switch longest {
	case byRate:
		p.Estimate.HeldBackBy = "rate"
	case byLatency:
		p.Estimate.HeldBackBy = "latency"
	default:
		p.Estimate.HeldBackBy = "deliveries"
	}
	if p.Items > 0 {
		longest += c.Policy.DeliveryTimeout.Seconds()
	}
	p.Duration = seconds(longest)
	s.expiring(p, longest)
}

// expiring counts those that expire before their turn comes: the soonest go first.
func (s *survey) expiring(p *Plan, total float64) {
	slices.SortFunc(s.waiting, func(a, b due) int { return int(min(max(a.at-b.at, -1), 1)) })
	step := total / float64(max(len(s.waiting), 1))
	for i, d := range s.waiting {
		if d.at != 0 && d.at <= s.now.Add(seconds(float64(i)*step)).Unix() && d.at > s.now.Unix() {
			d.entity.WillExpire++
			p.WillExpire++
		}
	}
	for i := range p.Entities {
		p.Entities[i].WillExpire = s.entities[string(p.Entities[i].Entity)].WillExpire
	}
}

func seconds(s float64) time.Duration {
	return time.Duration(min(s, 1e9) * float64(time.Second)).Round(time.Second)
}
