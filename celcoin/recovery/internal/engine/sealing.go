package engine

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// listed writes the log of a unit, without the rows that are left out. Rows of an id
// that another unit listed first go into that unit's log, so that one replay serves
// them all.
func (pl *planner) listed(ctx context.Context, s Span, items []ledger.Item, unlisted int) error {
	left, items, err := pl.leftOut.of(ctx, s.Entity, items)
	if err != nil {
		return err
	}
	pl.mu.Lock()
	defer pl.mu.Unlock()
	u := pl.plan.unit(s)
	rows := map[*UnitPlan][]ledger.Item{}
	end := ledger.Event{Kind: ledger.KindListed, Unlisted: unlisted}
	for _, it := range items {
		owner := pl.owners[s.Entity].claim(owned(&it), u)
		if owner != u {
			it.Window = &ledger.Window{From: s.From, To: s.To}
			end.Elsewhere = append(end.Elsewhere, owned(&it))
		}
		rows[owner] = append(rows[owner], it)
	}
	l := listed{Unlisted: unlisted, Shared: len(end.Elsewhere) > 0}
	for _, it := range left { // windows that touch show some twice
		if pl.owners[s.Entity].claim("left out "+it.ID+" "+it.Key+" "+it.Created, u) == u {
			l.LeftOut++
		}
	}
	own := rows[u]
	delete(rows, u)
	for other, foreign := range rows {
		if err := pl.put(ctx, other, foreign); err != nil {
			return err
		}
	}
	if len(own) > 0 || unlisted > 0 || l.Shared {
		if err := pl.put(ctx, u, own, end); err != nil {
			return err
		}
	}
	l.Items = u.Items
	if err := pl.write(ctx, false, planEvent{Kind: planListed, Unit: &s, listed: l}); err != nil {
		return err
	}
	total, done := pl.plan.items(), 0
	for _, u := range pl.plan.Units {
		if u.Listed {
			done++
		}
	}
	pl.e.tell(Progress{
		ID: pl.plan.Request.ID, Step: "listing", Done: done, Of: len(pl.plan.Units),
		Totals: ledger.Totals{In: ledger.ByState{ledger.Pending: total}},
	})
	return pl.plan.Request.allows(total)
}

// put writes rows into the log of a unit, and what follows them.
func (pl *planner) put(ctx context.Context, u *UnitPlan, items []ledger.Item, after ...ledger.Event) error {
	log, err := pl.e.openUnit(ctx, pl.plan.Request.ID, u.Span)
	if err != nil {
		return err
	}
	defer log.close() //nolint:errcheck // what counts is durable
	if err := log.list(ctx, pl.plan, items, after...); err != nil {
		return err
	}
	u.Items, u.digest = log.unit.Planned()
	return nil
}

// seal ends the plan: each unit's log says that it is complete, and the plan's
// has the digest of them all.
func (pl *planner) seal(ctx context.Context) error {
	p := pl.plan
	var events []planEvent
	for _, u := range p.Units {
		if u.Empty() {
			continue
		}
		if err := pl.sealUnit(ctx, u); err != nil {
			return err
		}
		u.Digest = hex.EncodeToString(u.digest[:])
		events = append(events, planEvent{Kind: planSealed, Unit: &u.Span, listed: listed{Items: u.Items}, Digest: u.Digest})
	}
	stats := pl.e.calls.Stats()
	ahead, trusted := pl.e.clock()
	m := measured{ClockTrusted: trusted, Skew: ahead, Calls: stats.Calls}
	if stats.Timed > 0 {
		m.Latency = stats.Latency / time.Duration(stats.Timed)
	}
	return pl.write(ctx, true, append(events, planEvent{Kind: planPlanned, Digest: p.digest(), measured: m})...)
}

// sealUnit says in the log of a unit that the plan is complete. It does not read
// the log: a planning that goes on may say it twice.
func (pl *planner) sealUnit(ctx context.Context, u *UnitPlan) error {
	log, err := pl.e.Store.Open(ctx, pl.plan.Request.ID, u.LogName())
	if err != nil {
		return err
	}
	sealed := ledger.Event{Kind: ledger.KindSealed, Time: pl.e.now()}
	return errors.Join(appendRecords(ctx, log, true, sealed), log.Close())
}

func (pl *planner) write(ctx context.Context, durable bool, events ...planEvent) error {
	return pl.plan.write(ctx, pl.e, pl.log, durable, events...)
}
