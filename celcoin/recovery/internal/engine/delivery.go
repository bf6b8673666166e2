package engine

import (
	"context"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

func (s *session) timeout() time.Duration { return s.control.Timeout(s.e.Policy) }

// controlName names the document of delivery control of an entity.
func (s *session) controlName() string {
	return "control-" + s.e.environment() + "-" + shortHash(string(s.req.Product)+" "+string(s.span.Entity))
}

func (s *session) name() string { return s.id + "/" + s.span.LogName() }

// settle tells delivery control what has become of replays since the last time, and
// gives up the places that are not used.
func (s *session) settle(ctx context.Context) error {
	_, err := s.ask(ctx, s.inFlight(), 0)
	return err
}

// ask settles, and asks for places beside those in flight. Items that delivery control
// takes for poison are given up.
func (s *session) ask(ctx context.Context, inFlight, want int) (g ledger.Grant, err error) {
	failures := ledger.MaxAttempts
	for _, i := range s.in(ledger.Pending, ledger.Sending, ledger.Accepted, ledger.InDoubt, ledger.Overdue) {
		failures = min(failures, s.unit.Rows[i].Failures)
	}
	a := ledger.Ask{
		Unit: s.name(), Outcomes: s.unit.Untold, Failures: failures, InFlight: inFlight, Want: want,
		Alone: s.e.calls.rateBound(), Began: s.unit.Run.Began,
	}
	err = update(context.WithoutCancel(ctx), s.e, s.controlName(), func(now time.Time, c *ledger.Control) (bool, error) {
		g = c.Grant(now, a, s.e.Policy)
		s.control = *c
		s.renewed.Store(now.UnixNano())
		return true, nil
	})
	if err != nil {
		return g, err
	}
	// A process that dies in between has told of failures that the next tells again:
	// too many are safe, too few are not.
	if len(s.unit.Untold) > 0 {
		if err := s.write(ctx, false, ledger.Event{Kind: ledger.KindTold}); err != nil {
			return g, err
		}
	}
	if g.Poison {
		given := s.where(func(r *ledger.Row) bool { return r.Failures > 0 }, ledger.Pending)
		err = s.mark(ctx, ledger.KindGiveUp, given)
	}
	return g, err
}

// admit asks for places in flight until it has some, and for the receiver to be
// ready. There are none while the rows that it has in flight take them all.
func (s *session) admit(ctx context.Context, inFlight, want int) (g ledger.Grant, err error) {
	for wait := time.Second / 4; ; wait = min(2*wait, time.Second) {
		g, err = s.ask(ctx, inFlight, want)
		switch {
		case err != nil:
			return g, err
		case g.Places > 0:
			return g, s.e.openGate(ctx, s.closed)
		case inFlight > 0:
			return g, nil
		case g.Turn:
			return g, &laterError{g.Next} // the trial is left to others
		case !g.Next.IsZero():
			return g, &BreakerError{s.span.Entity, g.Next}
		}
		if err := sleep(ctx, wait); err != nil {
			return g, err
		}
	}
}

// dropped tells whether the places in flight of the unit are others' by now, as when
// the process was stopped for long: what was granted does not hold any more.
func (s *session) dropped() bool {
	return s.e.now().UnixNano()-s.renewed.Load() > int64(s.e.Policy.Stale())
}

// hold renews the unit's places in flight: others would have them once they are
// stale, and slow calls may take longer.
func (s *session) hold(ctx context.Context) {
	for sleep(ctx, s.e.Policy.MaxWait/4) == nil {
		update(ctx, s.e, s.controlName(), func(now time.Time, c *ledger.Control) (bool, error) { //nolint:errcheck,gosec // the next one is an error as well
			if !c.Renew(now, s.name()) {
				return false, nil
			}
			s.renewed.Store(now.UnixNano())
			return true, nil
		})
	}
}
