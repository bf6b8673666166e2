package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// brasiliaBehind is how far a date that ends in Z may be off, see celcoin.Timestamp.
const brasiliaBehind = 3 * time.Hour

// tooOld tells whether a window may have been refused because it reaches back
// beyond 7 days, by any reading of dates.
func (e *Engine) tooOld(s Span, err error) bool {
	return refusal(err) && s.From.Before(e.vendorNow().Add(-ledger.Lifetime+brasiliaBehind+2*tolerated))
}

// refusal tells whether Celcoin said no to what it was asked for, and not to who asks.
func refusal(err error) bool {
	answer, answered := errors.AsType[*celcoin.Error](err)
	return answered && answer.StatusCode >= 400 && answer.StatusCode <= 499 && errors.Is(err, celcoin.ErrInvalidRequest) && !throttled(err)
}

// SetAside names the entities and windows that could not be asked or listed in full,
// and those that are out of reach at the time of a later look; zero: there was none.
// Windows of an entity that touch are one, if only their age is the reason, and all of
// one that Celcoin has not answered for.
func (p *Plan) SetAside(looked time.Time) (all []Aside) {
	asides, answered := p.outOfReach(looked), p.answered()
	for _, u := range p.Units {
		if u.aside == nil {
			continue
		}
		a := *u.aside
		if !answered[a.Entity] {
			a.From, a.To = time.Time{}, time.Time{}
		}
		asides = append(asides, a)
	}
	slices.SortStableFunc(asides, func(a, b Aside) int { return a.From.Compare(b.From) })
	last := map[celcoin.Entity]int{} // in all, from 1
	for _, a := range asides {
		if n := last[a.Entity]; n > 0 && all[n-1].To.Equal(a.From) && (a.From.IsZero() || a.Old && all[n-1].Old) {
			all[n-1].To = a.To
			all[n-1].Counted += a.Counted
			continue
		}
		all = append(all, a)
		last[a.Entity] = len(all)
	}
	return all
}

// outOfReach are the windows of the outage that were older than 7 days by both
// readings when they were planned, and show nothing: Celcoin need not list them any
// more, so whether something is missing in them is not known. Where no two answers
// agreed on Celcoin's clock, ours must do. As with items, a later look decides anew by
// Celcoin's clock at that time.
func (p *Plan) outOfReach(looked time.Time) (asides []Aside) {
	now := p.Planned.Add(p.Skew)
	if !looked.IsZero() && looked.Before(now) {
		now = looked
	}
	for _, u := range p.Units {
		if u.Listed && u.Empty() && u.LeftOut == 0 && u.To.Add(ledger.Lifetime+brasiliaBehind).Before(now) &&
			u.To.After(p.Request.From.Add(-brasiliaBehind)) {
			asides = append(asides, Aside{Span: u.Span, Old: true, Reason: "older than 7 days: Celcoin need not list it any more, so what is missing in it is not known"})
		}
	}
	return asides
}

// youngest finds from when on Celcoin lists a window that it refuses, to the
// second: its end, if it lists nothing of it.
func (pl *planner) youngest(ctx context.Context, s Span) (time.Time, error) {
	old, young := s.From, s.To // what begins at the one is refused, and at the other it is not
	for at := s.To.Add(-time.Second); at.After(old); at = old.Add((young.Sub(old) / 2).Truncate(time.Second)) {
		part := Span{s.Entity, at, s.To}
		l := &listing{e: pl.e, query: pl.plan.Request.query(part, new(true)), size: 1}
		_, err := l.page(ctx, new(1))
		switch {
		case err == nil:
			young = at
		case pl.e.tooOld(part, err):
			old = at
		default:
			return young, err
		}
	}
	return young, nil
}
