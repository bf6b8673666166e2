package engine

import (
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// listed writes the log of a unit. Rows of an id that another unit listed first
// go into that unit's log, so that one replay serves them all.
func (pl *planner) listed(ctx context.Context, s Span, l *listing) error {
	items, left, err := pl.e.leaveOut(ctx, s.Entity, l.items, pl.pulled)
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
		Totals: ledger.Totals{In: ledger.ByState{ledger.Pending: pl.total}},
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
	defer log.close()     //nolint:errcheck // what counts is durable
	if !log.unit.Listed { // else a crash came between this log and the plan's
		listed := ledger.Event{Kind: ledger.KindListed, Unlisted: unlisted, Elsewhere: elsewhere}
		if err := log.list(ctx, pl.plan, own, listed); err != nil {
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
		if _, known := log.unit.Find(&rows[i]); !known {
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
func (e *Engine) leaveOut(
	ctx context.Context, entity celcoin.Entity, items []ledger.Item, elsewhere map[rowName]struct{},
) (kept, left []ledger.Item, err error) {
	var received []bool
	if e.Received != nil && len(items) > 0 {
		pointers := make([]*ledger.Item, len(items))
		for i := range items {
			pointers[i] = &items[i]
		}
		if received, err = e.received(ctx, entity, pointers); err != nil {
			return nil, nil, err
		}
	}
	for i := range items {
		if _, pulled := elsewhere[nameOf(&items[i])]; pulled || received != nil && received[i] {
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
		if err := pl.sealUnit(ctx, u); err != nil {
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

// sealUnit says in the log of a unit that the plan is complete. It does not read
// the log: a planning that goes on may say it twice.
func (pl *planner) sealUnit(ctx context.Context, u *UnitPlan) error {
	sealed := ledger.Event{Kind: ledger.KindSealed, Time: pl.e.now()}
	record, err := sealed.Encode()
	if err != nil {
		return err
	}
	log, err := pl.e.Store.Open(ctx, pl.plan.Request.ID, u.LogName())
	if err != nil {
		return err
	}
	return errors.Join(log.Append(context.WithoutCancel(ctx), false, record), log.Close())
}
