package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// run is a run of a recovery in this process. Others may run the same recovery:
// each unit is in one hand at a time, and one that has ended since a run began is
// done for it.
type run struct {
	e     *Engine
	plan  *Plan
	began time.Time
	since time.Time // what has ended after it is done
	done  func(UnitState)
	calls int // of the process, when they were last written
	given given

	mu      sync.Mutex
	log     journal.Log
	totals  ledger.Totals
	units   map[string]ledger.Totals
	reasons []string
	next    time.Time // when another may get further
	writing error
}

// Run carries a plan out, as far as it can be. The error is ctx's, the store's, or
// one that no other call would escape; a run that could not get everything back
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
	}
	r := &run{e: e, plan: p, began: began, since: since, done: done, log: log, calls: e.calls.Stats().Calls, units: map[string]ledger.Totals{}}
	r.write(ctx, runEvent{Kind: runBegun, Time: began})
	for _, u := range p.Units {
		t := ledger.Totals{Planned: u.Items, StillPending: u.Items, Pending: u.Items}
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

// openRun begins the log of a run, under a name that no other has.
func (e *Engine) openRun(ctx context.Context, p *Plan, began time.Time) (journal.Log, error) {
	return e.Store.Open(ctx, p.Request.ID, runPrefix+began.UTC().Format("20060102T150405.000000000Z")+"-"+newName()[:6])
}

// all runs all units, and then those that the last look adds.
func (r *run) all(ctx context.Context) error {
	spans := r.plan.spans()
	for range maxPasses {
		if err := r.each(ctx, spans); err != nil {
			return err
		}
		if done, err := r.othersLooked(ctx); err != nil || done {
			return err
		}
		looked, added, err := r.e.lookAtEmpty(ctx, r.plan)
		if err != nil {
			return err
		}
		if r.write(ctx, looked); len(added) == 0 {
			return nil
		}
		spans = added
	}
	return nil
}

// each runs units, several at once, until nothing is left to do but to wait for
// open breakers.
func (r *run) each(ctx context.Context, spans []Span) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := newSchedule()
	for _, span := range spans {
		s.entries = append(s.entries, &entry{span: span, replays: true})
	}
	var group sync.WaitGroup
	for range 2 * perEntity * min(len(r.plan.Request.Entities), max(len(spans), 1)) {
		group.Go(func() {
			if err := r.work(ctx, s); err != nil {
				cancel(err)
			}
		})
	}
	beating, stop := context.WithCancel(ctx)
	var beat sync.WaitGroup
	beat.Go(func() { r.heartbeat(beating) })
	group.Wait()
	stop()
	beat.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return r.leave(ctx, s)
}

// work takes unit after unit.
func (r *run) work(ctx context.Context, s *schedule) error {
	for {
		e, wait, changed, over := s.take(r.e.now())
		switch {
		case over:
			s.mu.Lock()
			s.wake()
			s.mu.Unlock()
			return nil
		case e == nil:
			if wait >= time.Second && s.idle() {
				r.waits("waiting for deliveries", r.e.now().Add(wait))
			}
			t := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				t.Stop()
				return ctx.Err()
			case <-changed:
			case <-t.C:
			}
			t.Stop()
			continue
		}
		as := e.kind()
		again, err := r.unit(ctx, s, e)
		s.done(e, as, again)
		if err != nil {
			return err
		}
	}
}

// unit takes one unit as far as it gets. Again tells whether to go on with it later.
func (r *run) unit(ctx context.Context, s *schedule, e *entry) (again bool, err error) {
	one, err := r.open(ctx, e.span)
	if errors.Is(err, journal.ErrLocked) {
		e.at = r.e.now().Add(time.Second)
		return true, nil
	}
	if err != nil {
		return false, r.trouble(ctx, e.span, err)
	}
	tell := one.report
	one.report = func(step string) {
		tell(step)
		if !one.control.Open {
			s.unblock(e.span.Entity)
		}
	}
	next, err := one.advance(ctx, r.since)
	r.count("verifying", e.span.LogName(), one.unit.Totals())
	if err == nil && next.IsZero() && one.unit.Drained() {
		r.mu.Lock()
		r.done(UnitState{r.plan.unit(e.span), one.unit})
		r.mu.Unlock()
	}
	e.replays = one.unit.Unfinished() || one.lastTries()
	if err2 := one.unitLog.close(); err == nil {
		err = err2
	}
	if errors.Is(err, journal.ErrLost) { // another may have it; what is durable is read anew
		e.at = r.e.now().Add(time.Second)
		return true, nil
	}
	if open, ok := errors.AsType[*BreakerError](err); ok {
		s.block(e.span.Entity, open.Next)
		e.left = true
		if r.e.Logger != nil {
			r.e.Logger.LogAttrs(ctx, slog.LevelWarn, "recovery: deliveries fail",
				slog.String("recovery", r.plan.Request.ID), slog.String("entity", string(e.span.Entity)),
				slog.Duration("wait", open.Next.Sub(r.e.now())))
		}
		return true, nil
	}
	if err != nil {
		if answer, ok := errors.AsType[*celcoin.Error](err); ok && answer.Op == "replay webhooks" {
			s.drop(e.span.Entity) // it may not be replayed at all
		}
		return false, r.trouble(ctx, e.span, err)
	}
	s.block(e.span.Entity, time.Time{}) // if it was open, it is not any more
	e.at = next
	return !next.IsZero(), nil
}

func (r *run) open(ctx context.Context, span Span) (*session, error) {
	one, err := r.e.openSession(ctx, &r.plan.Request, span)
	if err != nil {
		return nil, err
	}
	one.given = &r.given
	one.report = func(step string) { r.count(step, span.LogName(), one.unit.Totals()) }
	one.closed = func(err error) {
		r.write(ctx, runEvent{Kind: runGate, Time: r.e.now(), Error: oneLine(err)})
		r.waits("waiting for the receiver", r.e.now().Add(r.e.Policy.MaxWait))
	}
	return one, nil
}

// trouble decides whether an error ends the run or only the unit.
func (r *run) trouble(ctx context.Context, span Span, err error) error {
	_, answered := errors.AsType[*celcoin.Error](err)
	_, silent := errors.AsType[*noAnswerError](err)
	if stopped(ctx, err) || !answered && !silent && !errors.Is(err, journal.ErrCorrupt) && !errors.Is(err, ledger.ErrIllegal) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reasons = append(r.reasons, fmt.Sprintf("%s from %s: %s", span.Entity, span.From.UTC().Format(time.RFC3339), oneLine(err)))
	return nil
}

// leave ends the runs of units that were left at an open breaker, so that the next run
// begins anew with them.
func (r *run) leave(ctx context.Context, s *schedule) error {
	for _, e := range s.entries {
		if !e.left {
			continue
		}
		reason := (&BreakerError{e.span.Entity, s.blocked[e.span.Entity]}).Error()
		one, err := r.open(ctx, e.span)
		if errors.Is(err, journal.ErrLocked) {
			continue
		}
		if err == nil && one.unit.Run.Open() {
			err = one.end(ctx, reason)
		}
		if one != nil {
			err = errors.Join(err, one.unitLog.close())
		}
		if err != nil {
			return err
		}
	}
	for entity, next := range s.blocked {
		if slices.ContainsFunc(s.entries, func(e *entry) bool { return e.span.Entity == entity }) {
			r.reasons = append(r.reasons, (&BreakerError{entity, next}).Error())
			if r.next.IsZero() || next.Before(r.next) {
				r.next = next
			}
		}
	}
	return nil
}

// heartbeat writes how many calls were made, now and then: it is also a sign of life.
func (r *run) heartbeat(ctx context.Context) {
	for sleep(ctx, heartbeat) == nil {
		r.writeCalls(ctx)
	}
}

const heartbeat = 30 * time.Second

func (r *run) writeCalls(ctx context.Context) {
	calls := r.e.calls.Stats().Calls
	r.mu.Lock()
	n := calls - r.calls
	r.calls = calls
	r.mu.Unlock()
	r.write(ctx, runEvent{Kind: runCalls, Time: r.e.now(), Calls: n})
}

// write appends to the log of the run. An error is returned at its end.
func (r *run) write(ctx context.Context, ev runEvent) {
	record, err := json.Marshal(ev)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		err = r.log.Append(context.WithoutCancel(ctx), ev.Kind == runBegun || ev.Kind == runEnded, record)
	}
	if r.writing == nil {
		r.writing = err
	}
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
	r.e.tell(Progress{ID: r.plan.Request.ID, Step: step, Done: t.Delivered + t.AlreadyDelivered, Of: t.Planned, Totals: t, Until: until})
}

// end writes how the run ended.
func (r *run) end(ctx context.Context, err error) {
	r.writeCalls(ctx)
	ev := runEvent{Kind: runEnded, Result: Partial}
	wait, waits := errors.AsType[*WaitError](err)
	switch {
	case ctx.Err() != nil:
		ev.Result = Cancelled
	case waits:
		ev.Reason, r.next = wait.Error(), wait.Until
		if wait.Until.IsZero() {
			r.next = r.e.now().Add(r.e.Policy.MaxWait)
		}
	case err != nil:
		ev.Reason = oneLine(err)
	case len(r.reasons) > 0:
		ev.Reason = r.reasons[0]
	default:
		ev.Result = Drained // unless its units say otherwise
	}
	ev.Time, ev.Next = r.e.now(), r.next
	r.write(ctx, ev)
}
