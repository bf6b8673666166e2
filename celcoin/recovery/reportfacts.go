package recovery

import (
	"slices"

	"github.com/reenvio/reenvio-go/celcoin"
)

// reportTotal is a number of the totals with its explanation.
type reportTotal struct {
	Name  string
	Count int
	What  string
	// Bad: whoever reads it has something to do, unless it is 0.
	Bad bool
}

// list is the totals in the order in which they are told.
func (t Totals) list() []reportTotal {
	return []reportTotal{
		{Name: "planned", Count: t.Planned, What: "pending when the plan was made; the sum of the next six"},
		{Name: "already delivered", Count: t.AlreadyDelivered, What: "without being asked for"},
		{Name: "delivered", Count: t.Delivered, What: "after being asked for"},
		{Name: "unknown", Count: t.Unknown, What: "asked for, and not looked at since", Bad: true},
		{Name: "expired", Count: t.Expired, What: "too old to be asked for", Bad: true},
		{Name: "rejected", Count: t.Rejected, What: "Celcoin said no, as often as it was asked", Bad: true},
		{Name: "still pending", Count: t.StillPending, What: "not tried yet, or not delivered", Bad: true},
		{Name: "replayed", Count: t.Replayed, What: "asked for at least once, and accepted"},
		{Name: "new during the run", Count: t.NewDuringRun, What: "pending, and not of the plan", Bad: true},
	}
}

// cells are the totals that tables have a column for.
func (t Totals) cells() []reportTotal {
	return slices.DeleteFunc(t.list(), func(total reportTotal) bool { return total.Name == "replayed" })
}

// Number is the count for people.
func (t reportTotal) Number() string { return reportCount(t.Count) }

// Class marks what to look at, and what to look past.
func (t reportTotal) Class() string {
	switch {
	case t.Count == 0:
		return "zero"
	case t.Bad:
		return "attention"
	}
	return ""
}

// reportFact is something that a report says once, on one line or more.
type reportFact struct {
	Name   string
	Values []string
}

// outageFacts is when the webhooks were missed.
func (r *Report) outageFacts() []reportFact {
	facts := []reportFact{{"outage", reportSpan(r.From, r.To)}}
	if !r.From.IsZero() && !r.To.IsZero() {
		facts = append(facts, reportFact{"length", []string{reportDuration(r.To.Sub(r.From))}})
	}
	return facts
}

// workFacts is what the recovery took, and what names it.
func (r *Report) workFacts() []reportFact {
	runs := []string{"none"}
	if !r.Started.IsZero() || !r.Ended.IsZero() {
		runs = reportSpan(r.Started, r.Ended)
	}
	facts := []reportFact{
		{"runs", runs},
		{"active", []string{reportDuration(r.Active) + ", pauses between runs left out"}},
		{"calls to Celcoin", []string{reportCount(r.Calls)}},
		{"retries", []string{reportCounted(r.Retries, "replay", "replays") + " of an item after its first"}},
	}
	if r.GateClosed > 0 {
		facts = append(facts, reportFact{"receiver not ready", []string{reportCounted(r.GateClosed, "time", "times")}})
	}
	if r.Digest != "" {
		facts = append(facts, reportFact{"digest of the plan", []string{reportLine(r.Digest)}})
	}
	return facts
}

// lines is a failure with each text on one line that is not too long.
func (f Failure) lines() Failure {
	f.Entity = celcoin.Entity(reportLine(string(f.Entity)))
	f.ID, f.Created, f.State = reportLine(f.ID), reportLine(f.Created), reportLine(f.State)
	f.Code, f.RequestID, f.Error = reportLine(f.Code), reportLine(f.RequestID), reportLine(f.Error)
	return f
}
