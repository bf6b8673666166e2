package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// run is a run of a recovery in this process. Others may run the same recovery:
// a unit is in one process at a time, and one that has ended since a run began is
// done for it.
type run struct {
	e     *Engine
	plan  *Plan
	since time.Time // what has ended after it is done
	done  func(UnitState)
	calls int // of the process, when they were last written
	// What was pulled elsewhere before the run began, and by the time of its looks.
	before, left *leftOut

	mu      sync.Mutex
	log     journal.Log
	totals  ledger.Totals
	units   map[string]ledger.Totals // their parts of it
	reasons []string
	next    time.Time // when another may get further
	writing error
}

// Run carries a plan out, as far as it can be. The error is ctx's, the store's, or
// one that every other call would get; a run that could not get everything back
// has none: its report says why.
//
// It is part of a run that began at since, if that is not zero: what has ended
// after it is done. Next is when another may get further, if it ended to wait.
//
// Done is told each unit that is drained, one after the other, while this process
// still has it: so a report need not read it again.
func (e *Engine) Run(ctx context.Context, p *Plan, since time.Time, done func(UnitState)) (next time.Time, err error) {
	if err := e.CheckEnvironment(p.Fingerprint); err != nil {
		return next, err
	}
	if err := e.register(ctx, &p.Request); err != nil {
		return next, err
	}
	began := e.now()
	log, err := e.openRun(ctx, p, began)
	if err != nil {
		return next, err
	}
	defer log.Close() //nolint:errcheck // what counts is durable
	if since.IsZero() || since.After(began) {
		since = began
		if err := e.afterEarlierRuns(ctx, p.Request.ID, &since); err != nil {
			return next, err
		}
	}
	r := &run{
		e: e, plan: p, since: since, done: done, log: log,
		before: &leftOut{e: e, req: &p.Request}, left: &leftOut{e: e, req: &p.Request},
		calls: e.calls.Stats().Calls, units: map[string]ledger.Totals{},
	}
	r.write(ctx, runEvent{Kind: runBegun})
	for _, u := range p.Units {
		t := ledger.Totals{In: ledger.ByState{ledger.Pending: u.Items}}
		r.units[u.LogName()] = t
		r.totals.Add(t, 1)
	}
	err = r.all(ctx)
	r.end(ctx, err)
	if _, wait := errors.AsType[*WaitError](err); wait {
		err = nil // the report says so
	}
	if err == nil {
		err = r.writing
	}
	return r.next, err
}

// afterEarlierRuns puts the begin of a run after what has ended already, also where the
// store's clock was set back meanwhile, or is another machine's.
func (e *Engine) afterEarlierRuns(ctx context.Context, id string, since *time.Time) error {
	runs, err := e.ReadRuns(ctx, id)
	if err != nil {
		return err
	}
	if runs.LookedByRun.After(*since) {
		*since = runs.LookedByRun
	}
	if runs.Ended.After(*since) && !runs.Alive { // else a part of it goes on beside this one
		*since = runs.Ended
	}
	return nil
}

// all runs all units, and then those that the last look adds.
func (r *run) all(ctx context.Context) error {
	beating, stop := context.WithCancel(ctx)
	var beat sync.WaitGroup
	beat.Go(func() { r.heartbeat(beating) })
	defer beat.Wait()
	defer stop()
	if err := r.each(ctx, r.plan.spans(false)); err != nil {
		return err
	}
	if done, err := r.othersLooked(ctx); err != nil || done {
		return err
	}
	r.left = &leftOut{e: r.e, req: &r.plan.Request, own: true}
	added, err := r.e.lookAtEmpty(ctx, r.plan, r.left)
	if err == nil {
		err = r.each(ctx, added)
	}
	if err == nil {
		r.write(ctx, r.e.looked())
	}
	return err
}

// each runs units, several at once, until nothing is left to do but to wait for
// open breakers.
func (r *run) each(ctx context.Context, spans []Span) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s, running, ended := newSchedule(spans), 0, ctx.Done()
	for {
		e, wait, over := (*entry)(nil), time.Hour, true
		if ctx.Err() == nil {
			e, wait, over = s.take(r.e.now())
		}
		if e != nil {
			running++
			go func() {
				again, err := r.unit(ctx, s, e)
				if err != nil {
					cancel(err)
				}
				s.changes <- func() { s.done(e, again); running-- }
			}()
			continue
		}
		if running == 0 && over {
			break
		}
		if running == 0 && wait >= time.Second {
			r.waits("waiting for deliveries", r.e.now().Add(wait))
		}
		t := time.NewTimer(wait)
		select {
		case change := <-s.changes:
			change()
		case <-t.C:
		case <-ended:
			ended = nil
		}
		t.Stop()
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for _, e := range s.waiting { // for open breakers
		next := s.blocked[e.span.Entity]
		r.reasons = append(r.reasons, (&BreakerError{e.span.Entity, next}).Error())
		if r.next.IsZero() || next.Before(r.next) {
			r.next = next
		}
	}
	return nil
}

// unit takes one unit as far as it gets. Again tells whether to go on with it later.
func (r *run) unit(ctx context.Context, s *schedule, e *entry) (again bool, err error) {
	one, err := r.open(ctx, s, e)
	if err == nil {
		e.at, err = one.advance(ctx, r.since)
		r.count("verifying", e.span.LogName(), one.unit.Totals())
		if err == nil && e.at.IsZero() && one.unit.Drained() {
			r.mu.Lock()
			r.done(UnitState{r.plan.unit(e.span), one.unit})
			r.mu.Unlock()
		}
		e.replays = one.unit.Unfinished() || len(one.lastTries()) > 0
		if e := one.close(); err == nil {
			err = e
		}
	}
	open, blocked := errors.AsType[*BreakerError](err)
	switch {
	case err == nil:
		return !e.at.IsZero(), nil
	case errors.Is(err, journal.ErrLocked), errors.Is(err, journal.ErrLost): // what is durable is read anew
		e.at = r.e.now().Add(time.Second)
		return true, nil
	case blocked:
		e.replays = true // also for rows that are only pulled
		s.block(e, open.Next)
		if r.e.Logger != nil {
			r.e.Logger.LogAttrs(ctx, slog.LevelWarn, "recovery: deliveries fail",
				slog.String("recovery", r.plan.Request.ID), slog.String("entity", string(e.span.Entity)),
				slog.Duration("wait", open.Next.Sub(r.e.now())))
		}
		return true, nil
	}
	if answer, ok := errors.AsType[*celcoin.Error](err); ok && answer.Op == celcoin.OperationReplay {
		s.drop(e.span.Entity) // it may not be replayed at all
	}
	return false, r.trouble(ctx, e.span, err)
}

func (r *run) open(ctx context.Context, s *schedule, e *entry) (*session, error) {
	one, err := r.e.openSession(ctx, r.plan.Request.ID, e.span)
	if err != nil {
		return nil, err
	}
	one.before, one.leftOut = r.before, r.left
	one.report = func(step string) {
		r.count(step, e.span.LogName(), one.unit.Totals())
		if !one.control.Open {
			s.unblock(e) // a trial was proven, or another process's
		}
	}
	one.closed = func(err error) {
		r.write(ctx, runEvent{Kind: runGate, Error: oneLine(err)})
		r.waits("waiting for the receiver", r.e.now().Add(r.e.Policy.MaxWait))
	}
	return one, nil
}

// trouble decides whether an error ends the run or only the unit.
func (r *run) trouble(ctx context.Context, span Span, err error) error {
	damaged := errors.Is(err, journal.ErrCorrupt) || errors.Is(err, ledger.ErrIllegal)
	if ctx.Err() != nil || fatal(ctx, err) && !damaged {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reasons = append(r.reasons, fmt.Sprintf("%s from %s: %s", span.Entity, span.From.UTC().Format(time.RFC3339), oneLine(err)))
	return nil
}

// count takes note of the totals of a unit.
func (r *run) count(step, unit string, t ledger.Totals) {
	r.mu.Lock()
	r.totals.Add(r.units[unit], -1)
	r.totals.Add(t, 1)
	r.units[unit] = t
	r.mu.Unlock()
	r.waits(step, time.Time{})
}

// waits says what is under way, and until when at most if it is a wait.
func (r *run) waits(step string, until time.Time) {
	if r.e.Progress == nil {
		return
	}
	r.mu.Lock()
	t := r.totals
	r.mu.Unlock()
	r.e.tell(Progress{ID: r.plan.Request.ID, Step: step, Done: t.Delivered() + t.AlreadyDelivered, Of: t.Planned(), Totals: t, Until: until})
}
