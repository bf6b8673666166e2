package main

import (
	"context"
	"fmt"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// doPlan shows what is missing and keeps it for a run.
func (j *job) doPlan(ctx context.Context) (int, error) {
	p, err := j.plan(ctx)
	if err != nil {
		j.sayHow(ctx, "run", j.progress.recovery())
		return failed(err)
	}
	if err := j.show(p); err != nil {
		return failed(err)
	}
	fmt.Fprintf(j.say, "\nNothing was asked for again. To do that: %s\n", j.goOn("run", p.id))
	return exitDone, nil
}

// doLook shows what would be done, and leaves nothing behind unless it is told
// where.
func (j *job) doLook(ctx context.Context) (int, error) {
	if !j.kept {
		j.journals = recovery.MemoryStore()
	}
	p, err := j.plan(ctx)
	if err != nil {
		return failed(err)
	}
	fmt.Fprint(j.say, "This is what would be asked for again. Nothing was: add -yes for that.\n\n")
	if err := j.show(p); err != nil {
		return failed(err)
	}
	writeTable(j.say, p.rows())
	return exitDone, nil
}

// doRun plans, has the plan confirmed, and carries it out.
func (j *job) doRun(ctx context.Context) (int, error) {
	if err := j.checkOutput(); err != nil {
		return failed(err)
	}
	p, err := j.plan(ctx)
	if err != nil {
		j.sayHow(ctx, "run", j.progress.recovery())
		return failed(err)
	}
	if err := j.show(p); err != nil {
		return failed(err)
	}
	if !p.empty() {
		if err := j.confirm(ctx, p); err != nil {
			j.sayHow(ctx, "run", p.id)
			return failed(err)
		}
	}
	return j.finish(ctx, p.id, j.perform(ctx, p))
}

// perform carries out both parts of the plans.
func (j *job) perform(ctx context.Context, p *plans) *result {
	res := &result{}
	if p.celcoin != nil {
		res.report, res.err = p.recoverer.Run(ctx, p.celcoin)
		res.rows = rowsOf(res.report)
	}
	if p.ceffu != nil && !refused(res.report) {
		j.addResends(ctx, res, p.id)
	}
	return res
}

// doResume goes on with what a run has begun. What nobody has confirmed is
// left to run.
func (j *job) doResume(ctx context.Context) (int, error) {
	if err := j.choose(); err != nil {
		return failed(err)
	}
	parts, err := j.usable(j.id)
	if err != nil {
		return failed(err)
	}
	if err := j.needsCelcoin(parts.celcoin); err != nil {
		return failed(err)
	}
	if err := j.checkOutput(); err != nil {
		return failed(err)
	}
	if err := j.hasRun(ctx); err != nil {
		return failed(err)
	}
	res := &result{}
	if parts.celcoin {
		r, err := j.recoverer()
		if err != nil {
			return failed(err)
		}
		res.report, res.err = r.Resume(ctx, j.id)
		res.rows = rowsOf(res.report)
	}
	if parts.ceffu && !refused(res.report) {
		j.addResends(ctx, res, j.id)
	}
	return j.finish(ctx, j.id, res)
}

// hasRun refuses to resume what was never run.
func (j *job) hasRun(ctx context.Context) error {
	p, err := j.parts(j.id)
	if err != nil {
		return err
	}
	begun := false
	if p.celcoin {
		h, err := j.history(ctx, j.id)
		if err != nil {
			return err
		}
		begun = h.run
	}
	if p.ceffu && !begun {
		if err := j.withResends(ctx, j.id, func(_ journal.Log, s *resends) error {
			begun = s.begun
			return nil
		}); err != nil {
			return err
		}
	}
	if !begun {
		return fmt.Errorf("%w: %s was planned, and never run. To do that: %s", errUnconfirmed, j.id, j.goOn("run", j.id))
	}
	return nil
}

// addResends is Ceffu's part, after Celcoin's: it is left out after an
// interrupt, and when nothing of Celcoin's got through, because resending to a
// receiver that is down makes things worse.
func (j *job) addResends(ctx context.Context, res *result, id string) {
	if ctx.Err() != nil || res.report != nil && nothingArrives(res.report) {
		if ctx.Err() == nil {
			j.progress.end()
			fmt.Fprintln(j.say, "Ceffu is not asked: nothing of Celcoin's got through, so the receiver seems to be down.")
		}
		rows, _ := j.lookAtResends(context.WithoutCancel(ctx), id) // without it the table is shorter
		res.rows = append(res.rows, rows...)
		return
	}
	rows, err := j.resend(ctx, id)
	res.rows = append(res.rows, rows...)
	if res.err == nil {
		res.err = err
	} else if err != nil {
		res.err = fmt.Errorf("%w; and %w", res.err, err)
	}
}

func refused(r *recovery.Report) bool { return r != nil && r.State == recovery.StateRefused }

func nothingArrives(r *recovery.Report) bool {
	return r.State == recovery.StatePartial && r.Totals.Delivered+r.Totals.AlreadyDelivered == 0 && r.Totals.StillPending > 0
}

// lookAtResends are the rows of Ceffu's part as its journal has them.
func (j *job) lookAtResends(ctx context.Context, id string) (rows []row, err error) {
	err = j.withResends(ctx, id, func(_ journal.Log, s *resends) error {
		rows = s.rows()
		return nil
	})
	return rows, err
}

// doVerify looks again at Celcoin's part. Ceffu has nothing to look at.
func (j *job) doVerify(ctx context.Context) (int, error) {
	if err := j.choose(); err != nil {
		return failed(err)
	}
	p, err := j.parts(j.id)
	switch {
	case err != nil:
		return failed(err)
	case !p.celcoin:
		return failed(usagef("%s has no part of Celcoin's, and Ceffu does not tell what arrived", j.id))
	case j.celcoin == nil:
		return failed(usagef("no credentials: set CELCOIN_CLIENT_ID and so on"))
	}
	return j.tell(ctx, p, (*recovery.Recoverer).Verify)
}

// doReport says how a recovery stands, by its journals.
func (j *job) doReport(ctx context.Context) (int, error) {
	if err := j.choose(); err != nil {
		return failed(err)
	}
	p, err := j.parts(j.id)
	if err != nil {
		return failed(err)
	}
	return j.tell(ctx, p, (*recovery.Recoverer).Report)
}

// tell reports without asking for anything again.
func (j *job) tell(ctx context.Context, p parts, how func(*recovery.Recoverer, context.Context, string) (*recovery.Report, error)) (int, error) {
	if err := j.needsCelcoin(p.celcoin); err != nil {
		return failed(err)
	}
	if err := j.checkOutput(); err != nil {
		return failed(err)
	}
	res := &result{}
	if p.celcoin {
		r, err := j.recoverer()
		if err != nil {
			return failed(err)
		}
		if res.report, err = how(r, ctx, j.id); err != nil && len(res.report.Entities) == 0 {
			return failed(err)
		}
		res.err, res.rows = err, rowsOf(res.report)
	}
	if p.ceffu {
		rows, err := j.lookAtResends(ctx, j.id)
		if err != nil {
			return failed(err)
		}
		res.rows = append(res.rows, rows...)
	}
	return j.finish(ctx, j.id, res)
}
