package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// session is a unit in the hands of this process. It decides nothing that the
// ledger does not say: what it has beside the log is read anew after a crash.
type session struct {
	*unitLog
	req    *Request
	given  *given            // rows that are left out, as other recoveries have pulled them
	report func(step string) // progress, for whoever runs more than this unit
	closed func(error)       // the gate was closed

	control    ledger.Control // as of the latest ask
	outcomes   []ledger.Outcome
	queue      []int         // pending rows, the next first
	missing    time.Time     // when what is in flight was last seen to be missing
	took       time.Duration // deliveries, lately: it is not worth looking before
	base       int           // the pending count when nothing was in flight, or unknown
	baseAt     time.Time     // of that count
	unpullable map[int]bool  // rows that Celcoin does not show, or without a payload
	failing    time.Time     // since when no replay was taken
}

// openSession takes a unit, and what is begun of it.
func (e *Engine) openSession(ctx context.Context, req *Request, span Span) (*session, error) {
	log, err := e.openUnit(ctx, req.ID, span)
	if err != nil {
		return nil, err
	}
	s := &session{
		unitLog: log, req: req, given: &given{}, report: func(string) {}, closed: func(error) {},
		base: unknown, unpullable: map[int]bool{},
	}
	s.unit.Tell = func(o ledger.Outcome) {
		o.AtLeast = max(s.missing.Sub(o.Accepted), 0)
		s.outcomes = append(s.outcomes, o)
	}
	return s, nil
}

// advance takes a unit as far as it gets without a long wait. Next is when to go
// on with it; zero: its run has ended. Since is when the caller's run began: a
// unit that ended after it is done, unless it ended to wait for a breaker.
func (s *session) advance(ctx context.Context, since time.Time) (next time.Time, err error) {
	goesOn, err := s.enter(ctx, since)
	if err != nil || !goesOn {
		return time.Time{}, err
	}
	beating, stop := context.WithCancel(ctx)
	var beat sync.WaitGroup
	beat.Go(func() { s.hold(beating) })
	next, err = s.work(ctx)
	stop()
	beat.Wait()
	if open, ok := errors.AsType[*BreakerError](err); ok {
		if e := s.end(ctx, open.Error()); e != nil {
			return next, e
		}
	}
	if _, e := s.ask(ctx, 0); err == nil { // gives up the places that are not used
		err = e
	}
	return next, err
}

// hold says that what the unit has in flight still is: others would take it for
// lost after the max wait, and slow calls may take longer.
func (s *session) hold(ctx context.Context) {
	for sleep(ctx, s.e.Policy.MaxWait/4) == nil {
		update(ctx, s.e, s.controlName(), func(now time.Time, c *ledger.Control) (bool, error) { //nolint:errcheck,gosec // the next one is an error as well
			return c.Renew(now, s.name()), nil
		})
	}
}

// enter begins a run, or goes on with one.
func (s *session) enter(ctx context.Context, since time.Time) (goesOn bool, err error) {
	u := s.unit
	if !u.Listed {
		return false, ErrNotFound
	}
	if err := s.interrupted(ctx); err != nil {
		return false, err
	}
	if !u.Run.Open() {
		if u.Run.Ended.After(since) && u.Run.Result != Waiting {
			return false, nil
		}
		if u.Drained() {
			if n, err := s.e.count(ctx, s.req.query(s.span, new(true))); err != nil || n == 0 {
				return false, err
			}
		}
		if err := s.write(ctx, true, ledger.Event{Kind: ledger.KindBegin, MaxAttempts: s.e.MaxAttempts}); err != nil {
			return false, err
		}
	}
	if err := s.expire(ctx); err != nil {
		return false, err
	}
	// If nothing is pending any more, there is nothing to replay.
	if u.In(ledger.Pending) > fewRows && len(s.inFlight()) == 0 && s.e.Pull == nil {
		if err := s.measure(ctx); err != nil {
			return false, err
		}
		if s.base == 0 {
			return true, s.close(ctx)
		}
	}
	return true, nil
}

// interrupted writes that it is not known what became of the replays that an
// earlier process was sending.
func (s *session) interrupted(ctx context.Context) error {
	if s.unit.In(ledger.Sending) == 0 {
		return nil
	}
	return s.write(ctx, false, ledger.Event{Kind: ledger.KindInterrupted})
}

// work replays until nothing is left to replay, and then looks at all once more.
func (s *session) work(ctx context.Context) (next time.Time, err error) {
	for range maxPasses {
		if s.e.Pull != nil {
			if err := s.pull(ctx); err != nil {
				return next, err
			}
		}
		for {
			if err := s.confirm(ctx); err != nil {
				return next, err
			}
			more, err := s.replayBatch(ctx)
			if err != nil {
				return next, err
			}
			if !more {
				break
			}
			s.report("replaying")
		}
		if s.e.Pull != nil && !s.unit.Looked.IsZero() && !s.unit.Unfinished() {
			break // the pull was the closing look
		}
		if due := s.unit.Replayed.Add(s.timeout()); due.After(s.e.now()) {
			return due, nil
		}
		if err := s.close(ctx); err != nil {
			return next, err
		}
		s.report("verifying")
		if !s.unit.Unfinished() && len(s.lastTries()) == 0 {
			break
		}
	}
	return next, s.end(ctx, "")
}

// end ends the run of the unit. A reason is what it would have to wait for.
func (s *session) end(ctx context.Context, reason string) error {
	result := Partial
	switch {
	case s.unit.Drained():
		result, reason = Drained, ""
	case reason != "":
		result = Waiting
	default:
		reason = Shortfall(s.unit)
	}
	return s.write(ctx, true, ledger.Event{Kind: ledger.KindEnd, Result: result, Reason: reason})
}

// mark writes an event of some rows, if there are any.
func (s *session) mark(ctx context.Context, kind ledger.Kind, rows []int) error {
	if len(rows) == 0 {
		return nil
	}
	return s.write(ctx, false, ledger.Event{Kind: kind, Items: rows})
}

// in are the rows in any of these states.
func (s *session) in(of ...ledger.State) (rows []int) {
	left, wanted := s.unit.In(of...), [256]bool{}
	for _, state := range of {
		wanted[state] = true
	}
	for i := 0; left > 0; i++ {
		if wanted[s.unit.Rows[i].State] {
			rows = append(rows, i)
			left--
		}
	}
	return rows
}

func (s *session) inFlight() []int {
	return s.in(ledger.Sending, ledger.Accepted, ledger.InDoubt, ledger.Overdue)
}

func (s *session) timeout() time.Duration { return s.control.Timeout(s.e.Policy) }

// controlName names the document of delivery control of an entity.
func (s *session) controlName() string {
	return "control-" + s.e.environment() + "-" + shortHash(string(s.req.Product)+" "+string(s.span.Entity))
}

func (s *session) name() string { return s.id + "/" + s.span.LogName() }

// ask tells delivery control what has become of replays since the last time, and
// asks it for places in flight. Items that it takes for poison are given up.
func (s *session) ask(ctx context.Context, want int) (g ledger.Grant, err error) {
	return s.askBeside(ctx, len(s.inFlight()), want)
}

func (s *session) askBeside(ctx context.Context, inFlight, want int) (g ledger.Grant, err error) {
	a := ledger.Ask{
		Unit: s.name(), Outcomes: s.outcomes, OnlyRetries: s.onlyRetries(), InFlight: inFlight, Want: want,
		Alone: s.e.calls.rateBound(), Began: s.unit.Run.Began,
	}
	err = update(context.WithoutCancel(ctx), s.e, s.controlName(), func(now time.Time, c *ledger.Control) (bool, error) {
		g = c.Grant(now, a, s.e.Policy)
		s.control = *c
		return true, nil
	})
	if err != nil {
		return g, err
	}
	s.outcomes = nil
	if !g.Poison {
		return g, nil
	}
	var given []int
	for _, i := range s.in(ledger.Pending) {
		if s.unit.Rows[i].Failures > 0 {
			given = append(given, i)
		}
	}
	return g, s.mark(ctx, ledger.KindGiveUp, given)
}

// admit asks for places in flight until it has some, and for the receiver to be
// ready. There are none while the rows that it has in flight take them all.
func (s *session) admit(ctx context.Context, inFlight, want int) (g ledger.Grant, err error) {
	for wait := time.Second / 4; ; wait = min(2*wait, time.Second) {
		g, err = s.askBeside(ctx, inFlight, want)
		switch {
		case err != nil:
			return g, err
		case g.Places > 0:
			return g, s.e.openGate(ctx, s.closed)
		case inFlight > 0:
			return g, nil
		case !g.Next.IsZero():
			return g, &BreakerError{s.span.Entity, g.Next}
		}
		if err := sleep(ctx, wait); err != nil {
			return g, err
		}
	}
}

// onlyRetries tells whether nothing is left but what has failed before.
func (s *session) onlyRetries() bool {
	if len(s.outcomes) == 0 {
		return false // it is not asked for
	}
	for i := range s.unit.Rows {
		r := &s.unit.Rows[i]
		if (r.State == ledger.Pending || r.State.InFlight()) && r.Failures == 0 {
			return false
		}
	}
	return true
}

// expire names what is older than 7 days by both readings, by a trusted clock.
func (s *session) expire(ctx context.Context) error {
	now, trusted := s.e.vendorNow()
	if !trusted {
		return nil
	}
	var over []int
	for _, i := range s.in(ledger.Pending) {
		r := &s.unit.Rows[i]
		if _, later := r.Expires(); !later.IsZero() && !later.After(now) && r.InRun == 0 {
			over = append(over, i)
		}
	}
	return s.mark(ctx, ledger.KindExpire, over)
}

// over tells whether a row is older than 7 days, by the earlier reading of its
// date: then Celcoin may not show it any more.
func (s *session) over(row int) bool {
	now, _ := s.e.vendorNow()
	earlier, _ := s.unit.Rows[row].Expires()
	return !earlier.IsZero() && earlier.Before(now.Add(2*tolerated))
}

// lastTries are the expired rows that are still to be tried.
func (s *session) lastTries() (rows []int) {
	for _, i := range s.in(ledger.Expired) {
		if r := &s.unit.Rows[i]; r.InRun == 0 && r.Attempts < ledger.MaxAttempts && r.Error == "" {
			rows = append(rows, i)
		}
	}
	return rows
}
