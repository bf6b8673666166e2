package render

import (
	"strings"
	"time"
)

// fact is something that an output says once, on one line or more.
type fact struct {
	Name   string
	Values []string
}

// headline is the one number that a reader wants.
func (r *Report) headline() string {
	switch {
	case r.Totals.Planned > 0:
		return count(r.Totals.arrived()) + " of " + count(r.Totals.Planned) + " delivered"
	case r.State == StateDrained:
		return "Nothing was missed"
	case r.State == StatePlanned, r.State == StateRunning:
		return "Nothing found so far"
	}
	return "Nothing was recovered"
}

// state is the word of a state.
func (r *Report) state() string {
	if r.State == "" {
		return "no state"
	}
	return line(r.State)
}

// meaning says a state in words.
func (r *Report) meaning() string {
	switch r.State {
	case StateDrained:
		return r.proof()
	case StatePartial:
		t := r.Totals
		switch left := t.Planned - t.arrived(); {
		case left > 0 && t.Counted > 0:
			return count(left) + " without evidence that they were delivered, and " + count(t.Counted) + " only counted"
		case left > 0:
			return count(left) + " without evidence that they were delivered"
		case t.Counted > 0:
			return count(t.Counted) + " only counted: there is no other evidence that they were delivered"
		case len(r.SetAside) > 0:
			return "not everything could be looked at"
		}
		return "the closing look at Celcoin is missing"
	case StateRefused:
		return "the run was refused"
	case StateCancelled:
		return "the run was stopped before its end"
	case StatePlanned:
		return "the plan has not been run"
	case StateRunning:
		return "a run is under way"
	default:
		return "a state that this version does not know"
	}
}

// proof says what drained rests on.
func (r *Report) proof() string {
	t := r.Totals
	switch {
	case t.Planned == 0:
		return "Celcoin lists nothing of the outage as pending"
	case t.Counted > 0:
		return "every webhook has evidence; for " + count(t.Counted) +
			" it is only that the pending count fell, as Celcoin no longer lists them"
	}
	return "every webhook has evidence that it was delivered"
}

// head is what a report is about.
func (r *Report) head(c clock) []fact {
	var facts []fact
	if len(r.Entities) == 1 {
		facts = append(facts, fact{"entity", []string{line(string(r.Entities[0].Entity))}})
	}
	facts = append(facts, outage(c, r.From, r.To), fact{"times", []string{c.name()}})
	if r.dated() {
		facts = append(facts, c.doubt())
	}
	facts = append(facts, r.Statuses.facts()...)
	return append(facts, setting(r.Environment, r.OtherEnvironment, r.Skew)...)
}

// facts say what was heard of the transactions of the unresolved webhooks.
func (t StatusTotals) facts() []fact {
	var heard []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{t.Confirmed, "confirmed"},
		{t.Error, "ended in an error"},
		{t.Processing, "in process"},
		{t.Other, "of another status"},
		{t.NotFound, "not found"},
		{t.NoAnswer, "without an answer"},
		{t.NoCall, "of entities that cannot be asked"},
	} {
		if part.n > 0 {
			heard = append(heard, count(part.n)+" "+part.what)
		}
	}
	if heard == nil {
		return nil
	}
	return []fact{{"transactions", []string{strings.Join(heard, ", "), "of the webhooks without evidence; none of this is a delivery"}}}
}

// outage is when the webhooks were missed.
func outage(c clock, from, to time.Time) fact {
	if from.IsZero() && to.IsZero() {
		return fact{"outage", []string{"not known"}}
	}
	text := c.span(from, to)
	if !from.IsZero() && !to.IsZero() {
		text += " (" + duration(to.Sub(from)) + ")"
	}
	return fact{"outage", []string{text}}
}

// setting is where a recovery works, as far as it has to be known.
func setting(environment, other string, off time.Duration) (facts []fact) {
	if environment != "" {
		facts = append(facts, fact{"Celcoin", []string{line(environment)}})
	}
	if other != "" {
		facts = append(facts, fact{"another Celcoin", []string{line(other) + " is what the settings name now"}})
	}
	if off != 0 {
		facts = append(facts, fact{"clocks", []string{skew(off)}})
	}
	return facts
}

// work is what a recovery took.
func (r *Report) work(c clock) []fact {
	runs := "none"
	if !r.Started.IsZero() || !r.Ended.IsZero() {
		runs = c.span(r.Started, r.Ended) + ", active for " + duration(r.Active)
	}
	calls := counted(r.Calls, "call", "calls") + " to Celcoin"
	if r.Retries > 0 {
		calls += ", of them " + counted(r.Retries, "repeated replay", "repeated replays")
	}
	facts := []fact{{"runs", []string{runs}}, {"calls", []string{calls}}}
	if r.GateClosed > 0 {
		facts = append(facts, fact{"receiver not ready", []string{counted(r.GateClosed, "time", "times")}})
	}
	if r.Digest != "" {
		facts = append(facts, fact{"digest", []string{line(r.Digest)}})
	}
	return facts
}

// dated tells whether anything shown rests on how Celcoin's dates are read.
func (r *Report) dated() bool {
	for _, f := range r.Failures {
		if n := len(f.Created); n > 0 && (f.Created[n-1] == 'Z' || f.Created[n-1] == 'z') {
			return true
		}
	}
	for _, e := range r.Entities {
		if len(e.missed()) > 0 {
			return true
		}
	}
	return false
}

// failureCount is how many items failed, those that are not named too.
func (r *Report) failureCount() int { return len(r.Failures) + max(r.MoreFailures, 0) }

// named are the failures that are shown.
func (r *Report) named() []Failure { return r.Failures[:min(len(r.Failures), MaxFailures)] }

// answers are what the receiver and Celcoin said, apart. That Celcoin took a
// replay is no answer to why it failed.
func (f Failure) answers() (receiver, vendor string) {
	if f.ReceiverStatus != 0 {
		receiver = "the receiver answered " + answer(f.ReceiverStatus, "", "")
	}
	status := f.Status
	if status/100 == 2 {
		status = 0
	}
	if status != 0 || f.Code != "" {
		vendor = "Celcoin answered " + answer(status, f.Code, f.RequestID)
	} else if f.RequestID != "" {
		vendor = "replayed with request " + line(f.RequestID)
	}
	return receiver, vendor
}

// where is the stretch that was set aside.
func (s SetAside) where(c clock) string {
	if s.From.IsZero() && s.To.IsZero() {
		return "the whole outage"
	}
	return c.span(s.From, s.To)
}

// why is the reason, with what Celcoin counts and answered.
func (s SetAside) why() []string {
	var lines []string
	if s.Reason != "" {
		lines = append(lines, line(s.Reason))
	}
	if s.Counted > 0 {
		lines = append(lines, count(s.Counted)+" counted by Celcoin and not listed")
	}
	if text := answer(s.Status, s.Code, s.RequestID); text != "" {
		lines = append(lines, "Celcoin answered "+text)
	}
	return lines
}
