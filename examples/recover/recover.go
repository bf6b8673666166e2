package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// work is a recovery at both vendors: what is planned, and what it came to.
type work struct {
	id     string           // of Celcoin's part
	plan   *recovery.Plan   // nil: Celcoin has no part in this, or it is only looked at
	report *recovery.Report // nil: Celcoin has no part in this, or it was not run
	ceffu  *resends         // nil: Ceffu has no part in this
	digest string           // of Celcoin's part, if it has any: Ceffu's follows from the settings
	line   string           // the command that runs it
	before int              // how many were replayed before this run
	err    error
}

// replayed is how many webhooks may have been replayed or pulled so far.
func replayed(r *recovery.Report) int {
	if r == nil {
		return 0
	}
	return r.Totals.Replayed + r.Totals.Pulled + r.Totals.InDoubt + r.Totals.Sending
}

// verdict is the error, with its exit code, of a command that was to replay or to
// look.
func (w *work) verdict(ctx context.Context) error {
	left := w.ceffu != nil && w.ceffu.count(ceffu.ResendAccepted) < len(w.ceffu.Calls)
	idle := replayed(w.report) == w.before && (w.ceffu == nil || w.ceffu.reached() == 0)
	switch {
	case w.report != nil && w.report.State == recovery.StateRefused, idle && w.err != nil && ctx.Err() == nil:
		return w.err
	case idle && w.report == nil && left && ctx.Err() == nil:
		return &exitError{errSaid, exitRefused}
	case w.err != nil:
		return &exitError{w.err, exitPartial}
	case left, w.report != nil && w.report.Err() != nil:
		return &exitError{errSaid, exitPartial}
	}
	return nil
}

// plan asks what is missing, or finds the plan that was made before.
func (j *job) plan(ctx context.Context) (*work, error) {
	if j.from == "" && (j.request.ID == "" || j.celcoin == nil) {
		return nil, usagef(`-from is missing: say since when the receiver was down, such as 2h or "2026-01-31 01:10"`)
	}
	w := &work{}
	from := j.request.From
	if j.celcoin != nil {
		j.progress.show(recovery.Progress{Step: "planning"})
		p, err := j.planCelcoin(ctx)
		if err != nil {
			return nil, err
		}
		w.id, w.plan, from = p.ID, p, p.Request.From
		w.digest, w.line = p.Digest, j.line("run", p.ID)
	}
	if j.ceffu != nil {
		w.ceffu = j.newResends(from)
	}
	if w.plan == nil {
		w.digest, w.line = w.ceffu.digest(), j.ceffuLine(w.ceffu)
	}
	return w, nil
}

func (j *job) planCelcoin(ctx context.Context) (p *recovery.Plan, err error) {
	if j.from == "" {
		p, err = j.stored(ctx)
	} else {
		p, err = j.recoverer.Plan(ctx, j.request)
	}
	if err != nil && ctx.Err() != nil {
		j.progress.end()
		if s, found := j.begun(context.WithoutCancel(ctx)); found {
			fmt.Fprintf(j.say, "Nothing was replayed. To go on: %s\n", j.line("run", s.ID))
		}
	}
	if err != nil {
		return nil, err
	}
	if skew := p.Skew.Abs(); j.relative && skew > max(p.Request.Margin, 0) {
		return nil, fmt.Errorf("this machine's clock and Celcoin's are %v apart, so times counted back from now cannot be taken: give -from and -to as dates", skew)
	}
	return p, nil
}

// stored is the plan of -id. One whose planning was interrupted is completed.
func (j *job) stored(ctx context.Context) (*recovery.Plan, error) {
	p, err := j.recoverer.Stored(ctx, j.request.ID)
	if errors.Is(err, recovery.ErrNotFound) {
		if s, found := j.begun(ctx); found {
			return j.recoverer.Plan(ctx, s.Request)
		}
	}
	return p, err
}

// begun finds the recovery of the ID or of the outage, also if its plan is not
// complete.
func (j *job) begun(ctx context.Context) (recovery.Summary, bool) {
	for s, err := range j.recoverer.Recoveries(ctx) {
		outage := j.request.ID == "" && s.State == recovery.StatePlanning && s.Request.From.Equal(j.request.From) && s.Request.To.Equal(j.request.To)
		if err == nil && (outage || s.ID == j.request.ID) {
			return s, true
		}
	}
	return recovery.Summary{}, false
}

// doPlan shows what is missing, and keeps it for a run.
func (j *job) doPlan(ctx context.Context) error {
	w, err := j.plan(ctx)
	if err != nil {
		return err
	}
	next := w.line
	if j.command.name == "" && w.plan != nil {
		next = "nothing is kept of this plan: add -yes to run it"
	}
	if j.json {
		return j.writeJSON(output{Plan: w.plan, Ceffu: w.ceffu, Next: []string{next}})
	}
	return j.showPlan(w, next)
}

// doRun plans, has the plan confirmed, and carries it out.
func (j *job) doRun(ctx context.Context) error {
	if j.csv && j.celcoin == nil && j.ceffu != nil {
		return usagef("-csv shows Celcoin's part, and this has none")
	}
	w, err := j.plan(ctx)
	if err == nil {
		err = j.showPlan(w)
	}
	if err == nil && (w.ceffu != nil || w.plan.Items > 0) {
		err = j.confirm(ctx, w)
	}
	if err != nil {
		return err
	}
	j.perform(ctx, w)
	return j.finish(ctx, w)
}

// perform carries out both parts.
func (j *job) perform(ctx context.Context, w *work) {
	if w.plan != nil {
		if report, err := j.recoverer.Report(ctx, w.id); err == nil {
			w.before = replayed(report)
		}
		j.progress.show(recovery.Progress{Step: "beginning"})
		w.plan.Request.AllowOverlap = j.request.AllowOverlap
		w.report, w.err = j.recoverer.Run(ctx, w.plan)
	}
	switch {
	case w.ceffu == nil:
	case w.err != nil:
		w.ceffu.Skipped = "Celcoin's part did not come to its end"
	default:
		w.err = j.resend(ctx, w.ceffu, w.report)
	}
}

// find is the recovery that a command is about, as it stands in its journal.
func (j *job) find(ctx context.Context) (*work, error) {
	if err := j.choose(ctx); err != nil {
		return nil, err
	}
	report, err := j.recoverer.Report(ctx, j.request.ID)
	if errors.Is(err, recovery.ErrNotFound) {
		if s, found := j.begun(ctx); found {
			err = fmt.Errorf("%w: the plan of %s is not complete. To go on: %s", errUnconfirmed, s.ID, j.line("run", s.ID))
		}
	}
	return &work{id: j.request.ID, report: report}, err
}

// doResume goes on with what a run has begun. What was not confirmed is left to
// run. Of Ceffu's part there is no journal: it is left to run, too.
func (j *job) doResume(ctx context.Context) error {
	w, err := j.find(ctx)
	if err == nil && w.report.State == recovery.StatePlanned {
		err = fmt.Errorf("%w: %s was not run yet. To do that: %s", errUnconfirmed, w.id, j.line("run", w.id))
	}
	if err == nil {
		w.plan, err = j.recoverer.Stored(ctx, w.id)
	}
	if err != nil {
		return err
	}
	j.perform(ctx, w)
	return j.finish(ctx, w)
}

// doVerify looks again at Celcoin's part. Ceffu has nothing to look at.
func (j *job) doVerify(ctx context.Context) error {
	w, err := j.find(ctx)
	if err != nil {
		return err
	}
	j.progress.show(recovery.Progress{Step: "verifying"})
	if w.report, w.err = j.recoverer.Verify(ctx, w.id); w.report == nil {
		return w.err
	}
	w.before = replayed(w.report)
	return j.finish(ctx, w)
}

// doReport says how a recovery stands, of the command status in short. It needs no
// credentials, and no right to write.
func (j *job) doReport(ctx context.Context) error {
	w, err := j.find(ctx)
	if err != nil {
		return err
	}
	return j.finish(ctx, w)
}
