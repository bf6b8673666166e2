package recovery

import (
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

// document is the plan in words.
func (p *Plan) document() *render.Document {
	c := render.NewClock(p.zone, false, p.Request.From)
	d := &render.Document{
		ID: render.Line(p.ID), State: "plan", Headline: "nothing is pending", Facts: p.about(c),
		Counts: "Of these", Numbers: some(
			number{Name: "urgent", Count: p.Urgent, What: "perhaps older than the 7 days of Celcoin's replay: tried first"},
			number{Name: "expired", Count: p.Expired, What: "older than 7 days: tried last, once"},
			number{Name: "will expire", Count: p.WillExpire, What: "older than 7 days before their turn comes"},
			number{Name: "left out", Count: p.LeftOut, What: "beside them: the receiver has them, or they were pulled"},
			number{Name: "not listed", Count: p.Unlisted, What: "beside them: counted by Celcoin, and not listed"},
			number{Name: "windows refused", Count: p.Refused, What: "by Celcoin: what is missing in them is not known"},
		),
		SetAside: setAsideEntries(c, p.SetAside), Effort: "Estimate", Work: p.work(), Steps: p.steps(),
	}
	if p.Items > 0 {
		d.Headline = render.Counted(p.Items, "webhook") + " to recover"
	}
	for _, e := range p.Entities {
		d.Entities = append(d.Entities, render.Row{Name: render.Line(string(e.Entity)), Numbers: []number{
			{Name: "pending", Count: e.Items}, {Name: "expired", Count: e.Expired}, {Name: "will expire", Count: e.WillExpire},
		}})
	}
	p.addendum.addTo(d)
	return d
}

// about says what a plan is about.
func (p *Plan) about(c render.Clock) (f facts) {
	if len(p.Entities) == 1 {
		f.say("entity", render.Line(string(p.Entities[0].Entity)))
	}
	from, to, margin := p.Request.From, p.Request.To, p.Request.Margin
	f.outage(c, from, to)
	if margin > 0 {
		f.say("looked at", c.Span(from.Add(-margin), to.Add(margin))+", as Celcoin's dates may be off")
	}
	f.say("times", c.Name())
	f.setting(p.Environment, "", p.Skew)
	f.say("digest", render.Line(p.Digest))
	return f
}

// work is the estimate, and what holds the run back.
func (p *Plan) work() (f facts) {
	e := p.Estimate
	length := "less than a second"
	if p.Duration >= time.Second {
		length = "about " + render.Duration(p.Duration.Round(time.Second))
	}
	if e.HeldBackBy != "" {
		length += ", held back by the " + render.Line(e.HeldBackBy)
	}
	calls := "about " + render.Counted(p.Calls, "call")
	if e.Rate > 0 {
		calls += ", at most " + strconv.FormatFloat(e.Rate, 'f', -1, 64) + " a second"
	}
	if e.Concurrency > 0 {
		calls += ", " + render.Count(e.Concurrency) + " at once"
	}
	f.say("duration", length)
	f.say("calls", calls)
	if e.Latency > 0 {
		f.say("latency", render.Duration(e.Latency)+" a call, as measured")
	}
	if e.Delivery > 0 {
		f.say("delivery time", render.Duration(e.Delivery)+" from a replay to its delivery")
	}
	if e.InFlight > 0 {
		f.say("in-flight limit", render.Counted(e.InFlight, "replay")+" not delivered yet")
	}
	return f
}

// steps say what there is to do before a run.
func (p *Plan) steps() (steps []string) {
	for _, id := range p.Overlaps {
		steps = append(steps, "Recovery "+render.Line(id)+" has some of these webhooks and is not finished: resume that one instead.")
	}
	if p.WillExpire > 0 {
		steps = append(steps, render.Count(p.WillExpire)+" will expire before their turn comes: run soon; the estimate says what holds a run back.")
	}
	if n := len(p.SetAside); n > 0 {
		steps = append(steps, render.Count(n)+" set aside: without them the recovery will end as partial.")
	}
	if p.Items > 0 && len(p.Overlaps) == 0 {
		steps = append(steps, "Run the plan.")
	}
	return steps
}
