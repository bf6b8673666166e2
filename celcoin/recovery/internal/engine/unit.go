package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// session is a unit in the hands of this process. It decides nothing that the
// ledger does not say: what it has beside the log is found out anew after a crash.
type session struct {
	*unitLog
	req     *Request
	before  *leftOut          // as of the begin
	leftOut *leftOut          // as of a look
	report  func(step string) // progress, for whoever runs more than this unit
	closed  func(error)       // the gate was closed

	control    ledger.Control // as of the latest ask
	took       time.Duration  // deliveries, lately: it is not worth looking before
	base       int            // the pending count when nothing was in flight, or unknown
	baseAt     time.Time      // of that count
	unpullable map[int]bool   // rows that Celcoin does not show, or without a payload
	failing    time.Time      // since when no replay was taken
	renewed    atomic.Int64   // when delivery control last had our places in flight, in ns
}

// openSession takes a unit. Its log has all that is needed. What an earlier process
// was sending when it ended is in doubt.
func (e *Engine) openSession(ctx context.Context, id string, span Span) (*session, error) {
	log, err := e.openUnit(ctx, id, span)
	if err != nil {
		return nil, err
	}
	req := &Request{}
	if !log.unit.Listed {
		err = ErrNotFound
	} else if json.Unmarshal(log.unit.Head.Request, req) != nil {
		err = fmt.Errorf("the head of the unit: %w", ledger.ErrIllegal)
	}
	if err != nil {
		return nil, errors.Join(err, log.close())
	}
	s := &session{
		unitLog: log, req: req, before: &leftOut{e: e, req: req}, leftOut: &leftOut{e: e, req: req},
		report: func(string) {}, closed: func(error) {}, base: unknown, unpullable: map[int]bool{},
	}
	if sending := s.in(ledger.Sending); len(sending) > 0 {
		err = s.write(ctx, false, ledger.Event{
			Kind: ledger.KindDoubt, Items: sending,
			Answer: ledger.Answer{Error: "the process ended before Celcoin's answer was known"},
		})
	}
	if err != nil {
		return nil, errors.Join(err, log.close())
	}
	return s, nil
}

// advance takes a unit as far as it gets without a long wait. Next is when to go
// on with it; zero: its run has ended. Since is when the caller's run began: a
// unit that ended after it is done, unless it ended to wait for a breaker.
func (s *session) advance(ctx context.Context, since time.Time) (next time.Time, err error) {
	if err := s.settle(ctx); err != nil { // also what a process that died has not told
		return time.Time{}, err
	}
	goesOn, err := s.enter(ctx, since)
	if err != nil || !goesOn {
		return time.Time{}, err
	}
	beating, stop := context.WithCancel(ctx)
	var beat sync.WaitGroup
	beat.Go(func() { s.hold(beating) })
	err = s.work(ctx)
	stop()
	beat.Wait()
	if later, ok := errors.AsType[*laterError](err); ok {
		next, err = later.at, nil
	}
	if open, ok := errors.AsType[*BreakerError](err); ok {
		if e := s.end(ctx, open.Error()); e != nil {
			return next, e
		}
	}
	if e := s.settle(ctx); err == nil {
		err = e
	}
	return next, err
}

// enter begins a run, or goes on with one.
func (s *session) enter(ctx context.Context, since time.Time) (goesOn bool, err error) {
	u := s.unit
	if !u.Run.Open() {
		if u.Run.Ended.After(since) && u.Run.Result != Waiting {
			return false, nil
		}
		// A watch runs a recovery again and again that is not drained for one webhook:
		// the logs of all others must not grow each time.
		if t := u.Totals(); u.Drained() && (s.e.Received == nil || t.By[ledger.ByCount]+t.By[ledger.BySent] == 0) {
			if n, err := s.e.count(ctx, s.req.query(s.span, new(true))); err != nil || n == 0 {
				return false, err
			}
		}
		if err := s.write(ctx, true, ledger.Event{Kind: ledger.KindBegin, MaxAttempts: s.e.MaxAttempts}); err != nil {
			return false, err
		}
	}
	if err := s.pulledElsewhere(ctx); err != nil {
		return false, err
	}
	if err := s.expire(ctx); err != nil {
		return false, err
	}
	// If nothing is pending any more, there is nothing to replay.
	if u.In(ledger.Pending) > fewRows && s.inFlight() == 0 && s.e.Pull == nil {
		if err := s.measure(ctx); err != nil {
			return false, err
		}
		if s.base == 0 {
			return true, s.closingLook(ctx)
		}
	}
	return true, nil
}

// pulledElsewhere takes for pulled what another recovery has pulled meanwhile: Celcoin
// lists it as pending all the same. It says nothing of the receiver at present.
func (s *session) pulledElsewhere(ctx context.Context) error {
	others, err := s.before.read(ctx)
	if err != nil {
		return err
	}
	var rows []int
	for i := range s.unit.Rows {
		if r := &s.unit.Rows[i]; r.Evidence < ledger.ByPulled && others[r.Name()] {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return s.write(ctx, false, ledger.Event{Kind: ledger.KindPulled, Items: rows}, ledger.Event{Kind: ledger.KindTold})
}

// laterError lets go of a unit until there is something to do for it.
type laterError struct{ at time.Time }

func (*laterError) Error() string { return "there is nothing to do yet" }

// work replays until nothing is left to replay, and then looks at all once more.
func (s *session) work(ctx context.Context) error {
	for range maxPasses {
		if s.e.Pull != nil {
			if err := s.pull(ctx); err != nil {
				return err
			}
		}
		for {
			if err := s.confirm(ctx); err != nil {
				return err
			}
			more, err := s.replayBatch(ctx)
			if err != nil {
				return err
			}
			if !more {
				break
			}
			s.report("replaying")
		}
		if s.e.Pull != nil && !s.unit.Looked.IsZero() && !s.unit.Unfinished() && s.unit.In(ledger.Counted) == 0 {
			break // the pull was the closing look
		}
		if due := s.unit.Replayed.Add(s.timeout()); due.After(s.e.now()) {
			return &laterError{due}
		}
		if err := s.closingLook(ctx); err != nil {
			return err
		}
		s.report("verifying")
		if !s.unit.Unfinished() && len(s.lastTries()) == 0 {
			break
		}
	}
	return s.end(ctx, "")
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
func (s *session) in(of ...ledger.State) []int {
	return s.where(func(*ledger.Row) bool { return true }, of...)
}

// where are the rows in any of these states for which something holds.
func (s *session) where(holds func(*ledger.Row) bool, of ...ledger.State) (rows []int) {
	for i, left := 0, s.unit.In(of...); left > 0; i++ {
		r := &s.unit.Rows[i]
		if !slices.Contains(of, r.State) {
			continue
		}
		if left--; holds(r) {
			rows = append(rows, i)
		}
	}
	return rows
}

func (s *session) inFlight() int {
	return s.unit.In(ledger.Sending, ledger.Accepted, ledger.InDoubt, ledger.Overdue)
}

// expire writes what is older than 7 days by both readings, by a trusted clock.
func (s *session) expire(ctx context.Context) error {
	if _, trusted := s.e.clock(); !trusted {
		return nil
	}
	now := s.e.vendorNow()
	over := s.where(func(r *ledger.Row) bool {
		_, later := r.Expires()
		return !later.IsZero() && !later.After(now) && r.InRun == 0
	}, ledger.Pending)
	return s.mark(ctx, ledger.KindExpire, over)
}

// over tells whether a row is older than 7 days, by the earlier reading of its
// date: then Celcoin may not show it any more.
func (s *session) over(row int) bool {
	earlier, _ := s.unit.Rows[row].Expires()
	return !earlier.IsZero() && earlier.Before(s.e.vendorNow().Add(2*tolerated))
}

// lastTries are the expired rows that are still to be tried.
func (s *session) lastTries() []int {
	return s.where(func(r *ledger.Row) bool {
		return r.InRun == 0 && r.Attempts < ledger.MaxAttempts && r.Error == ""
	}, ledger.Expired)
}
