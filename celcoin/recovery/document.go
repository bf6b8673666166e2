package recovery

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

// The words of a report, once for text and HTML.

// document is the report in words.
func (r *Report) document() *render.Document {
	c := r.clock()
	t := r.Totals
	d := &render.Document{
		Kind: "Celcoin webhook recovery", ID: render.Line(r.ID), State: render.Line(string(r.State)),
		Headline: r.headline(), Meaning: r.meaning(), Reason: render.Line(r.Reason),
		All: t.columns("planned"), Counts: "Totals", Numbers: t.numbers(),
		SetAside: setAsideEntries(c, r.SetAside), More: r.MoreFailures, Effort: "Work", Work: r.work(c),
		Share: render.Share{Proven: t.arrived() - t.Counted, Delivered: t.arrived(), All: t.Planned},
		Clock: c, From: r.From, To: r.To,
	}
	if d.State == "" {
		d.State = "no state"
	}
	dated := false // whether anything shown rests on how Celcoin's dates are read
	for _, e := range r.Entities {
		d.Entities = append(d.Entities, render.Row{Name: render.Line(string(e.Entity)), Numbers: e.columns("planned")})
		line := render.Timeline{Name: render.Line(string(e.Entity))}
		for _, b := range e.Timeline {
			line.Buckets = append(line.Buckets, render.Bucket(b))
		}
		d.Timelines = append(d.Timelines, line)
		dated = dated || line.Missed()
	}
	for _, f := range r.Failures {
		d.Failures = append(d.Failures, f.entry(c))
		dated = dated || strings.HasSuffix(strings.ToUpper(f.Created), "Z")
	}
	d.Facts = r.about(c, dated)
	d.Steps = r.steps()
	r.addendum.addTo(d)
	if len(d.Vendors) > 0 {
		d.Vendors = slices.Insert(d.Vendors, 0, render.Row{Name: "Celcoin", Numbers: t.columns("missed")})
	}
	return d
}

func (r *Report) clock() render.Clock { return render.NewClock(r.zone, r.FalseZ, r.From, r.Started) }

// headline is the one number that a reader wants.
func (r *Report) headline() string {
	switch {
	case r.Totals.Planned > 0:
		return render.Count(r.Totals.arrived()) + " of " + render.Count(r.Totals.Planned) + " delivered"
	case r.State == StateDrained:
		return "Nothing was missed"
	case r.State == StatePlanned, r.State == StateRunning:
		return "Nothing found so far"
	}
	return "Nothing was recovered"
}

// meaning says a state in words.
func (r *Report) meaning() string {
	t := r.Totals
	counted, left := render.Count(t.Counted), t.Planned-t.arrived()
	switch r.State {
	case StateDrained:
		switch {
		case t.Planned == 0:
			return "Celcoin lists nothing of the outage as pending"
		case t.Counted > 0:
			return "every webhook has evidence; for " + counted + " it is only that the pending count fell, as Celcoin no longer lists them"
		}
		return "every webhook has evidence that it was delivered"
	case StatePartial:
		switch without := render.Count(left) + " without evidence that they were delivered"; {
		case left > 0 && t.Counted > 0:
			return without + ", and " + counted + " only counted"
		case left > 0:
			return without
		case t.Counted > 0:
			return counted + " only counted: there is no other evidence that they were delivered"
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

// facts say something once each.
type facts []render.Fact

// say adds a fact, unless there is nothing to say.
func (f *facts) say(name string, lines ...string) {
	if len(lines) > 0 && lines[0] != "" {
		*f = append(*f, render.Fact{Name: name, Values: lines})
	}
}

// about says what a report is about.
func (r *Report) about(c render.Clock, dated bool) (f facts) {
	if len(r.Entities) == 1 {
		f.say("entity", render.Line(string(r.Entities[0].Entity)))
	}
	f.outage(c, r.From, r.To)
	f.say("times", c.Name())
	if dated {
		f.say("dates", c.Dates()...)
	}
	f.say("transactions", r.Statuses.words()...)
	f.setting(r.Environment, r.OtherEnvironment, r.Skew)
	return f
}

// outage says when the webhooks were missed.
func (f *facts) outage(c render.Clock, from, to time.Time) {
	text := "not known"
	if !from.IsZero() || !to.IsZero() {
		text = c.Span(from, to)
	}
	if !from.IsZero() && !to.IsZero() {
		text += " (" + render.Duration(to.Sub(from)) + ")"
	}
	f.say("outage", text)
}

// setting says where a recovery works.
func (f *facts) setting(environment, other string, skew time.Duration) {
	f.say("Celcoin", render.Line(environment))
	if other != "" {
		f.say("another Celcoin", render.Line(other)+" is what the settings name now")
	}
	if skew > 0 {
		f.say("clocks", "Celcoin's clock is "+render.Duration(skew)+" ahead of this machine's")
	} else if skew < 0 {
		f.say("clocks", "Celcoin's clock is "+render.Duration(-skew)+" behind this machine's")
	}
}

// work says what a recovery took.
func (r *Report) work(c render.Clock) (f facts) {
	runs := "none"
	if !r.Started.IsZero() || !r.Ended.IsZero() {
		runs = c.Span(r.Started, r.Ended) + ", active for " + render.Duration(r.Active)
	}
	calls := render.Counted(r.Calls, "call") + " to Celcoin"
	if r.Retries > 0 {
		calls += ", of them " + render.Counted(r.Retries, "repeated replay")
	}
	f.say("runs", runs)
	f.say("calls", calls)
	if r.GateClosed > 0 {
		f.say("receiver not ready", render.Counted(r.GateClosed, "time"))
	}
	var cuts []string
	for _, j := range r.JournalCuts {
		cuts = append(cuts, render.Line(string(j.Entity))+", "+c.Span(j.From, j.To)+": the last "+
			render.Counted(int(j.Bytes), "byte")+", which a crash had left unreadable")
	}
	f.say("journal cut", cuts...)
	f.say("digest", render.Line(r.Digest))
	return f
}

// entry is a failure in words. That Celcoin took a replay does not say why it
// failed.
func (f Failure) entry(c render.Clock) render.Entry {
	e := render.Entry{
		Name:  []string{render.Line(string(f.Entity)), render.Line(f.ID)},
		State: []string{render.Line(f.State), "not tried"}, When: c.CreatedText(f.Created),
	}
	if e.Name[1] == "" {
		e.Name[1] = "(no id)"
	}
	if f.PayloadStatus != "" {
		e.Name = append(e.Name, render.Line(f.PayloadStatus))
	}
	if f.Attempts > 0 {
		e.State[1] = render.Counted(f.Attempts, "attempt")
	}
	if f.ReceiverStatus != 0 {
		e.Why = append(e.Why, "the receiver answered "+strconv.Itoa(f.ReceiverStatus))
	}
	status := f.Status
	if status/100 == 2 {
		status = 0
	}
	if status != 0 || f.Code != "" {
		e.Why = append(e.Why, "Celcoin answered "+answer(status, f.Code, f.RequestID))
	} else if f.RequestID != "" {
		e.Why = append(e.Why, "replayed with request "+render.Line(f.RequestID))
	}
	if text := render.Line(f.Error); text != "" {
		e.Why = append(e.Why, text)
	}
	return e
}

// answer is what Celcoin answered: "400 CIE999, request abc".
func answer(status int, code, requestID string) string {
	text := ""
	if status != 0 {
		text = strconv.Itoa(status)
	}
	if code != "" {
		text = strings.TrimSpace(text + " " + render.Line(code))
	}
	if requestID != "" {
		text = strings.TrimPrefix(text+", request "+render.Line(requestID), ", ")
	}
	return text
}
