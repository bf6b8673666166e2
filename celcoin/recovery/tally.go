package recovery

import (
	"context"
	"maps"
	"time"
)

// tally is how many webhooks of a unit were pending at a moment.
type tally struct {
	pending int
	at      time.Time
}

// freshTally is how long a tally counts. What Celcoin delivers of its own accord
// while a run waits, for the gate say, would be taken for what is asked for next.
const freshTally = 5 * time.Second

// countBefore makes sure that the units of a batch have been counted just before
// anything of it is asked for.
func (e *engine) countBefore(ctx context.Context, batch []int) error {
	for u := range e.unitsOf(batch) {
		if last, ok := e.counts[u]; ok && time.Since(last.at) <= freshTally {
			continue
		}
		n, err := e.count(ctx, &e.b.request, e.b.units[u].Unit)
		if err != nil {
			return err
		}
		e.counts[u] = tally{n, time.Now()}
	}
	return nil
}

// unitsOf counts the items of a batch by their units.
func (e *engine) unitsOf(batch []int) map[int]int {
	units := map[int]int{}
	for _, i := range batch {
		units[e.b.unitOf(i)]++
	}
	return units
}

// countable tells whether numbers can prove a batch. They tell nothing of an id
// that is pending in several units, and nothing of the receiver's own word.
func (e *engine) countable(batch []int) bool {
	if e.proven < e.o.canary || e.o.received != nil {
		return false
	}
	for _, i := range batch {
		if len(e.b.also[i]) > 0 {
			return false
		}
	}
	return true
}

// countAfter tells whether the units have as many fewer pending webhooks as were
// taken. That late ones have arrived instead must not prove those.
func (e *engine) countAfter(ctx context.Context, taken []int) (bool, error) {
	units := e.unitsOf(taken)
	now := map[int]tally{}
	for u, n := range units {
		pending, err := e.count(ctx, &e.b.request, e.b.units[u].Unit)
		if err != nil {
			return false, err
		}
		if pending < 0 || pending > e.counts[u].pending-n {
			return false, nil
		}
		now[u] = tally{pending, time.Now()}
	}
	late := e.lateIn(func(i int) bool { return units[e.b.unitOf(i)] > 0 })
	if err := e.lookAtLate(ctx, late); err != nil {
		return false, err
	}
	for _, i := range late {
		if e.b.stand[i].phase() == delivered {
			units[e.b.unitOf(i)]++
		}
	}
	for u, n := range units {
		if now[u].pending > e.counts[u].pending-n {
			return false, nil
		}
	}
	maps.Copy(e.counts, now)
	for _, i := range taken {
		e.noteAsked(i, e.batchAsked)
	}
	return true, nil
}
