package recovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Run carries out a plan. See the package comment for how.
//
// The report is there also when the error is not nil, as far as the run came.
// After a cancelled context the error is ctx's, and [Recoverer.Resume] goes on.
// A run that could not get everything back has no error: its report is
// [StatePartial] and says why.
//
// Errors: [ErrPlanChanged], [ErrNotFound] and [ErrLocked], with a report of
// [StateRefused]; those of the store; those of the client that no other webhook
// would fare better with (credentials, permission).
func (r *Recoverer) Run(ctx context.Context, p *Plan) (*Report, error) {
	if p == nil {
		return refusedReport("", nil), fmt.Errorf("recovery: the plan is nil: %w", ErrNotFound)
	}
	return r.perform(ctx, p.ID, func(b *book) error {
		if !p.matches(b) {
			return ErrPlanChanged
		}
		return r.run(ctx, b, nil)
	})
}

// Recover is Plan and Run. The same ID resumes: a recovery that is planned is
// run, one that was interrupted goes on, one that is done is looked at again.
func (r *Recoverer) Recover(ctx context.Context, req Request) (*Report, error) {
	p, err := r.Plan(ctx, req)
	if err != nil {
		if normal, e := req.normal(); e == nil {
			req.ID = normal.ID // what Recover or Resume go on with
		}
		report := refusedReport(req.ID, err)
		if ctx.Err() != nil {
			report.State = StateCancelled
		}
		return report, err
	}
	return r.Run(ctx, p)
}

// Resume goes on with a recovery that was planned, and perhaps interrupted.
func (r *Recoverer) Resume(ctx context.Context, id string) (*Report, error) {
	return r.perform(ctx, id, func(b *book) error { return r.run(ctx, b, nil) })
}

// perform opens a planned recovery, does something with it, and reports.
func (r *Recoverer) perform(ctx context.Context, id string, do func(*book) error) (*Report, error) {
	var report *Report
	err := r.openKnown(ctx, id, func(b *book) error {
		if b.digest == "" {
			return ErrNotFound
		}
		if seal, err := b.seal(); err != nil || seal != b.digest {
			return errors.Join(ErrPlanChanged, err)
		}
		err := do(b)
		// The journal is closed next; the report reads its items from it.
		var e error
		if report, e = b.report(context.WithoutCancel(ctx)); e != nil {
			return errors.Join(err, e)
		}
		return err
	})
	if report == nil {
		report = refusedReport(id, err)
	}
	switch {
	case ctx.Err() != nil && (report.Digest == "" || err != nil && report.State == StatePartial):
		report.State, report.Reason = StateCancelled, ctx.Err().Error() // perhaps before the run began
	case ctx.Err() == nil && err != nil && report.State == StateCancelled:
		report.State, report.Reason = StatePartial, oneLine(err) // the store did not take the end of the run
	}
	if errors.Is(err, ErrPlanChanged) {
		report.State, report.Reason = StateRefused, err.Error()
	}
	return report, err
}

func refusedReport(id string, err error) *Report {
	report := &Report{ID: id, State: StateRefused}
	if err != nil {
		report.Reason = err.Error()
	}
	return report
}

// stop ends a run for a reason that is no error of the program's.
type stop struct{ reason string }

func (s *stop) Error() string { return s.reason }

// run is one run over a book: rounds of replays, each followed by a look, until
// nothing is left to be asked for; then a second look, some time later. only
// restricts it to one unit.
func (r *Recoverer) run(ctx context.Context, b *book, only *unit) error {
	r.call.assume(b.skew)
	if len(b.units) > 0 { // an answer to take the time from, before anything is judged by it
		if _, err := r.count(ctx, &b.request, b.units[0].Unit); err != nil {
			return err
		}
	}
	begin := Entry{Kind: KindRun, Skew: r.call.clockSkew()}
	if only != nil {
		begin.Window = &only.Unit
	}
	if err := b.write(ctx, begin); err != nil {
		return err
	}
	e := r.engine(b, only)
	err := e.drain(ctx)
	if _, stopped := errors.AsType[*stop](err); stopped {
		e.lastLook(ctx)
	}

	// What ends here is noted also when ctx has ended.
	ctx2 := context.WithoutCancel(ctx)
	end := Entry{Kind: KindEnd, Result: ResultDrained}
	s, stopped := errors.AsType[*stop](err)
	switch {
	case ctx.Err() != nil:
		end.Result, end.Error = ResultCancelled, ctx.Err().Error()
		if !errors.Is(err, ctx.Err()) {
			err = errors.Join(ctx.Err(), err)
		}
	case stopped:
		end.Result, end.Error, err = ResultPartial, s.reason, nil
	case err != nil:
		end.Result, end.Error = ResultPartial, oneLine(err)
	case b.shortfall() != "":
		end.Result, end.Error = ResultPartial, b.shortfall()
	}
	if e := r.spend(ctx2, b); e != nil {
		return errors.Join(err, e)
	}
	if e := b.write(ctx2, end); e != nil {
		return errors.Join(err, e)
	}
	if e := b.journal.Sync(ctx2); e != nil {
		return errors.Join(err, e)
	}
	if r.o.logger != nil {
		r.o.logger.LogAttrs(ctx2, slog.LevelInfo, "recovery ended",
			slog.String("id", b.request.ID), slog.String("result", string(end.Result)))
	}
	return err
}

// unitNamed is the unit with these bounds; nil if there is none.
func (b *book) unitNamed(u Unit) *unit {
	for n := range b.units {
		if own := &b.units[n]; own.Entity == u.Entity && own.From.Equal(u.From) && own.To.Equal(u.To) {
			return own
		}
	}
	return nil
}

// among tells whether an item belongs to what this run is about.
func (e *engine) among(i int) bool {
	return e.only == nil || i >= e.only.first && i < e.only.end
}

// doubtful tells whether there are items of which only a look can tell what
// became of them.
func (e *engine) doubtful() bool {
	for i, s := range e.b.stand {
		switch s.phase() {
		case intended, unknown, accepted:
			if e.among(i) {
				return true
			}
		case planned, refused, failing, delivered, unasked, expired:
		}
	}
	return false
}

// shortfall says what keeps a recovery from being drained; empty: nothing.
func (b *book) shortfall() string {
	switch {
	case b.left() > 0:
		return fmt.Sprintf("%d webhooks could not be recovered", b.left())
	case b.unlisted.counted > 0:
		return fmt.Sprintf("Celcoin counts %d webhooks that it does not list: they are probably older than 7 days", b.unlisted.counted)
	case b.unlisted.refused > 0:
		return fmt.Sprintf("Celcoin refuses to count and list %d windows, or the older part of them: what is missing there is not known",
			b.unlisted.refused)
	}
	return ""
}

// left counts what is not recovered.
func (b *book) left() int {
	return b.sums.Planned - b.sums.Delivered - b.sums.AlreadyDelivered
}
