package engine

import (
	"context"
	"encoding/json"
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
	e    *Engine
	log  journal.Log
	plan *Plan

	mu      sync.Mutex
	owners  owners
	numbers []*UnitPlan // of owners, from 1
	digests map[*UnitPlan]*ledger.Digest
	pulled  map[rowName]struct{} // by other recoveries
	total   int                  // items so far
	asides  map[celcoin.Entity]*Aside
	partial []*Aside                // windows of entities that answer
	refused error                   // of the latest entity set aside
	asked   map[celcoin.Entity]bool // it has answered once
	done    int
}

// Plan lists what is pending into the store, or goes on with a planning that was
// interrupted, or returns the plan that is there already.
func (e *Engine) Plan(ctx context.Context, req Request) (*Plan, error) {
	log, err := e.openWaiting(ctx, req.ID, planLog)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // what counts is durable
	p, err := e.ReadPlan(ctx, req.ID)
	if errors.Is(err, ErrNotFound) {
		p, err = &Plan{}, nil
	}
	if err != nil {
		return nil, err
	}
	pl := &planner{
		e: e, log: log, plan: p, digests: map[*UnitPlan]*ledger.Digest{},
		asides: map[celcoin.Entity]*Aside{}, asked: map[celcoin.Entity]bool{},
	}
	if err := pl.begin(ctx, req); err != nil {
		return nil, err
	}
	if p.Digest != "" {
		return p, pl.allowed(req, p.items())
	}
	if err := pl.list(ctx); err != nil {
		return nil, err
	}
	return p, pl.seal(ctx)
}

// openWaiting opens a log, however long another has it.
func (e *Engine) openWaiting(ctx context.Context, id, name string) (journal.Log, error) {
	for {
		log, err := e.Store.Open(ctx, id, name)
		if !errors.Is(err, journal.ErrLocked) {
			return log, err
		}
		if e := sleep(ctx, time.Second); e != nil {
			return nil, fmt.Errorf("%w (%w)", e, err)
		}
	}
}

func (p *Plan) items() (n int) {
	for _, u := range p.Units {
		n += u.Items
	}
	return n
}

// begin writes the head of a new plan, or checks that of the one that is there.
func (pl *planner) begin(ctx context.Context, req Request) error {
	if pl.plan.byName == nil {
		return pl.write(ctx, true, planEvent{
			Kind: planBegun, Version: ledger.Version, Request: &req, Fingerprint: pl.e.Fingerprint(),
			Units: req.spans(pl.e.Window),
		})
	}
	if !pl.plan.Request.Same(req) {
		return fmt.Errorf("the ID belongs to another request: %w", ErrInvalidRequest)
	}
	return pl.e.CheckEnvironment(pl.plan.Fingerprint)
}

// Same tells whether two requests ask for the same.
func (r Request) Same(o Request) bool {
	return r.ID == o.ID && r.Product == o.Product && slices.Equal(r.Entities, o.Entities) &&
		r.From.Equal(o.From) && r.To.Equal(o.To) && r.Margin == o.Margin && r.Filter == o.Filter
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

// Bounds are the outage with its margin, in whole seconds.
func (r *Request) Bounds() (from, to time.Time) {
	margin := max(r.Margin, 0)
	from, to = r.From.Add(-margin).Truncate(time.Second), r.To.Add(margin)
	if whole := to.Truncate(time.Second); !whole.Equal(to) {
		to = whole.Add(time.Second)
	}
	return from, to
}

func (pl *planner) write(ctx context.Context, durable bool, events ...planEvent) error {
	return appendPlan(ctx, pl.e, pl.log, pl.plan, durable, events...)
}

func appendPlan(ctx context.Context, e *Engine, log journal.Log, p *Plan, durable bool, events ...planEvent) error {
	records := make([][]byte, len(events))
	for i := range events {
		events[i].Time = e.now()
		if err := p.apply(&events[i]); err != nil {
			return err
		}
		var err error
		if records[i], err = json.Marshal(&events[i]); err != nil {
			return err
		}
	}
	return log.Append(context.WithoutCancel(ctx), durable, records...)
}

// list lists all windows that are not listed yet, as many at once as calls may be.
func (pl *planner) list(ctx context.Context) error {
	if err := pl.restore(ctx); err != nil {
		return err
	}
	var open []Span
	for _, u := range pl.plan.Units {
		if !u.Listed {
			open = append(open, u.Span)
		}
	}
	pl.done = len(pl.plan.Units) - len(open)
	err := parallel(ctx, pl.e.Concurrency, open, func(ctx context.Context, s Span) error {
		return pl.window(ctx, s)
	})
	if err != nil {
		return err
	}
	if n := len(pl.asides); n > 0 && n == len(pl.plan.Request.Entities) {
		return fmt.Errorf("none of the entities can be asked: %w", pl.refused)
	}
	return nil
}

// restore reads the units that an interrupted planning has listed.
func (pl *planner) restore(ctx context.Context) error {
	var err error
	if pl.pulled, err = pl.e.pulledElsewhere(ctx, &pl.plan.Request); err != nil {
		return err
	}
	for _, u := range pl.plan.Units {
		if !u.Listed || u.Empty() {
			continue
		}
		unit, err := pl.e.readUnit(ctx, pl.plan.Request.ID, u.LogName())
		if err != nil {
			return err
		}
		number := pl.number(u)
		for i := range unit.Rows {
			pl.owners.claim(string(u.Entity), unit.Rows[i].ID, number)
		}
		n, digest := unit.Planned()
		u.Items, pl.digests[u] = n, &digest
		pl.total += n
	}
	return nil
}

func (pl *planner) number(u *UnitPlan) int {
	pl.numbers = append(pl.numbers, u)
	return len(pl.numbers)
}

// errTooMany ends the listing of a window that is to be halved.
var errTooMany = errors.New("too many for one unit")

// window lists a window, or parts of it.
func (pl *planner) window(ctx context.Context, s Span) error {
	pl.mu.Lock()
	skip := pl.asides[s.Entity] != nil
	pl.mu.Unlock()
	if skip {
		return nil
	}
	l, err := pl.e.list(ctx, pl.plan.Request.query(s, new(true)), func(total int) error {
		if err := pl.counted(s.Entity, total); err != nil {
			return err
		}
		if total > maxUnit && s.To.Sub(s.From) > time.Second {
			return errTooMany
		}
		return nil
	})
	switch {
	case err == nil && l.short() > 0 && s.To.Sub(s.From) > time.Second, errors.Is(err, errTooMany):
		return pl.halve(ctx, s)
	case err == nil:
		return pl.listed(ctx, s, l)
	case errors.Is(err, ErrTooManyItems) || fatal(ctx, err):
		return err
	case pl.e.tooOld(s, err):
		return pl.narrow(ctx, s, err)
	}
	pl.setAside(s, err)
	return nil
}

// counted takes note that an entity answers, and refuses a plan that is too large
// before all of it is listed.
func (pl *planner) counted(entity celcoin.Entity, total int) error {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.asked[entity] = true
	return pl.allowed(pl.plan.Request, pl.total+total)
}

func (pl *planner) allowed(req Request, items int) error {
	if req.MaxItems > 0 && items > req.MaxItems {
		return fmt.Errorf("%d webhooks are pending, allowed are %d: %w", items, req.MaxItems, ErrTooManyItems)
	}
	return nil
}

func (pl *planner) halve(ctx context.Context, s Span) error {
	middle := s.From.Add(s.To.Sub(s.From) / 2).Truncate(time.Second)
	if !middle.After(s.From) {
		middle = s.From.Add(time.Second)
	}
	halves := []Span{{s.Entity, s.From, middle}, {s.Entity, middle, s.To}}
	pl.mu.Lock()
	err := pl.write(ctx, true, planEvent{Kind: planSplit, Unit: &s, Units: halves})
	pl.mu.Unlock()
	for _, h := range halves {
		if err == nil {
			err = pl.window(ctx, h)
		}
	}
	return err
}

// fatal tells whether no other window would fare better.
func fatal(ctx context.Context, err error) bool {
	_, wait := errors.AsType[*WaitError](err)
	_, answered := errors.AsType[*celcoin.Error](err)
	return ctx.Err() != nil || wait || errors.Is(err, celcoin.ErrUnauthorized) || !answered
}

// setAside names an entity that cannot be asked, or a window of one that has
// answered for others.
func (pl *planner) setAside(s Span, err error) {
	a := &Aside{Span: s, Reason: oneLine(err), Answer: answerOf(err)}
	pl.mu.Lock()
	defer pl.mu.Unlock()
	if pl.asked[s.Entity] {
		pl.partial = append(pl.partial, a)
		return
	}
	a.From, a.To = time.Time{}, time.Time{}
	pl.asides[s.Entity], pl.refused = a, fmt.Errorf("%s: %w", s.Entity, err)
}

func answerOf(err error) ledger.Answer {
	a := ledger.Answer{Error: oneLine(err)}
	if answer, ok := errors.AsType[*celcoin.Error](err); ok {
		a.Status, a.Code, a.RequestID = answer.StatusCode, answer.Code, answer.RequestID
	}
	return a
}
