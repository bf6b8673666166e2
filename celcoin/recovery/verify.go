package recovery

import (
	"context"
	"fmt"
	"slices"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Verify looks again at what became of a recovery, and replays nothing.
func (r *Recoverer) Verify(ctx context.Context, id string) (*Report, error) {
	return r.perform(ctx, id, func(b *book) error {
		before, reason := b.result, b.reason
		if err := b.write(ctx, Entry{Kind: KindLook, Skew: r.call.clockSkew()}); err != nil {
			return err
		}
		r.call.assume(b.skew)
		e := &engine{Recoverer: r, b: b, counts: map[int]int{},
			baseline: map[int]string{}, freshSeen: map[celcoin.Entity]int{}}
		err := e.look(ctx)
		end := Entry{Kind: KindEnd, Result: before, Error: reason}
		switch {
		case err != nil:
			end.Result, end.Error = ResultPartial, oneLine(err)
		case b.left() == 0 && b.unlisted == 0:
			end.Result, end.Error = ResultDrained, ""
		default:
			end.Result, end.Error = ResultPartial, fmt.Sprintf("%d webhooks are not recovered", b.left())
		}
		if ctx.Err() != nil {
			end.Result = ResultCancelled
		}
		bare := context.WithoutCancel(ctx)
		if e := r.spend(bare, b); e != nil {
			return e
		}
		if e := b.write(bare, end); e != nil {
			return e
		}
		return err
	})
}

// verify looks until nothing of the plan is pending, twice, some time apart, or
// the rounds are used up.
func (e *engine) verify(ctx context.Context) error {
	clean := 0
	for round := 0; round < e.o.rounds+1 && clean < 2; round++ {
		if round > 0 {
			if err := sleep(ctx, e.o.settle); err != nil {
				return err
			}
		}
		if err := e.look(ctx); err != nil {
			return err
		}
		clean++
		if e.doubtful() || slices.ContainsFunc(e.b.stand, func(s standing) bool { return s.phase() == failing }) {
			clean = 0
		}
	}
	return nil
}

// look lists every unit and notes what it says of each item.
func (e *engine) look(ctx context.Context) error {
	clear(e.freshSeen)
	for u := range e.b.units {
		first, end := e.b.units[u].first, e.b.units[u].end
		if e.only != nil && (first == end || !e.among(first)) {
			continue
		}
		if err := e.lookAt(ctx, u); err != nil {
			return err
		}
		e.tell(e.b, "verifying", u+1, len(e.b.units))
	}
	var fresh []Entry
	for _, entity := range e.b.request.Entities {
		if n := e.freshSeen[entity]; e.only == nil && n != e.b.fresh[entity] {
			fresh = append(fresh, Entry{Kind: KindFresh, Window: &Unit{Entity: entity}, Count: n})
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return e.b.write(ctx, fresh...)
}

// lookAt lists a unit and notes what that says of its items.
func (e *engine) lookAt(ctx context.Context, u int) error {
	unit := e.b.units[u]
	pending := make([]bool, unit.end-unit.first)
	elsewhere := map[int]struct{}{}
	fresh := 0
	err := e.listing(ctx, func() error {
		clear(pending)
		clear(elsewhere)
		fresh = 0
		return e.call.list(ctx, query(&e.b.request, unit.Unit), func(w celcoin.Webhook) error {
			i, err := e.b.number(ctx, unit.Entity, w.ID)
			switch {
			case err != nil:
				return err
			case i < 0:
				fresh++
			case i < unit.first || i >= unit.end:
				elsewhere[i] = struct{}{} // its id was first listed in another unit
			default:
				pending[i-unit.first] = true
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	e.freshSeen[unit.Entity] += fresh
	items := make([]int, 0, len(pending))
	for i := unit.first; i < unit.end; i++ {
		items = append(items, i)
	}
	if err := e.note(ctx, items, func(i int) bool { return pending[i-unit.first] }); err != nil {
		return err
	}
	return e.noteAll(ctx, e.contradicted(elsewhere), ResultPending)
}

// contradicted are items that their own unit does not show any more, although a
// webhook of the same id is pending in another: they have not all arrived.
func (e *engine) contradicted(elsewhere map[int]struct{}) (items []int) {
	for i := range elsewhere {
		if p := e.b.stand[i].phase(); (p == delivered || p == unasked) && e.o.received == nil {
			items = append(items, i)
		}
	}
	slices.Sort(items)
	return items
}

// note draws the conclusions of a listing.
func (e *engine) note(ctx context.Context, items []int, pending func(i int) bool) error {
	var arrived, still []int
	var open []int // to be asked of the receiver
	for _, i := range items {
		switch p := e.b.stand[i].phase(); p {
		case delivered, unasked:
			if pending(i) && e.o.received == nil {
				still = append(still, i) // it was missing from a listing, not delivered
			}
		case expired:
		case planned, intended, accepted, unknown, refused, failing:
			switch {
			case e.o.received != nil:
				open = append(open, i)
			case pending(i):
				if p != planned && p != refused { // those stay what they are
					still = append(still, i)
				}
			case !e.absenceProves(i):
				// Too old to be listed: that it is gone says nothing.
			default:
				arrived = append(arrived, i)
			}
		}
	}
	if len(open) > 0 {
		got, err := e.askReceiver(ctx, open)
		if err != nil {
			return err
		}
		for _, i := range open {
			switch {
			case got[i]:
				arrived = append(arrived, i)
			case e.b.stand[i].phase() != planned || !pending(i):
				still = append(still, i)
			}
		}
	}
	if err := e.noteAll(ctx, arrived, ResultDelivered); err != nil {
		return err
	}
	return e.noteAll(ctx, still, ResultPending)
}

func (e *engine) noteAll(ctx context.Context, items []int, r Result) error {
	for chunk := range slices.Chunk(items, batchOfItems) {
		if err := e.b.write(ctx, Entry{Kind: KindSeen, Items: chunk, Result: r}); err != nil {
			return err
		}
	}
	return nil
}
