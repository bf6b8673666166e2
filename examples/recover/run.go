package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// result is what a command came to.
type result struct {
	id     string
	before int              // replays before it began
	report *recovery.Report // Celcoin's; nil: it had no part in this
	ceffu  *resends         // nil: it had no part in this
	err    error
	took   time.Duration // in the story
}

// acted is how many webhooks may have been replayed or pulled so far.
func acted(r *recovery.Report) int {
	if r == nil {
		return 0
	}
	return r.Totals.Replayed + r.Totals.Pulled + r.Totals.InDoubt + r.Totals.Sending
}

// code is the exit code of a command that was to replay, or to look.
func (r *result) code(ctx context.Context) (int, error) {
	left := r.ceffu != nil && r.ceffu.count(ceffu.ResendAccepted) < len(r.ceffu.calls)
	idle := acted(r.report) == r.before && (r.ceffu == nil || r.ceffu.reached() == 0)
	switch {
	case r.report != nil && r.report.State == recovery.StateRefused, idle && r.err != nil && ctx.Err() == nil:
		return failed(r.err)
	case idle && r.report == nil && left && ctx.Err() == nil:
		return exitRefused, nil
	case left, r.err != nil, r.report != nil && r.report.Err() != nil:
		return exitPartial, r.err
	}
	return exitDone, nil
}

// doRun plans, has the plan confirmed, and carries it out.
func (j *job) doRun(ctx context.Context) (int, error) {
	if err := j.checkOutput(); err != nil {
		return failed(err)
	}
	if j.csv && j.celcoin == nil && j.ceffu != nil {
		return failed(usagef("-csv shows Celcoin's part, and this has none"))
	}
	p, err := j.plan(ctx)
	if err != nil {
		return j.notRun(ctx, err)
	}
	if err := j.show(p); err != nil {
		return failed(err)
	}
	if !p.empty() {
		if err := j.confirm(ctx, p); err != nil {
			return failed(err)
		}
	}
	return j.finish(ctx, j.perform(ctx, p))
}

// perform carries out both parts of the plans.
func (j *job) perform(ctx context.Context, p *plans) *result {
	res := &result{id: p.id, ceffu: p.ceffu}
	if p.celcoin != nil {
		if report, err := p.recoverer.Report(ctx, p.id); err == nil {
			res.before = acted(report)
		}
		j.progress.step(step{name: "beginning"})
		res.report, res.err = p.recoverer.Run(ctx, p.celcoin)
	}
	switch {
	case p.ceffu == nil:
	case res.err != nil:
		p.ceffu.skipped = "Celcoin's part did not come to its end"
	default:
		res.err = j.resend(ctx, p.ceffu, res.report)
	}
	return res
}

// doResume goes on with what a run has begun. What nobody has confirmed is left
// to run. Of Ceffu's part there is no journal: it is left to run, too.
func (j *job) doResume(ctx context.Context) (int, error) {
	r, err := j.prepare(ctx)
	if err != nil {
		return failed(err)
	}
	report, err := r.Report(ctx, j.id)
	notFound := errors.Is(err, recovery.ErrNotFound)
	if err == nil && report.State == recovery.StatePlanned || notFound && j.planned(ctx) != "" {
		err = fmt.Errorf("%w: %s was not run yet. To do that: %s", errUnconfirmed, j.id, j.line("run", j.id))
	}
	if err != nil {
		return failed(err)
	}
	plan, err := r.Stored(ctx, j.id)
	if err != nil {
		return failed(err)
	}
	return j.finish(ctx, j.perform(ctx, &plans{id: j.id, recoverer: r, celcoin: j.allow(plan)}))
}

func (j *job) allow(p *recovery.Plan) *recovery.Plan {
	p.Request.AllowOverlap = j.overlap
	return p
}

// prepare is what comes before any command for a recovery at Celcoin.
func (j *job) prepare(ctx context.Context) (*recovery.Recoverer, error) {
	if err := j.needCelcoin(); err != nil {
		return nil, err
	}
	if err := errors.Join(j.choose(ctx), j.checkOutput()); err != nil {
		return nil, err
	}
	return j.recoverer()
}

// doVerify looks again at Celcoin's part. Ceffu has nothing to look at.
func (j *job) doVerify(ctx context.Context) (int, error) {
	r, err := j.prepare(ctx)
	if err != nil {
		return failed(err)
	}
	res := &result{id: j.id}
	j.progress.step(step{name: "verifying"})
	if res.report, res.err = r.Verify(ctx, j.id); res.report == nil {
		return failed(res.err)
	}
	res.before = acted(res.report)
	return j.finish(ctx, res)
}

// doReport says how a recovery stands, by its journal.
func (j *job) doReport(ctx context.Context) (int, error) {
	report, err := j.stands(ctx)
	if err != nil {
		return failed(err)
	}
	return j.finish(ctx, &result{id: j.id, report: report})
}

// stands reads a report. It needs no credentials, and no right to write.
func (j *job) stands(ctx context.Context) (*recovery.Report, error) {
	if err := errors.Join(j.choose(ctx), j.checkOutput()); err != nil {
		return nil, err
	}
	r, err := j.recoverer()
	if err != nil {
		return nil, err
	}
	return r.Report(ctx, j.id)
}

// doStatus says it in a few lines.
func (j *job) doStatus(ctx context.Context) (int, error) {
	report, err := j.stands(ctx)
	if err != nil {
		return failed(err)
	}
	res := &result{id: j.id, report: report}
	code, _ := res.code(ctx)
	next := j.next(res)
	if j.json {
		return code, j.writeJSON(status{
			ID: report.ID, State: report.State, Reason: j.zoned(report.Reason), From: report.From.In(j.zone.Location), To: report.To.In(j.zone.Location),
			Totals: report.Totals, Next: next,
		})
	}
	fmt.Fprintf(j.stdout, "%s: %s\n", j.id, report.State)
	if report.Reason != "" {
		fmt.Fprintf(j.stdout, "  %s\n", j.zoned(report.Reason))
	}
	for _, line := range totals(report.Totals) {
		fmt.Fprintf(j.stdout, "  %s\n", line)
	}
	for _, step := range next {
		fmt.Fprintf(j.stdout, "  %s\n", step)
	}
	return code, nil
}

// doList shows the recoveries of the folder.
func (j *job) doList(ctx context.Context) (int, error) {
	r, err := j.recoverer()
	if err != nil {
		return failed(err)
	}
	all := []status{}
	for s, err := range r.Recoveries(ctx) {
		if err != nil && s.ID == "" {
			return failed(err)
		}
		line := status{ID: s.ID, State: s.State, From: s.Request.From.In(j.zone.Location), To: s.Request.To.In(j.zone.Location), Totals: s.Totals}
		if err != nil {
			line.State, line.Reason = "unreadable", j.explain(err) // one that is damaged hides no other
		}
		all = append(all, line)
	}
	return exitDone, j.writeList(all)
}
