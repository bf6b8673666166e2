package engine

import (
	"context"
	"errors"
	"net/http"
	"sort"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// brasiliaBehind is how far a date that ends in Z may be off, see celcoin.Timestamp.
const brasiliaBehind = 3 * time.Hour

// tooOld tells whether a window may have been refused because it reaches back
// beyond 7 days, by any reading of dates.
func (e *Engine) tooOld(s Span, err error) bool {
	now, _ := e.vendorNow()
	return refusal(err) && s.From.Before(now.Add(-ledger.Lifetime+brasiliaBehind+2*tolerated))
}

// refusal tells whether Celcoin said no to what it was asked for, and not to who asks.
func refusal(err error) bool {
	answer, answered := errors.AsType[*celcoin.Error](err)
	if !answered || answer.StatusCode < 400 || answer.StatusCode > 499 || throttled(err) || answer.StatusCode == http.StatusRequestTimeout {
		return false
	}
	return !errors.Is(err, celcoin.ErrUnauthorized) && !errors.Is(err, celcoin.ErrForbidden) &&
		!errors.Is(err, celcoin.ErrNotFound) && !errors.Is(err, celcoin.ErrServer)
}

// OutOfReach names the windows of the outage that were older than 7 days by both
// readings when they were planned, and show nothing: Celcoin need not list them any
// more, so whether something is missing in them is not known. As with items, a later
// look decides anew by Celcoin's clock at that time; zero: there was none.
func (p *Plan) OutOfReach(looked time.Time) (asides []Aside) {
	if !p.ClockTrusted {
		return nil
	}
	now := p.Planned.Add(p.Skew)
	if !looked.IsZero() && looked.Before(now) {
		now = looked
	}
	last := map[celcoin.Entity]int{} // in asides, from 1
	for _, u := range p.Units {      // the oldest first
		if !u.Listed || !u.Empty() || u.LeftOut > 0 || !u.To.Add(ledger.Lifetime+brasiliaBehind).Before(now) ||
			!u.To.After(p.Request.From.Add(-brasiliaBehind)) {
			continue
		}
		if n := last[u.Entity]; n > 0 && asides[n-1].To.Equal(u.From) {
			asides[n-1].To = u.To
			continue
		}
		asides = append(asides, Aside{Span: u.Span, Reason: "older than 7 days: Celcoin need not list it any more, so what is missing in it is not known"})
		last[u.Entity] = len(asides)
	}
	return asides
}

// narrow lists the part of a window that Celcoin does not refuse for its age: that
// from first on. The older part is set aside.
func (pl *planner) narrow(ctx context.Context, s Span, first time.Time, refused error) error {
	old := Span{s.Entity, s.From, first}
	aside := &Aside{Span: old, Reason: oneLine(refused), Answer: answerOf(refused)}
	if n, err := pl.e.count(ctx, pl.plan.Request.query(old, new(true))); err == nil {
		aside.Counted = n
	}
	pl.mu.Lock()
	pl.answers[s.Entity].answered = true // it is the window that it refuses
	pl.mu.Unlock()
	if !first.Before(s.To) {
		return pl.split(ctx, s, aside)
	}
	return pl.split(ctx, s, aside, Span{s.Entity, first, s.To})
}

// youngest finds from when on Celcoin lists a window that it refuses, to the
// second: its end, if it lists nothing of it.
func (pl *planner) youngest(ctx context.Context, s Span) (first time.Time, err error) {
	from := func(second int) Span { return Span{s.Entity, s.From.Add(time.Duration(second) * time.Second), s.To} }
	listed := func(second int) bool {
		if err != nil {
			return true
		}
		l := &listing{e: pl.e, query: pl.plan.Request.query(from(second), new(true)), size: 1}
		_, refused := l.page(ctx, new(1))
		if refused != nil && !pl.e.tooOld(from(second), refused) {
			err = refused
		}
		return refused == nil
	}
	last := int(s.To.Sub(s.From)/time.Second) - 1
	if !listed(last) { // all of it is too old
		return s.To, err
	}
	return from(sort.Search(last, listed)).From, err
}
