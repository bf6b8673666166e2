package engine

import (
	"context"
	"errors"
	"net/http"
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

// narrow lists the part of a window that Celcoin does not refuse for its age, and
// sets the older part aside.
func (pl *planner) narrow(ctx context.Context, s Span, refused error) error {
	first, err := pl.youngest(ctx, s)
	if err != nil {
		if fatal(ctx, err) {
			return err
		}
		pl.setAside(s, err)
		return nil
	}
	old := Span{s.Entity, s.From, first}
	event := planEvent{Kind: planSplit, Unit: &s, Aside: &Aside{Span: old, Reason: oneLine(refused), Answer: answerOf(refused)}}
	if n, err := pl.e.count(ctx, pl.plan.Request.query(old, new(true))); err == nil {
		event.Aside.Counted = n
	}
	if first.Before(s.To) {
		event.Units = []Span{{s.Entity, first, s.To}}
	}
	pl.mu.Lock()
	err = pl.write(ctx, true, event)
	pl.mu.Unlock()
	if err != nil || len(event.Units) == 0 {
		return err
	}
	return pl.window(ctx, event.Units[0])
}

// youngest finds from when on Celcoin lists a window, to the second; its end, if
// it lists nothing of it.
func (pl *planner) youngest(ctx context.Context, s Span) (time.Time, error) {
	refused, taken := s.From, s.To
	first := s.To.Add(-time.Second) // it may all be too old
	for taken.Sub(refused) > time.Second {
		middle := refused.Add(taken.Sub(refused) / 2).Truncate(time.Second)
		if !middle.After(refused) {
			middle = refused.Add(time.Second)
		}
		if first.After(middle) {
			middle, first = first, time.Time{}
		}
		part := Span{s.Entity, middle, s.To}
		p := &pass{e: pl.e, query: pl.plan.Request.query(part, new(true)), size: 1,
			begin: func(int) error { return errTooMany }, each: func(*celcoin.Webhook) error { return errTooMany }}
		switch _, err := p.run(ctx); {
		case err == nil, errors.Is(err, errTooMany):
			taken = middle
		case pl.e.tooOld(part, err):
			refused = middle
		default:
			return taken, err
		}
	}
	return taken, nil
}
