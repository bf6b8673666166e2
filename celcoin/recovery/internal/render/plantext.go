package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// PlanText writes a plan for a terminal or a log, as [Text] does a report.
func PlanText(w io.Writer, p *Plan, o Options) error {
	c := newClock(o.Zone, false, p.From)
	var b strings.Builder
	fmt.Fprintf(&b, "plan: %s\n\n", p.headline())
	textFacts(&b, append(named(p.ID), p.head(c)...))
	if len(p.Entities) > 1 {
		names, rows := make([]string, len(p.Entities)), make([][]number, len(p.Entities))
		for i, e := range p.Entities {
			names[i], rows[i] = line(string(e.Entity)), e.columns()
		}
		textTable(&b, names, rows)
	}
	if numbers := p.numbers(); len(numbers) > 0 {
		b.WriteString("\nOf these\n")
		textNumbers(&b, numbers)
	}
	b.WriteString("\nEstimate\n")
	textFacts(&b, p.Estimate.facts())
	textSetAside(&b, c, p.SetAside)
	textSteps(&b, p.steps(o))
	_, err := io.WriteString(w, b.String())
	return err
}

// headline is the number of webhooks that a run would recover.
func (p *Plan) headline() string {
	if p.Items == 0 {
		return "nothing is pending"
	}
	return counted(p.Items, "webhook", "webhooks") + " to recover"
}

// head is what a plan is about.
func (p *Plan) head(c clock) []fact {
	var facts []fact
	if len(p.Entities) == 1 {
		facts = append(facts, fact{"entity", []string{line(string(p.Entities[0].Entity))}})
	}
	facts = append(facts, outage(c, p.From, p.To))
	if p.Margin > 0 {
		facts = append(facts, fact{"looked at", []string{c.span(p.From.Add(-p.Margin), p.To.Add(p.Margin)) + ", as Celcoin's dates may be off"}})
	}
	facts = append(facts, fact{"times", []string{c.name()}})
	facts = append(facts, setting(p.Environment, "", p.Skew)...)
	if p.Digest != "" {
		facts = append(facts, fact{"digest", []string{line(p.Digest)}})
	}
	return facts
}

// numbers are what is to be known of the items, and of what is none.
func (p *Plan) numbers() []number {
	return some(
		number{Name: "urgent", Count: p.Urgent, What: "perhaps older than the 7 days of Celcoin's replay: tried first", Bad: true},
		number{Name: "expired", Count: p.Expired, What: "older than 7 days: tried last, once", Bad: true},
		number{Name: "will expire", Count: p.WillExpire, What: "older than 7 days before their turn comes", Bad: true},
		number{Name: "left out", Count: p.LeftOut, What: "beside them: the receiver has them, or they were pulled"},
		number{Name: "not listed", Count: p.Unlisted, What: "beside them: counted by Celcoin, and not listed", Bad: true},
		number{Name: "windows refused", Count: p.Refused, What: "by Celcoin: what is missing in them is not known", Bad: true},
	)
}

// columns are what the table of entities has a column for.
func (e EntityPlan) columns() []number {
	return []number{
		{Name: "pending", Count: e.Items},
		{Name: "expired", Count: e.Expired, Bad: true},
		{Name: "will expire", Count: e.WillExpire, Bad: true},
	}
}

// facts are the estimate, and what holds the run back.
func (e Estimate) facts() []fact {
	length := "less than a second"
	if e.Duration >= time.Second {
		length = "about " + duration(e.Duration.Round(time.Second))
	}
	if e.HeldBackBy != "" {
		length += ", held back by the " + line(e.HeldBackBy)
	}
	calls := "about " + counted(e.Calls, "call", "calls")
	if e.Rate > 0 {
		calls += ", at most " + strconv.FormatFloat(e.Rate, 'f', -1, 64) + " a second"
	}
	if e.Concurrency > 0 {
		calls += ", " + count(e.Concurrency) + " at once"
	}
	facts := []fact{{"duration", []string{length}}, {"calls", []string{calls}}}
	if e.Latency > 0 {
		facts = append(facts, fact{"latency", []string{duration(e.Latency.Round(time.Millisecond)) + " a call, as measured"}})
	}
	if e.Delivery > 0 {
		facts = append(facts, fact{"delivery time", []string{duration(e.Delivery.Round(time.Millisecond)) + " from a replay to its delivery"}})
	}
	if e.InFlight > 0 {
		facts = append(facts, fact{"in-flight limit", []string{counted(e.InFlight, "replay", "replays") + " not delivered yet"}})
	}
	return facts
}

// steps say what there is to do before a run.
func (p *Plan) steps(o Options) []string {
	var steps []string
	for _, id := range p.Overlaps {
		steps = append(steps, "Recovery "+line(id)+" has some of these webhooks and is not finished: resume that one instead.")
	}
	if p.WillExpire > 0 {
		steps = append(steps, count(p.WillExpire)+" will expire before their turn comes: run soon; the estimate says what holds a run back.")
	}
	if n := len(p.SetAside); n > 0 {
		steps = append(steps, count(n)+" set aside: without them the recovery will end as partial.")
	}
	if p.Items > 0 && len(p.Overlaps) == 0 {
		steps = append(steps, "Run the plan.")
	}
	if steps = append(steps, o.steps()...); len(steps) == 0 {
		steps = append(steps, "Nothing.")
	}
	return steps
}
