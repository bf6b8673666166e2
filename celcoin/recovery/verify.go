package recovery

import (
	"context"
	"maps"
	"slices"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Verify looks again at what became of a recovery, and replays nothing.
func (r *Recoverer) Verify(ctx context.Context, id string) (*Report, error) {
	return r.perform(ctx, id, func(b *book) error {
		r.call.assume(b.skew)
		if err := b.write(ctx, Entry{Kind: KindLook, Skew: r.call.clockSkew()}); err != nil {
			return err
		}
		err := r.engine(b, nil).look(ctx, true)
		end := Entry{Kind: KindEnd, Result: ResultDrained}
		switch {
		case ctx.Err() != nil:
			end.Result, end.Error = ResultCancelled, ctx.Err().Error()
		case err != nil:
			end.Result, end.Error = ResultPartial, oneLine(err)
		case b.shortfall() != "":
			end.Result, end.Error = ResultPartial, b.shortfall()
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
// the rounds are used up. A single unit is looked at once: a job engine that runs
// thousands of them would wait for each, and [Recoverer.Verify] looks at all.
func (e *engine) verify(ctx context.Context) error {
	want, clean := 2, 0
	if e.only != nil {
		want = 1
	}
	for round := 0; round < e.o.rounds+1 && clean < want; round++ {
		if round > 0 {
			if err := sleep(ctx, e.settle); err != nil {
				return err
			}
		}
		if err := e.look(ctx, true); err != nil {
			return err
		}
		clean++
		if e.doubtful() || e.anyFailing() {
			clean = 0
		}
	}
	return nil
}

func (e *engine) anyFailing() bool {
	for i, s := range e.b.stand {
		if s.phase() == failing && e.among(i) {
			return true
		}
	}
	return false
}

// look lists every unit and notes what it says of each item. Units that were
// empty when they were planned can only show new failures: those are for the
// looks at the end.
func (e *engine) look(ctx context.Context, empties bool) error {
	clear(e.freshSeen)
	several := map[int]sighting{}
	for u := range e.b.units {
		first, end := e.b.units[u].first, e.b.units[u].end
		switch {
		case e.only != nil && (first == end || !e.among(first)):
			continue
		case first == end && !empties && len(e.b.also) == 0:
			continue
		}
		if err := e.lookAt(ctx, u, several); err != nil {
			return err
		}
		e.tell(e.b, "verifying", u+1, len(e.b.units))
	}
	if err := e.noteSeveral(ctx, several); err != nil {
		return err
	}
	var fresh []Entry
	for _, entity := range e.b.request.Entities {
		if n := e.freshSeen[entity]; e.only == nil && empties && n != e.b.fresh[entity] {
			fresh = append(fresh, Entry{Kind: KindFresh, Window: &Unit{Entity: entity}, Count: n})
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return e.b.write(ctx, fresh...)
}

// unitView is what the listing of a unit shows.
type unitView struct {
	first   int
	pending []bool           // the unit's items
	asked   map[int]sighting // of these, those that were asked for
	others  map[int]sighting // items of other units whose id is pending here, too
	fresh   map[string]bool  // ids that are not of the plan
}

// lookAt lists a unit and notes what that says of its items. What it says of
// items whose id is in several units is only added to what the others say.
func (e *engine) lookAt(ctx context.Context, u int, several map[int]sighting) error {
	unit := e.b.units[u]
	view, err := e.view(ctx, &unit)
	if err != nil {
		return err
	}
	e.freshSeen[unit.Entity] += len(view.fresh)
	for i, seen := range view.others {
		if len(e.b.also[i]) == 0 || !slices.Contains(e.b.also[i], unit.Unit) {
			if err := e.b.write(ctx, Entry{Kind: KindAlso, Items: []int{i}, Window: &unit.Unit}); err != nil {
				return err
			}
		}
		several[i] = several[i].and(seen)
	}
	items := make([]int, 0, len(view.pending))
	for i := unit.first; i < unit.end; i++ {
		if len(e.b.also[i]) == 0 {
			items = append(items, i)
		} else if view.pending[i-unit.first] {
			several[i] = several[i].and(view.sighting(i))
		}
	}
	return e.note(ctx, items, view.sighting)
}

func (e *engine) view(ctx context.Context, unit *unit) (*unitView, error) {
	v := &unitView{first: unit.first}
	begin := func() {
		v.pending = make([]bool, unit.end-unit.first)
		v.asked, v.others, v.fresh = map[int]sighting{}, map[int]sighting{}, map[string]bool{}
	}
	_, _, err := e.list(ctx, query(&e.b.request, unit.Unit), begin, func(w celcoin.Webhook) error {
		i, err := e.b.number(ctx, unit.Entity, w.ID)
		switch {
		case err != nil:
			return err
		case i < 0:
			v.fresh[w.ID] = true
		case i < unit.first || i >= unit.end:
			seen := v.others[i]
			seen.add(&w)
			v.others[i] = seen
		default:
			v.pending[i-unit.first] = true
			if e.b.stand[i].attempts() > 0 || e.b.stand[i].phase() == intended || len(e.b.also[i]) > 0 {
				seen := v.asked[i]
				seen.add(&w)
				v.asked[i] = seen
			}
		}
		return nil
	})
	return v, err
}

func (v *unitView) sighting(i int) sighting {
	if seen, ok := v.asked[i]; ok {
		return seen
	}
	return sighting{pending: v.pending[i-v.first]}
}

// noteSeveral notes what all units together say of items whose id is in several.
// A run of a single unit has not seen the others.
func (e *engine) noteSeveral(ctx context.Context, several map[int]sighting) error {
	items := slices.Sorted(maps.Keys(e.b.also))
	items = slices.DeleteFunc(items, func(i int) bool { return !e.among(i) })
	if e.only != nil {
		for _, i := range items {
			it, err := e.b.item(ctx, i)
			if err != nil {
				return err
			}
			if several[i], err = e.lookUp(ctx, i, it.ID); err != nil {
				return err
			}
		}
	}
	return e.note(ctx, items, func(i int) sighting { return several[i] })
}
