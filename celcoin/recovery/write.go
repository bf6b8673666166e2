package recovery

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

// WriteText writes the report for a terminal or a log. The first line says the
// state and what it means, the last lines what to do next.
// Of the failures the first 20 are shown; [Report.WriteCSV] and
// [Report.WriteJSON] have them all.
func (r *Report) WriteText(w io.Writer) error { return render.Text(w, r.rendered(), r.options()) }

// WriteJSON writes the report as indented JSON. Times are RFC 3339;
// active_seconds is a number of seconds with a fraction. Text is as it is in the
// report, uncut. [json.Unmarshal] into a Report gives the same report back.
func (r *Report) WriteJSON(w io.Writer) error { return render.JSON(w, r.rendered(), r.options()) }

// WriteCSV writes the failures as RFC 4180 has it: UTF-8 without a byte order
// mark, CRLF, a header, then one line a failure, the first 1,000. A status of 0
// is an empty cell.
//
// A text that a spreadsheet would take for a formula gets an apostrophe in
// front. So a program that reads ids from the file takes one apostrophe off an id
// that begins with one; Celcoin's do not begin with any such character.
func (r *Report) WriteCSV(w io.Writer) error { return render.CSV(w, r.rendered(), r.options()) }

// WriteHTML writes the report as one page that needs nothing else: no script,
// font or image, and its policy forbids any, so that it may be mailed or kept as
// it is. It fits a phone, a wide screen and A4 paper, light and dark. All
// failures of the report are in it, each text cut at 200 characters.
func (r *Report) WriteHTML(w io.Writer) error { return render.HTML(w, r.rendered(), r.options()) }

func (r *Report) options() render.Options { return r.addendum.options(r.zone) }

// MarshalJSON writes durations in seconds, and no entities as an empty list.
func (r Report) MarshalJSON() ([]byte, error) { return json.Marshal(r.rendered()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Report) UnmarshalJSON(data []byte) error {
	var m render.Report
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	*r = Report{
		ID: m.ID, State: State(m.State), Reason: m.Reason, Next: m.Next, From: m.From, To: m.To, Started: m.Started, Ended: m.Ended,
		Digest: m.Digest, Environment: m.Environment, OtherEnvironment: m.OtherEnvironment, Totals: Totals(m.Totals),
		FalseZ: m.FalseZ, Skew: m.Skew, MoreFailures: m.MoreFailures,
		Calls: m.Calls, Retries: m.Retries, Active: m.Active, GateClosed: m.GateClosed, Statuses: StatusTotals(m.Statuses),
	}
	for _, e := range m.Entities {
		er := EntityReport{Entity: e.Entity, Totals: Totals(e.Totals)}
		for _, b := range e.Timeline {
			er.Timeline = append(er.Timeline, Bucket(b))
		}
		r.Entities = append(r.Entities, er)
	}
	for _, s := range m.SetAside {
		r.SetAside = append(r.SetAside, SetAside(s))
	}
	for _, f := range m.Failures {
		r.Failures = append(r.Failures, Failure(f))
	}
	return nil
}

// rendered is the report in the renderer's form.
func (r *Report) rendered() *render.Report {
	m := &render.Report{
		ID: r.ID, State: string(r.State), Reason: r.Reason, Next: r.Next, From: r.From, To: r.To, Started: r.Started, Ended: r.Ended,
		Digest: r.Digest, Environment: r.Environment, OtherEnvironment: r.OtherEnvironment, Totals: render.Totals(r.Totals),
		FalseZ: r.FalseZ, Skew: r.Skew, MoreFailures: r.MoreFailures,
		Calls: r.Calls, Retries: r.Retries, Active: r.Active, GateClosed: r.GateClosed, Statuses: render.StatusTotals(r.Statuses),
	}
	for _, e := range r.Entities {
		er := render.EntityReport{Entity: e.Entity, Totals: render.Totals(e.Totals)}
		for _, b := range e.Timeline {
			er.Timeline = append(er.Timeline, render.Bucket(b))
		}
		m.Entities = append(m.Entities, er)
	}
	for _, s := range r.SetAside {
		m.SetAside = append(m.SetAside, render.SetAside(s))
	}
	for _, f := range r.Failures {
		m.Failures = append(m.Failures, render.Failure(f))
	}
	return m
}

// WriteText writes the plan as a table.
func (p *Plan) WriteText(w io.Writer) error {
	return render.PlanText(w, p.rendered(), p.addendum.options(p.zone))
}

// String is the table of WriteText.
func (p *Plan) String() string {
	var b strings.Builder
	p.WriteText(&b) //nolint:errcheck,gosec // a strings.Builder does not fail
	return b.String()
}

// rendered is the plan in the renderer's form.
func (p *Plan) rendered() *render.Plan {
	m := &render.Plan{
		ID: p.ID, Digest: p.Digest, From: p.Request.From, To: p.Request.To, Margin: max(p.Request.Margin, 0),
		Environment: p.Environment, Items: p.Items, Expired: p.Expired, Urgent: p.Urgent, WillExpire: p.WillExpire,
		LeftOut: p.LeftOut, Unlisted: p.Unlisted, Refused: p.Refused, Overlaps: p.Overlaps, Skew: p.Skew,
		Estimate: render.Estimate{
			Calls: p.Calls, Duration: p.Duration, Rate: p.Estimate.Rate, Concurrency: p.Estimate.Concurrency,
			Latency: p.Estimate.Latency, Delivery: p.Estimate.Delivery, InFlight: p.Estimate.InFlight,
			HeldBackBy: p.Estimate.HeldBackBy,
		},
	}
	for _, e := range p.Entities {
		m.Entities = append(m.Entities, render.EntityPlan(e))
	}
	for _, s := range p.SetAside {
		m.SetAside = append(m.SetAside, render.SetAside(s))
	}
	return m
}
