package recovery

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// Report says how a recovery stands, by its journal. Celcoin is not asked, and
// no lock is waited for: it may be called beside a run, from another process, and on a
// copy that cannot be written.
func (r *Recoverer) Report(ctx context.Context, id string) (*Report, error) {
	return r.reportOf(ctx, id, nil)
}

// reportOf reads a report. Ended has the units that the caller's own run has seen
// drained; it is nil if there was none. That run has ended and had waited for the
// units that others had, so no run is under way, whatever its log says.
func (r *Recoverer) reportOf(ctx context.Context, id string, ended *reporting) (*Report, error) {
	p, err := r.complete(ctx, id)
	if err != nil {
		return nil, err
	}
	runs, err := r.e.ReadRuns(ctx, id)
	if err != nil {
		return nil, named(id, err)
	}
	runs.Alive = runs.Alive && ended == nil
	statuses, calls, err := r.readStatuses(ctx, id)
	if err != nil {
		return nil, named(id, err)
	}
	m := ended
	if m == nil {
		m = newReporting(r, p)
	}
	m.plan, m.statuses = p, statuses // none is of a row of a unit that is drained
	m.report.Calls += calls
	rest := *p
	rest.Units = slices.DeleteFunc(slices.Clone(p.Units), func(u *engine.UnitPlan) bool { return m.added[u.LogName()] })
	for u, err := range r.e.Units(ctx, &rest) {
		if err != nil {
			return nil, named(id, err)
		}
		m.add(u)
	}
	return m.finish(runs), nil
}

// reporting makes a report, unit by unit.
type reporting struct {
	report   *Report
	plan     *engine.Plan
	within   [2]int // items in the outage, by the reading of their dates
	entities map[celcoin.Entity]*entityReporting
	added    map[string]bool
	lacks    bool   // a unit that is not drained
	lacksAll string // what such a unit lacks that has everything but a look
	statuses map[transaction]statusRecord
}

// entityReporting is the part of one entity. All items decide which of its
// timelines is shown.
type entityReporting struct {
	totals    ledger.Totals
	timelines [2][]Bucket // with the Z of dates at its word, and for Brasília's
}

func newReporting(r *Recoverer, p *engine.Plan) *reporting {
	req := Request(p.Request)
	m := &reporting{
		plan: p, added: map[string]bool{}, entities: map[celcoin.Entity]*entityReporting{},
		report: &Report{
			ID: req.ID, From: req.From, To: req.To, Digest: p.Digest, Environment: p.Fingerprint, Skew: p.Skew, Calls: p.Calls,
		},
	}
	if r.e.CheckEnvironment(p.Fingerprint) != nil {
		m.report.OtherEnvironment = r.e.Fingerprint()
	}
	for _, e := range req.Entities {
		m.entities[e] = &entityReporting{timelines: [2][]Bucket{req.timeline(), req.timeline()}}
	}
	return m
}

func (m *reporting) add(u engine.UnitState) {
	r, e := m.report, m.entities[u.Entity]
	m.added[u.LogName()] = true
	t := u.Unit.Totals()
	e.totals.Add(t, 1)
	r.Retries += u.Unit.Retries
	r.Calls += u.Unit.Calls
	m.ran(u.Unit.Run.Began, u.Unit.Run.Ended)
	if !u.Unit.Drained() {
		m.lacks = true
		if engine.Missing(t) == "" {
			m.lacksAll = engine.Shortfall(u.Unit)
		}
	}
	if n := u.Unlisted; n > 0 {
		r.SetAside = append(r.SetAside, SetAside{
			Entity: u.Entity, From: u.From, To: u.To, Counted: n, Reason: "Celcoin counts more webhooks than it lists",
		})
	}
	if n := u.Unit.Cut; n > 0 {
		r.JournalCuts = append(r.JournalCuts, JournalCut{Entity: u.Entity, From: u.From, To: u.To, Bytes: n})
	}
	for i := range u.Unit.Rows {
		row := &u.Unit.Rows[i]
		m.place(e, row)
		m.fail(u, row)
		r.Statuses.add(m.statuses, u.Entity, row)
	}
}

// ran takes in when a run began, and its last sign.
func (m *reporting) ran(began, ended time.Time) {
	r := m.report
	if !began.IsZero() && (r.Started.IsZero() || began.Before(r.Started)) {
		r.Started = began
	}
	if ended.After(r.Ended) {
		r.Ended = ended
	}
}

// maxFailures is how many failures a report names.
const maxFailures = 1000

// fail names an item among the failures, if it is one.
func (m *reporting) fail(u engine.UnitState, row *ledger.Row) {
	switch row.State {
	case ledger.Delivered, ledger.Counted, ledger.Sending, ledger.Accepted:
		return
	case ledger.Pending:
		if u.Unit.Run.Open() || row.Attempts == 0 {
			return // what is still to come has not failed
		}
	default:
	}
	if len(m.report.Failures) == maxFailures {
		m.report.MoreFailures++
		return
	}
	f := Failure{
		Entity: u.Entity, ID: row.ID, PayloadStatus: row.PayloadStatus, Created: row.Created, Attempts: row.Attempts,
		State: row.State.String(), Status: row.Answer.Status, Code: row.Answer.Code, RequestID: row.Answer.RequestID,
		Error: row.Answer.Error, ReceiverStatus: row.HTTPStatus,
	}
	if f.Error == "" {
		f.Error = afterAcceptance(row)
	}
	m.report.Failures = append(m.report.Failures, f)
}

// afterAcceptance says what is wrong with a replay that Celcoin took.
func afterAcceptance(row *ledger.Row) string {
	switch status := row.HTTPStatus; {
	case row.Attempts == 0 && row.State != ledger.Unproven:
		return ""
	case row.State == ledger.Unproven && row.Other != "":
		return fmt.Sprintf("Celcoin lists it as %q, which is not evidence of a delivery", row.Other)
	case row.State == ledger.Unproven:
		return "Celcoin does not list it any more, and there is no evidence of a delivery"
	case status == 0:
		return "accepted, and not delivered"
	case status == http.StatusOK:
		return "accepted, and the receiver's answer was 200, but it is pending, or not received"
	default:
		return fmt.Sprintf("accepted, and the receiver answered %d", status)
	}
}

func (m *reporting) finish(runs *engine.Runs) *Report {
	r := m.report
	r.Calls += runs.Calls
	r.SetAside = append(setAside(m.plan.SetAside(runs.Clock)), r.SetAside...)
	r.Active, r.GateClosed, r.FalseZ = runs.Active, runs.GateClosed, m.within[1] > m.within[0]
	m.ran(runs.Started, runs.Ended)
	var totals ledger.Totals
	for _, entity := range m.plan.Request.Entities {
		e := m.entities[entity]
		totals.Add(e.totals, 1)
		line := e.timelines[0]
		if r.FalseZ {
			line = e.timelines[1]
		}
		r.Entities = append(r.Entities, EntityReport{Entity: entity, Totals: totalsOf(e.totals), Timeline: line})
	}
	r.Totals = totalsOf(totals)
	if r.State, r.Reason = m.state(runs, engine.Missing(totals)); r.State == StatePartial {
		r.Next = runs.Next
	}
	return r
}

// state says how the recovery stands, and why it is not drained.
func (m *reporting) state(runs *engine.Runs, reason string) (State, string) {
	empty := slices.ContainsFunc(m.plan.Units, func(u *engine.UnitPlan) bool { return u.Listed && u.Empty() })
	looked := !empty || !runs.Looked.IsZero() // at the windows that were empty
	switch {
	case !m.lacks && looked && len(m.report.SetAside) == 0:
		return StateDrained, ""
	case runs.Alive:
		return StateRunning, "a run is under way"
	case m.report.Started.IsZero():
		return StatePlanned, "it has been planned, and not run yet"
	case runs.Reason != "":
		reason = runs.Reason
	case reason == "" && m.lacksAll != "":
		reason = m.lacksAll
	case reason == "" && len(m.report.SetAside) > 0:
		a := m.report.SetAside[0]
		reason = fmt.Sprintf("%s could not be asked or listed in full: %s", a.Entity, a.Reason)
	case reason == "":
		reason = "the windows that were empty have not been looked at since"
	}
	if runs.Result == engine.Cancelled || runs.Result == "" && !runs.Started.IsZero() {
		return StateCancelled, reason
	}
	return StatePartial, reason
}
