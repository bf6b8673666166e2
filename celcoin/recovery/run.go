package recovery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// Run carries out a plan. See the package comment for how.
//
// The report is there also when the error is not nil, as far as the run came.
// After a cancelled context the error is ctx's, and [Recoverer.Resume] goes on.
// A run that could not get everything back has no error: its report is
// [StatePartial] and says why, and [Report.Err] has it as an error.
//
// Errors: [ErrPlanChanged], [ErrNotFound], [ErrOverlap] and [ErrOtherEnvironment],
// with a report of [StateRefused]; those of the store; those of the client that
// every other webhook would get as well (credentials).
func (r *Recoverer) Run(ctx context.Context, p *Plan) (*Report, error) {
	if p == nil {
		return nil, fmt.Errorf("recovery: the plan is nil: %w", ErrInvalidRequest)
	}
	ep, err := r.complete(ctx, p.ID)
	if err == nil && !p.matches(ep) {
		err = named(p.ID, ErrPlanChanged)
	}
	if err != nil {
		return refused(ctx, p.ID, err), err
	}
	ep.Request.AllowOverlap = p.Request.AllowOverlap
	return r.run(ctx, ep, time.Time{})
}

// Recover is Plan and Run. The same ID resumes: a recovery that is planned is
// run, one that was interrupted goes on, one that is done is looked at again.
func (r *Recoverer) Recover(ctx context.Context, req Request) (*Report, error) {
	full, err := req.normal()
	var p *engine.Plan
	if err == nil {
		p, err = r.e.Plan(ctx, engine.Request(full))
	}
	if err = named(full.ID, err); err != nil {
		return refused(ctx, full.ID, err), err // a planning that was stopped goes on under its ID
	}
	p.Request.AllowOverlap = req.AllowOverlap
	return r.run(ctx, p, time.Time{})
}

// Resume goes on with a recovery that was interrupted, while it was planned or
// while it ran, and begins a new run of one that was not: it tries again what
// failed, and looks again at what is done. While another process runs it, they
// share it unit by unit.
func (r *Recoverer) Resume(ctx context.Context, id string) (*Report, error) {
	return r.ResumeSince(ctx, id, time.Time{})
}

// ResumeSince is Resume as a part of a run that began at since, by the store's
// clock: what has ended after it is done, and neither tried nor looked at again.
// So a job that is cut into pieces, or shared by several processes, does nothing
// twice. Since is when the job was made; zero, or in the future: now.
func (r *Recoverer) ResumeSince(ctx context.Context, id string, since time.Time) (*Report, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	ep, err := r.e.ReadPlan(ctx, id)
	if err == nil && ep.Digest == "" {
		ep, err = r.e.Plan(ctx, ep.Request)
	}
	if err != nil {
		return nil, named(id, err)
	}
	return r.run(ctx, ep, since)
}

func (r *Recoverer) run(ctx context.Context, p *engine.Plan, since time.Time) (*Report, error) {
	id := p.Request.ID
	m := newReporting(r, p)
	next, err := r.e.Run(ctx, p, since, m.add)
	if errors.Is(err, ErrOverlap) || errors.Is(err, ErrOtherEnvironment) {
		return refused(ctx, id, err), named(id, err)
	}
	report, e := r.reportOf(context.WithoutCancel(ctx), id, m)
	if err == nil {
		err = e
	}
	if report != nil && report.State != StateDrained {
		report.Next = next // also while others run it
	}
	return report, named(id, err)
}

// refused is the report of a recovery that was not run.
func refused(ctx context.Context, id string, err error) *Report {
	report := &Report{ID: id, State: StateRefused, Reason: err.Error()}
	if ctx.Err() != nil {
		report.State = StateCancelled
	}
	return report
}

// Verify looks again at what became of a recovery, and replays nothing: at each
// unit, and at the windows that were empty. A unit that a run has is waited for.
// If it cannot finish, its error says why, and what it has not looked at is in the
// report as it was.
func (r *Recoverer) Verify(ctx context.Context, id string) (*Report, error) {
	p, err := r.complete(ctx, id)
	if err != nil {
		return nil, err
	}
	err = r.e.Verify(ctx, p)
	report, e := r.Report(context.WithoutCancel(ctx), id)
	if err == nil {
		err = e
	}
	return report, named(id, err)
}

// UnitResult is what a run of one unit came to.
type UnitResult struct {
	Unit   Unit
	State  State
	Reason string // why it is not drained
	Totals Totals // of the unit
}

// RunUnit carries out one entity in one window of a plan, to its end: what a job
// engine calls, once for each of Plan.Units. Of its recovery it reads and writes the
// journal of that unit only, so that units run at once in any number of processes.
// It may be repeated until the unit is drained: each call after the end of a run
// begins a new one, and one after a cancelled context goes on.
//
// [Recoverer.Verify] looks at the whole, for the report, when the units are done.
//
// Errors: [ErrNotFound], [ErrLocked] while another process has the unit,
// [*BreakerError] with the time of the next trial while deliveries of the entity
// fail, [ErrOverlap], [ErrOtherEnvironment], ctx's, those of the store, and those
// of the client.
func (r *Recoverer) RunUnit(ctx context.Context, id string, u Unit) (UnitResult, error) {
	result := UnitResult{Unit: u, State: StatePartial}
	if err := checkID(id); err != nil {
		return result, err
	}
	unit, err := r.e.RunUnit(ctx, id, engine.Span(u))
	if unit != nil {
		result.Totals = totalsOf(unit.Totals())
		result.State, result.Reason = unitState(unit)
	}
	if open, ok := errors.AsType[*engine.BreakerError](err); ok {
		result.Reason = open.Error()
		return result, &BreakerError{Entity: open.Entity, Next: open.Next}
	}
	if wait, ok := errors.AsType[*engine.WaitError](err); ok {
		result.Reason = wait.Error()
		return result, nil
	}
	if ctx.Err() != nil {
		result.State = StateCancelled
	}
	return result, named(id, err)
}

func unitState(u *ledger.Unit) (State, string) {
	if u.Drained() {
		return StateDrained, ""
	}
	if !u.Run.Open() && u.Run.Reason != "" {
		return StatePartial, u.Run.Reason
	}
	return StatePartial, engine.Shortfall(u)
}
