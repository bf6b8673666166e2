package engine

import (
	"context"
	"errors"
	"slices"
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
// more, so whether something is missing in them is not known. As with items, a later
// look decides anew by Celcoin's clock at that time.
func (p *Plan) outOfReach(looked time.Time) (asides []Aside) {
	if !p.ClockTrusted {
		return nil
	}
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
