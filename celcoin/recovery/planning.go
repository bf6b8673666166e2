package recovery

import (
	"context"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// lifetime is how long Celcoin replays a webhook after its transaction.
const lifetime = 7 * 24 * time.Hour

// Plan asks what is missing and keeps it in the store, without replaying
// anything. If the store has a complete plan of the same request already, that
// one is returned and nothing is asked.
//
// The outage, widened by the Margin, is cut into windows. In each, the pending
// webhooks of each entity are counted and listed, page by page, into the
// journal, so that memory does not grow with their payloads. Nothing is
// replayed meanwhile: the set would shrink under the pages.
//
// Errors: [ErrInvalidRequest], [ErrTooManyItems], [ErrLocked] if another holds
// the journal, and those of the client.
func (r *Recoverer) Plan(ctx context.Context, req Request) (*Plan, error) {
	req, err := req.normal()
	if err != nil {
		return nil, fmt.Errorf("recovery: %w", err)
	}
	var p *Plan
	err = r.open(ctx, req.ID, func(b *book) (err error) {
		p, err = r.plan(ctx, b, req)
		return err
	})
	return p, err
}

func (r *Recoverer) plan(ctx context.Context, b *book, req Request) (*Plan, error) {
	if b.digest != "" {
		if req.MaxItems > 0 && len(b.at) > req.MaxItems {
			return nil, fmt.Errorf("%d webhooks are planned, allowed are %d: %w", len(b.at), req.MaxItems, ErrTooManyItems)
		}
		if !b.request.same(req) {
			return nil, fmt.Errorf("the ID belongs to another request: %w", ErrInvalidRequest)
		}
		return r.planOf(ctx, b)
	}
	if err := b.write(ctx, Entry{Kind: KindRequest, Version: journalVersion, Request: &req}); err != nil {
		return nil, err
	}
	all, total, err := r.survey(ctx, &req)
	if err != nil {
		return nil, err
	}
	if req.MaxItems > 0 && total > req.MaxItems {
		return nil, fmt.Errorf("%d webhooks are pending, allowed are %d: %w", total, req.MaxItems, ErrTooManyItems)
	}
	for i, u := range all {
		if err := r.listInto(ctx, b, u.Unit, u.counted); err != nil {
			return nil, err
		}
		if req.MaxItems > 0 && len(b.at) > req.MaxItems {
			return nil, fmt.Errorf("more than %d webhooks are pending: %w", req.MaxItems, ErrTooManyItems)
		}
		// Windows made durable one by one leave a power loss no hole to make in a
		// large tail.
		if u.counted != 0 {
			if err := b.journal.Sync(ctx); err != nil {
				return nil, err
			}
		}
		r.tell(b, "listing", i+1, len(all))
	}
	if err := r.spend(ctx, b); err != nil {
		return nil, err
	}
	digest, err := b.seal()
	if err != nil {
		return nil, err
	}
	if err := b.write(ctx, Entry{Kind: KindPlanned, Digest: digest, Skew: r.call.clockSkew()}); err != nil {
		return nil, err
	}
	if err := b.journal.Sync(ctx); err != nil {
		return nil, err
	}
	return r.planOf(ctx, b)
}

// journalVersion is that of the entries; see [Kind].
const journalVersion = 1

// countedUnit is a unit and how many webhooks Celcoin says are pending in it;
// below zero: it does not say.
type countedUnit struct {
	Unit
	counted int
}

// survey counts each unit.
func (r *Recoverer) survey(ctx context.Context, req *Request) (all []countedUnit, total int, err error) {
	units := req.units(r.o.window)
	for i, u := range units {
		n, err := r.count(ctx, req, u)
		if err != nil {
			return nil, 0, err
		}
		total += max(n, 0)
		all = append(all, countedUnit{u, n})
		if r.o.progress != nil {
			r.progress(Progress{ID: req.ID, Step: "counting", Done: i + 1, Of: len(units), Totals: Totals{Planned: total}})
		}
	}
	return all, total, nil
}

// units are the windows of each entity, the oldest first.
func (r *Request) units(window time.Duration) []Unit {
	margin := max(r.Margin, 0)
	var units []Unit
	end := r.To.Add(margin)
	for from := r.From.Add(-margin); ; from = from.Add(window) {
		to := from.Add(window)
		if !to.Before(end) {
			to = end
		}
		for _, e := range r.Entities {
			units = append(units, Unit{Entity: e, From: from, To: to})
		}
		if !to.Before(end) {
			return units
		}
	}
}

// listTries is how often a unit is listed whose listing does not come to its
// end: the set may shrink by itself, as Celcoin delivers some of it.
const listTries = 3

// batchOfItems is how many items are appended at once.
const batchOfItems = 200

// listInto lists a unit into the journal, unless nothing is pending in it: then
// it is only noted, to be looked at again for new failures.
//
// What Celcoin counts and does not list is noted: webhooks older than 7 days are
// likely to be so.
func (r *Recoverer) listInto(ctx context.Context, b *book, u Unit, counted int) error {
	if err := b.write(ctx, Entry{Kind: KindWindow, Window: &u}); err != nil || counted == 0 {
		return err
	}
	l := &lister{b: b, unit: u, first: len(b.at), batch: map[string]bool{}, elsewhere: map[int]bool{}}
	listed, whole, err := r.list(ctx, query(&b.request, u), func() {}, func(w celcoin.Webhook) error { return l.take(ctx, w) })
	if e := l.flush(ctx); e != nil {
		return e
	}
	if err == nil && counted < 0 && !whole {
		return b.write(ctx, Entry{Kind: KindUnlisted, Window: &u})
	}
	if err != nil || listed >= counted {
		return err
	}
	// Some may have been delivered since they were counted.
	if counted, err = r.count(ctx, &b.request, u); err != nil || listed >= counted {
		return err
	}
	return b.write(ctx, Entry{Kind: KindUnlisted, Window: &u, Count: counted - listed})
}

// lister writes the webhooks of a unit into the journal, each id once.
type lister struct {
	b         *book
	unit      Unit
	first     int // item of the unit
	entries   []Entry
	batch     map[string]bool // the ids of entries
	elsewhere map[int]bool    // items of other units that were listed here, too
}

func (l *lister) take(ctx context.Context, w celcoin.Webhook) error {
	if l.batch[w.ID] {
		return nil
	}
	i, err := l.b.number(ctx, l.unit.Entity, w.ID)
	if err != nil || i >= l.first {
		return err
	}
	if i >= 0 {
		// It stands on the edge of two windows, or another has the same id.
		if l.elsewhere[i] {
			return nil
		}
		l.elsewhere[i] = true
		return l.b.write(ctx, Entry{Kind: KindAlso, Items: []int{i}, Window: &l.unit})
	}
	l.batch[w.ID] = true
	l.entries = append(l.entries, Entry{Kind: KindItem, Item: itemOf(l.unit.Entity, w)})
	if len(l.entries) == batchOfItems {
		return l.flush(ctx)
	}
	return nil
}

func (l *lister) flush(ctx context.Context) error {
	if len(l.entries) == 0 {
		return nil
	}
	err := l.b.write(ctx, l.entries...)
	l.entries = nil
	clear(l.batch)
	return err
}

// itemOf keeps of a webhook what is neither payload nor personal.
func itemOf(e celcoin.Entity, w celcoin.Webhook) *Item {
	it := &Item{
		Entity: e, ID: w.ID, Status: w.Status, HTTPStatusCode: w.HTTPStatusCode,
		Created: w.Created.Raw, Updated: w.LastUpdated.Raw,
	}
	if earliest, _ := w.Created.Range(); !earliest.IsZero() {
		it.Expires = earliest.Add(lifetime).UTC()
	}
	return it
}
