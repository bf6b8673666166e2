package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// session is a unit in the hands of this process. It decides nothing that the
// ledger does not say: what it has beside the log is read anew after a crash.
type session struct {
	*unitLog
	req    *Request
	report func(step string) // progress, for whoever runs more than this unit
	closed func(error)       // the gate was closed

	control     ledger.Control // as of the latest update
	news        []news
	queue       []int             // pending rows, the next first
	expiry      [][2]int64        // of each row, by both readings; 0: not known
	seen        map[int]time.Time // when a row in flight was last seen to be missing
	base        int               // the pending count when nothing was in flight; below zero: not known
	baseAt      time.Time         // of that count
	baseForeign int               // of it: pending rows of ids that are other units'
	idle        time.Duration     // of the latest wait for places
	given       *given            // rows that are left out, as other recoveries have pulled them
	unpullable  map[int]bool      // rows without a payload
	absent      map[int]bool      // rows that Celcoin did not show when they were looked up, to be pulled
	failing     time.Time         // since when no replay was taken
}

// open takes a unit, and what is begun of it.
func (e *Engine) openSession(ctx context.Context, req *Request, span Span) (*session, error) {
	log, err := e.openUnit(ctx, req.ID, span)
	if err != nil {
		return nil, err
	}
	return &session{unitLog: log, req: req, given: &given{}, base: -1, seen: map[int]time.Time{}, unpullable: map[int]bool{}, absent: map[int]bool{}, closed: func(error) {}, report: func(string) {}}, nil
}

// advance takes a unit as far as it gets without a long wait. Next is when to go
// on with it; zero: its run has ended. Since is when the caller's run began: a
// unit that ended after it is done.
func (s *session) advance(ctx context.Context, since time.Time) (next time.Time, err error) {
	goesOn, err := s.enter(ctx, since)
	if err != nil || !goesOn {
		return time.Time{}, err
	}
	next, err = s.holding(ctx, s.work)
	if e := s.release(ctx); err == nil {
		err = e
	}
	return next, err
}

// holding works, and says meanwhile that what the unit has in flight still is: others
// would take it for lost after the max wait, and slow calls may take longer.
func (s *session) holding(ctx context.Context, work func(context.Context) (time.Time, error)) (next time.Time, err error) {
	beating, stop := context.WithCancel(ctx)
	var beat sync.WaitGroup
	beat.Go(func() {
		for sleep(beating, s.e.Policy.MaxWait/4) == nil {
			update(beating, s.e, s.controlName(), func(now time.Time, c *ledger.Control) (bool, error) { //nolint:errcheck,gosec // the next one is an error as well
				return c.Renew(now, s.name()), nil
			})
		}
	})
	defer beat.Wait()
	defer stop()
	return work(ctx)
}

// enter begins a run, or goes on with one.
func (s *session) enter(ctx context.Context, since time.Time) (goesOn bool, err error) {
	u := s.unit
	if !u.Listed {
		return false, ErrNotFound
	}
	if len(s.in(ledger.Sending)) > 0 {
		if err := s.write(ctx, false, ledger.Event{Kind: ledger.KindInterrupted}); err != nil {
			return false, err
		}
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
	return true, s.refresh(ctx)
}

// refresh counts what is pending, which is what a batch is measured by. If it is
// nothing any more, there is nothing to replay.
func (s *session) refresh(ctx context.Context) error {
	if len(s.in(ledger.Pending)) <= fewRows || len(s.inFlight()) > 0 || s.e.Pull != nil {
		return nil
	}
	if err := s.measure(ctx); err != nil || s.base > 0 {
		return err
	}
	return s.close(ctx)
}

// work replays until nothing is left to replay, and then looks at all once more.
func (s *session) work(ctx context.Context) (next time.Time, err error) {
	pulled := s.e.Pull == nil
	for rounds := 0; rounds < maxPasses; {
		if !pulled {
			if err := s.pull(ctx); err != nil {
				return time.Time{}, err
			}
			pulled = true
		}
		if err := s.confirm(ctx); err != nil {
			return time.Time{}, err
		}
		switch more, err := s.replayBatch(ctx); {
		case err != nil:
			return time.Time{}, err
		case more:
			s.report("replaying")
			continue
		}
		if s.e.Pull != nil && !s.unit.Looked.IsZero() && !s.unit.Unfinished() {
			break // the pull was the closing look
		}
		if wait := s.unit.Replayed.Add(s.timeout()).Sub(s.e.now()); wait > 0 && !s.unit.Replayed.IsZero() {
			return s.e.now().Add(wait), nil
		}
		rounds++
		pulled = s.e.Pull == nil
		if err := s.close(ctx); err != nil {
			return time.Time{}, err
		}
		s.report("verifying")
		if !s.unit.Unfinished() && !s.lastTries() {
			break
		}
	}
	return time.Time{}, s.end(ctx, "")
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

// in are the rows in any of these states.
func (s *session) in(of ...ledger.State) (rows []int) {
	left, wanted := 0, [256]bool{}
	for _, state := range of {
		left += s.unit.In(state)
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

// updateControl tells delivery control what has happened since the last time,
// and takes what it says. Poison means that items which failed before are given up.
func (s *session) updateControl(ctx context.Context, f func(now time.Time, c *ledger.Control)) error {
	poison := false
	err := update(context.WithoutCancel(ctx), s.e, s.controlName(), func(now time.Time, c *ledger.Control) (bool, error) {
		poison = false
		for _, tell := range s.news {
			poison = tell(now, c) || poison
		}
		f(now, c)
		s.control = *c
		return true, nil
	})
	if err != nil {
		return err
	}
	s.news = nil
	if !poison {
		return nil
	}
	var given []int
	for _, i := range s.in(ledger.Pending) {
		if s.unit.Rows[i].Failures > 0 {
			given = append(given, i)
		}
	}
	if len(given) == 0 {
		return nil
	}
	return s.write(ctx, false, ledger.Event{Kind: ledger.KindGiveUp, Items: given})
}

// ask asks for places in flight.
func (s *session) ask(ctx context.Context, want int) (g ledger.Grant, err error) {
	return s.askBeside(ctx, len(s.inFlight()), want)
}

func (s *session) askBeside(ctx context.Context, inFlight, want int) (g ledger.Grant, err error) {
	ask := ledger.Ask{Unit: s.name(), InFlight: inFlight, Want: want, Alone: s.e.calls.rateBound(), Began: s.unit.Run.Began}
	err = s.updateControl(ctx, func(now time.Time, c *ledger.Control) { g = c.Grant(now, ask, s.e.Policy) })
	return g, err
}

// release gives up the places that are not used.
func (s *session) release(ctx context.Context) error {
	n := len(s.inFlight())
	return s.updateControl(ctx, func(now time.Time, c *ledger.Control) { c.Release(now, s.name(), n) })
}

// prove tells delivery control that a replay has arrived.
func (s *session) prove(row int) {
	r := &s.unit.Rows[row]
	p := ledger.Proof{Accepted: r.Accepted, Trial: r.Probe}
	if p.Accepted.Before(r.Sent) {
		p.Accepted = r.Sent
	}
	if at, ok := s.seen[row]; ok {
		p.AtLeast = max(at.Sub(p.Accepted), 0)
		delete(s.seen, row)
	}
	s.news = append(s.news, provenAt(s.name(), p))
}

// news is what delivery control is to be told of a replay.
type news func(now time.Time, c *ledger.Control) (poison bool)

// provenAt is the news of a delivery.
func provenAt(unit string, p ledger.Proof) news {
	return func(now time.Time, c *ledger.Control) bool {
		c.Prove(now, unit, p)
		return false
	}
}

// fail tells it that one has not, or that a probe is not proven.
func (s *session) fail(row int) {
	delete(s.seen, row)
	only := s.onlyRetries()
	began, at := s.unit.Run.Began, s.unit.Rows[row].Sent
	if at.IsZero() {
		at = s.e.now() // a payload that was pulled
	}
	if s.unit.Rows[row].Accepted.After(at) {
		at = s.unit.Rows[row].Accepted
	}
	s.news = append(s.news, func(now time.Time, c *ledger.Control) bool {
		return c.Fail(now, s.name(), at, began, only, s.e.Policy)
	})
}

// onlyRetries tells whether nothing is left but what has failed before.
func (s *session) onlyRetries() bool {
	for i := range s.unit.Rows {
		r := &s.unit.Rows[i]
		if (r.State == ledger.Pending || r.State.InFlight()) && r.Failures == 0 {
			return false
		}
	}
	return true
}

// expires returns when Celcoin stops to replay a row, by both readings of its date.
func (s *session) expires(row int) (earlier, later time.Time) {
	for len(s.expiry) <= row {
		a, b := s.unit.Rows[len(s.expiry)].Expires()
		if a.IsZero() {
			s.expiry = append(s.expiry, [2]int64{})
			continue
		}
		s.expiry = append(s.expiry, [2]int64{a.Unix(), b.Unix()})
	}
	e := s.expiry[row]
	if e[0] == 0 {
		return time.Time{}, time.Time{}
	}
	return time.Unix(e[0], 0), time.Unix(e[1], 0)
}

// expire names what is older than 7 days by both readings, by a trusted clock.
func (s *session) expire(ctx context.Context) error {
	now, trusted := s.e.vendorNow()
	if !trusted {
		return nil
	}
	var over []int
	for _, i := range s.in(ledger.Pending) {
		if _, later := s.expires(i); !later.IsZero() && !later.After(now) && s.unit.Rows[i].InRun == 0 {
			over = append(over, i)
		}
	}
	if len(over) == 0 {
		return nil
	}
	return s.write(ctx, false, ledger.Event{Kind: ledger.KindExpire, Items: over})
}

// over tells whether a row is older than 7 days, by the earlier reading of its
// date: then Celcoin may not show it any more.
func (s *session) over(row int) bool {
	now, _ := s.e.vendorNow()
	earlier, _ := s.expires(row)
	return !earlier.IsZero() && earlier.Before(now.Add(2*tolerated))
}

// lastTries tells whether an expired row is still to be tried.
func (s *session) lastTries() bool {
	return slices.ContainsFunc(s.in(ledger.Expired), func(i int) bool {
		r := &s.unit.Rows[i]
		return r.InRun == 0 && r.Attempts < ledger.MaxAttempts && r.Error == ""
	})
}

// stopped tells the errors that end more than the unit they come from.
func stopped(ctx context.Context, err error) bool {
	_, wait := errors.AsType[*WaitError](err)
	return ctx.Err() != nil || wait || errors.Is(err, celcoin.ErrUnauthorized)
}
