package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// maxUnit is how many webhooks a unit may have, unless they are of one second.
const maxUnit = 20_000

// planner lists what is missing into the logs of units. Several units are listed
// at once; everything that they share is behind its mutex.
type planner struct {
	e       *Engine
	log     journal.Log
	plan    *Plan
	leftOut *leftOut

	mu     sync.Mutex
	owners map[celcoin.Entity]*owners
	failed error // of the latest window that could not be listed
}

// Plan lists what is pending into the store, or goes on with a planning that was
// interrupted, or returns the plan that is there already.
func (e *Engine) Plan(ctx context.Context, req Request) (*Plan, error) {
	log, err := whenFree(ctx, func() (journal.Log, error) { return e.Store.Open(ctx, req.ID, planLog) })
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // what counts is durable
	p, err := e.ReadPlan(ctx, req.ID)
	begun := err == nil
	switch {
	case errors.Is(err, ErrNotFound):
		p = &Plan{}
		err = p.write(ctx, e, log, true, planEvent{
			Kind: planBegun, Version: ledger.Version, Request: &req, Fingerprint: e.Fingerprint(), Units: req.spans(e.Window),
		})
	case err == nil && !p.Request.Same(req):
		err = fmt.Errorf("the ID belongs to another request: %w", ErrInvalidRequest)
	case err == nil:
		p.Request = req // which may allow more
		err = e.CheckEnvironment(p.Fingerprint)
	}
	if err != nil {
		return nil, err
	}
	if p.Digest != "" {
		return p, req.allows(p.items())
	}
	pl := &planner{
		e: e, log: log, plan: p, leftOut: &leftOut{e: e, req: &p.Request},
		owners: map[celcoin.Entity]*owners{},
	}
	for _, entity := range req.Entities {
		pl.owners[entity] = newOwners()
	}
	if begun {
		err = pl.restore(ctx)
	}
	if err == nil {
		err = pl.list(ctx)
	}
	if err != nil {
		return nil, err
	}
	return p, pl.seal(ctx)
}

func (p *Plan) items() (n int) {
	for _, u := range p.Units {
		n += u.Items
	}
	return n
}

// allows refuses a plan that is too large.
func (r *Request) allows(items int) error {
	if r.MaxItems > 0 && items > r.MaxItems {
		return fmt.Errorf("%d webhooks are pending, allowed are %d: %w", items, r.MaxItems, ErrTooManyItems)
	}
	return nil
}

// spans cuts the outage, with its margin, into windows of each entity, in whole
// seconds.
func (r *Request) spans(window time.Duration) (spans []Span) {
	from, to := r.Bounds()
	for ; ; from = from.Add(window) {
		end := from.Add(window)
		last := !end.Before(to)
		if last {
			end = to
		}
		for _, entity := range r.Entities {
			spans = append(spans, Span{entity, from, end})
		}
		if last {
			return spans
		}
	}
}

// list lists all windows that are not listed yet, as many at once as calls may be.
// A few of each entity come first: if Celcoin answers for none of them, the others are
// left, as each may take as long as its retries.
func (pl *planner) list(ctx context.Context) error {
	const enough = 3
	var first, others []Span
	asked := map[celcoin.Entity]int{}
	for _, s := range pl.open() {
		if asked[s.Entity]++; asked[s.Entity] <= enough {
			first = append(first, s)
		} else {
			others = append(others, s)
		}
	}
	if err := parallel(ctx, pl.e.Concurrency, first, pl.window); err != nil {
		return err
	}
	answered := pl.plan.answered()
	if len(answered) == 0 {
		return fmt.Errorf("none of the entities can be asked: %w", pl.failed)
	}
	others = slices.DeleteFunc(others, func(s Span) bool { return !answered[s.Entity] })
	return parallel(ctx, pl.e.Concurrency, others, pl.window)
}

// open are the windows that are still to be listed. The newest of each entity come
// first: an entity is not left because Celcoin answers for none of its oldest.
func (pl *planner) open() (spans []Span) {
	for _, u := range pl.plan.Units {
		if !u.Listed {
			spans = append(spans, u.Span)
		}
	}
	n := max(len(spans)-len(pl.owners), 0)
	return slices.Concat(spans[n:], spans[:n])
}

// restore reads the units that an interrupted planning has listed: the log of a unit
// says so before the plan's does.
func (pl *planner) restore(ctx context.Context) error {
	for _, u := range pl.plan.Units {
		unit, err := pl.e.readUnit(ctx, pl.plan.Request.ID, u.LogName())
		if err == nil && !u.Listed && unit.Listed {
			items, _ := unit.Planned()
			err = pl.write(ctx, false, planEvent{
				Kind: planListed, Unit: &u.Span, listed: listed{Items: items, Unlisted: unit.Unlisted, Shared: unit.Foreign() > 0},
			})
		}
		if err != nil {
			return err
		}
		if !u.Listed {
			continue
		}
		for i := range unit.Rows {
			pl.owners[u.Entity].claim(owned(&unit.Rows[i].Item), u)
		}
		u.Items, u.digest = unit.Planned()
	}
	return nil
}

// window lists a window, or parts of it. One that cannot be listed is set aside,
// unless the error ends the planning.
func (pl *planner) window(ctx context.Context, s Span) error {
	divisible := s.To.Sub(s.From) > time.Second
	items, unlisted, err := pl.e.list(ctx, pl.plan.Request.query(s, new(true)), func(total int) error {
		pl.mu.Lock()
		defer pl.mu.Unlock()
		if err := pl.plan.Request.allows(pl.plan.items() + total); err != nil {
			return err
		}
		if total > maxUnit && divisible {
			return errStop
		}
		return nil
	})
	switch {
	case errors.Is(err, errStop), err == nil && unlisted > 0 && len(items) > 0 && divisible:
		return pl.split(ctx, s, s.From.Add((s.To.Sub(s.From) / 2).Truncate(time.Second)))
	case err == nil:
		return pl.listed(ctx, s, items, unlisted)
	case pl.e.tooOld(s, err):
		first, unknown := pl.youngest(ctx, s)
		if unknown == nil && first.Before(s.To) {
			return pl.split(ctx, s, first)
		}
		err = cmp.Or(unknown, err)
	}
	if fatal(ctx, err) {
		return err
	}
	aside := &Aside{Span: s, Old: pl.e.tooOld(s, err), Reason: oneLine(err), Answer: answerOf(err)}
	if aside.Old {
		aside.Counted, _ = pl.e.count(ctx, pl.plan.Request.query(s, new(true))) // as far as it does
	}
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.failed = fmt.Errorf("%s: %w", s.Entity, err)
	return pl.write(ctx, false, planEvent{Kind: planAside, Aside: aside})
}

// split lists the parts of a window before and from a time on.
func (pl *planner) split(ctx context.Context, s Span, at time.Time) error {
	parts := []Span{{s.Entity, s.From, at}, {s.Entity, at, s.To}}
	pl.mu.Lock()
	err := pl.write(ctx, true, planEvent{Kind: planSplit, Unit: &s, Units: parts})
	pl.mu.Unlock()
	for _, part := range parts {
		if err == nil {
			err = pl.window(ctx, part)
		}
	}
	return err
}

// fatal tells whether every other window or unit would fail as well.
func fatal(ctx context.Context, err error) bool {
	_, wait := errors.AsType[*WaitError](err)
	_, answered := errors.AsType[*celcoin.Error](err)
	return ctx.Err() != nil || wait || errors.Is(err, celcoin.ErrUnauthorized) || !answered
}
