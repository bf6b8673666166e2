package engine

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	return pl.e.checkEnvironment(pl.plan.Fingerprint)
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
		unit, err := pl.e.readUnit(ctx, pl.plan.Request.ID, u.unitLog())
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
	_, silent := errors.AsType[*noAnswerError](err)
	return ctx.Err() != nil || wait || errors.Is(err, celcoin.ErrUnauthorized) || !answered && !silent
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

// listed writes the log of a unit. Rows of an id that another unit listed first
// go into that unit's log, so that one replay serves them all.
func (pl *planner) listed(ctx context.Context, s Span, l *listing) error {
	items, left, err := pl.leaveOut(ctx, s.Entity, l.items)
	if err != nil {
		return err
	}
	pl.mu.Lock()
	defer pl.mu.Unlock()
	u, own, foreign, elsewhere, leftOut := pl.divide(s, items, left)
	for other, rows := range foreign {
		if err := pl.handOver(ctx, other, rows); err != nil {
			return err
		}
	}
	if len(own) > 0 || l.short() > 0 || len(elsewhere) > 0 {
		if err := pl.writeUnit(ctx, u, own, l.short(), elsewhere); err != nil {
			return err
		}
	}
	err = pl.write(ctx, false, planEvent{
		Kind: planListed, Unit: &s, Items: len(own), LeftOut: leftOut, Unlisted: l.short(), Shared: len(elsewhere) > 0,
	})
	if err != nil {
		return err
	}
	pl.total += len(own)
	pl.done++
	pl.e.tell(Progress{
		ID: pl.plan.Request.ID, Step: "listing", Done: pl.done, Of: len(pl.plan.Units),
		Totals: ledger.Totals{Planned: pl.total, StillPending: pl.total, Pending: pl.total},
	})
	return pl.allowed(pl.plan.Request, pl.total)
}

// divide tells the rows of a window that are its unit's own from those of ids
// that another unit listed first, and counts those left out that no other window
// showed. The caller holds the lock.
func (pl *planner) divide(s Span, items, left []ledger.Item) (
	u *UnitPlan, own []ledger.Item, foreign map[*UnitPlan][]ledger.Item, elsewhere []string, leftOut int,
) {
	u = pl.plan.unit(s)
	number := pl.number(u)
	foreign = map[*UnitPlan][]ledger.Item{}
	for _, it := range items {
		owner := number
		if it.ID != "" {
			owner = pl.owners.claim(string(s.Entity), it.ID, number)
		}
		if owner == number {
			own = append(own, it)
			continue
		}
		it.Window = &ledger.Window{From: s.From, To: s.To}
		other := pl.numbers[owner-1]
		foreign[other] = append(foreign[other], it)
		elsewhere = append(elsewhere, it.ID)
	}
	for _, it := range left {
		if pl.owners.claim("left out of "+string(s.Entity), it.ID+" "+it.Key+" "+it.Created, number) == number {
			leftOut++
		}
	}
	return u, own, foreign, elsewhere, leftOut
}

func (pl *planner) writeUnit(ctx context.Context, u *UnitPlan, own []ledger.Item, unlisted int, elsewhere []string) error {
	log, err := pl.e.openUnit(ctx, pl.plan.Request.ID, u.Span)
	if err != nil {
		return err
	}
	defer log.close() //nolint:errcheck // what counts is durable
	head, err := pl.e.head(pl.plan, u.Span)
	if err != nil {
		return err
	}
	if !log.unit.Listed { // else a crash came between this log and the plan's
		events := []ledger.Event{head}
		for i := range own {
			events = append(events, ledger.Event{Kind: ledger.KindItem, Item: &own[i]})
		}
		events = append(events, ledger.Event{Kind: ledger.KindListed, Unlisted: unlisted, Elsewhere: elsewhere})
		if err := log.write(ctx, true, events...); err != nil {
			return err
		}
	}
	_, digest := log.unit.Planned()
	pl.digests[u] = &digest
	return nil
}

// handOver gives rows to the unit that listed their ids first.
func (pl *planner) handOver(ctx context.Context, u *UnitPlan, rows []ledger.Item) error {
	log, err := pl.e.openUnit(ctx, pl.plan.Request.ID, u.Span)
	if err != nil {
		return err
	}
	defer log.close() //nolint:errcheck // what counts is durable
	var events []ledger.Event
	for i := range rows {
		if _, known := log.unit.Find(&rows[i]); !known || !log.unit.Shared {
			events = append(events, ledger.Event{Kind: ledger.KindItem, Item: &rows[i]})
		}
	}
	if err := log.write(ctx, len(events) > 0, events...); err != nil {
		return err
	}
	n, digest := log.unit.Planned()
	pl.total += n - u.Items
	u.Items, pl.digests[u] = n, &digest
	return nil
}

// leaveOut takes out what the receiver has, and what another recovery of the
// store has pulled.
func (pl *planner) leaveOut(ctx context.Context, entity celcoin.Entity, items []ledger.Item) (kept, left []ledger.Item, err error) {
	var received []bool
	if pl.e.Received != nil && len(items) > 0 {
		pointers := make([]*ledger.Item, len(items))
		for i := range items {
			pointers[i] = &items[i]
		}
		if received, err = pl.e.received(ctx, entity, pointers); err != nil {
			return nil, nil, err
		}
	}
	for i := range items {
		if _, pulled := pl.pulled[nameOf(&items[i])]; pulled || received != nil && received[i] {
			left = append(left, items[i])
		} else {
			kept = append(kept, items[i])
		}
	}
	return kept, left, nil
}

// seal ends the plan: each unit's log says that it is complete, and the plan's
// has the digest of them all.
func (pl *planner) seal(ctx context.Context) error {
	p := pl.plan
	var events []planEvent
	for _, a := range slices.AppendSeq(pl.partial, maps.Values(pl.asides)) {
		events = append(events, planEvent{Kind: planAside, Aside: a})
	}
	for _, u := range p.Units {
		if u.Empty() {
			continue
		}
		log, err := pl.e.openUnit(ctx, p.Request.ID, u.Span)
		if err != nil {
			return err
		}
		if log.unit.Sealed.IsZero() {
			err = log.write(ctx, false, ledger.Event{Kind: ledger.KindSealed})
		}
		if e := log.close(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
		u.Digest = hex.EncodeToString(pl.digests[u][:])
		events = append(events, planEvent{Kind: planSealed, Unit: &u.Span, Items: u.Items, Digest: u.Digest})
	}
	stats := pl.e.calls.Stats()
	_, trusted := pl.e.vendorNow()
	done := planEvent{Kind: planPlanned, Trusted: trusted, Skew: pl.e.Skew(), Calls: stats.Calls, Digest: p.digest()}
	if stats.Timed > 0 {
		done.Latency = stats.Latency / time.Duration(stats.Timed)
	}
	return pl.write(ctx, true, append(events, done)...)
}

// parallel runs f for each element, n at once, until one fails.
func parallel[T any](ctx context.Context, n int, all []T, f func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan T)
	var group sync.WaitGroup
	for range min(n, len(all)) {
		group.Go(func() {
			for v := range work {
				if err := f(ctx, v); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, v := range all {
		select {
		case work <- v:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(work)
	group.Wait()
	return context.Cause(ctx)
}
