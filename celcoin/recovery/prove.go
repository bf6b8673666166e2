package recovery

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// wanted leaves out of a batch what has arrived meanwhile: what the receiver
// says it has although it is pending, and, of those that were asked for before,
// what is not pending any more.
func (e *engine) wanted(ctx context.Context, batch []int) ([]int, error) {
	var got map[int]bool
	if e.o.received != nil {
		var err error
		if got, err = e.askReceiver(ctx, batch); err != nil {
			return nil, err
		}
	}
	clear(e.baseline)
	var have, lack []int
	for _, i := range batch {
		arrived := got[i]
		if !arrived && e.b.stand[i].attempts() > 0 {
			it, err := e.b.item(ctx, i)
			if err != nil {
				return nil, err
			}
			updated, pending, err := e.lookUp(ctx, i, &it)
			if err != nil {
				return nil, err
			}
			e.baseline[i] = updated
			arrived = !pending && e.o.received == nil && e.absenceProves(i)
		}
		if arrived {
			have = append(have, i)
		} else {
			lack = append(lack, i)
		}
	}
	return lack, e.noteAll(ctx, have, ResultDelivered)
}

// lookUp asks Celcoin for one item: when it was last tried, if it is pending.
func (e *engine) lookUp(ctx context.Context, i int, it *Item) (updated string, pending bool, err error) {
	q := query(&e.b.request, e.b.units[e.b.unitOf(i)].Unit)
	q.WebhookID = it.ID
	err = e.listing(ctx, func() error {
		updated, pending = "", false
		return e.call.list(ctx, q, func(w celcoin.Webhook) error {
			if w.ID == it.ID {
				updated, pending = w.LastUpdated.Raw, true
			}
			return nil
		})
	})
	return updated, pending, err
}

// absenceProves tells whether an item that is not pending any more must have
// arrived. One that is about to be too old, or may be by a clock that is a
// little off, is not listed in any case.
func (e *engine) absenceProves(i int) bool {
	due := e.b.due[i]
	return due == 0 || e.vendorNow().Add(e.o.settle+2*tolerated).Unix() < due
}

// askReceiver asks the receiver about items.
func (e *engine) askReceiver(ctx context.Context, items []int) (map[int]bool, error) {
	got := map[int]bool{}
	var mu sync.Mutex
	var failed error
	e.inParallel(items, func(i int) {
		it, err := e.b.item(ctx, i)
		ok := false
		if err == nil {
			ok, err = e.o.received(ctx, celcoin.Webhook{
				ID: it.ID, Status: it.Status, HTTPStatusCode: it.HTTPStatusCode,
				Created: celcoin.ParseTimestamp(it.Created), LastUpdated: celcoin.ParseTimestamp(it.Updated),
			})
		}
		mu.Lock()
		defer mu.Unlock()
		got[i] = ok
		if err != nil && failed == nil {
			failed = fmt.Errorf("ask the receiver: %w", err)
		}
	})
	return got, failed
}

// countBefore makes sure that the units of a batch have been counted before
// anything of it is asked for.
func (e *engine) countBefore(ctx context.Context, batch []int) error {
	for u := range e.unitsOf(batch) {
		if _, ok := e.counts[u]; ok {
			continue
		}
		n, err := e.count(ctx, &e.b.request, e.b.units[u].Unit)
		if err != nil {
			return err
		}
		e.counts[u] = n
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

// The looks at a batch come at first quickly one after another.
const (
	firstProof = 20 * time.Millisecond
	longProof  = 5 * time.Second
	fewCounts  = 6 // about a second of them
)

// prove waits until the accepted replays of a batch have been delivered, within
// the settle time. It is seen from the numbers of pending webhooks, one call a
// unit, as long as these fall as they should. Otherwise, and for canaries, each
// is looked up: it has arrived, or a delivery was tried and failed, which
// counts against the receiver, or nothing has happened yet.
func (e *engine) prove(ctx context.Context, batch []int) error {
	open := e.taken(batch)
	begin, pause := time.Now(), firstProof
	for look := 1; len(open) > 0; look++ {
		last := time.Since(begin)+firstProof >= e.o.settle
		each := e.proven < e.o.canary || e.o.received != nil || look >= fewCounts || last
		if !each {
			fallen, err := e.countAfter(ctx, open)
			if err != nil || fallen {
				return err
			}
		} else if err := e.proveEach(ctx, open, last); err != nil {
			return err
		}
		if open = e.taken(open); len(open) == 0 || last {
			break
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, longProof, max(e.o.settle-time.Since(begin)-time.Millisecond, firstProof))
	}
	return e.judgeCanaries(batch)
}

// judgeCanaries ends a run whose first replays do not arrive.
func (e *engine) judgeCanaries(batch []int) error {
	if e.proven >= e.o.canary {
		return nil
	}
	for _, i := range batch {
		switch e.b.stand[i].phase() {
		case delivered, unasked:
			e.proven++
		case failing:
			e.misses++
		case planned, intended, accepted, unknown, refused, expired:
		}
	}
	if e.proven == 0 && e.misses >= 2*e.o.canary {
		return &stop{fmt.Sprintf("none of the first %d replays was delivered within %v: is the receiver up?", e.misses, e.o.settle)}
	}
	return nil
}

// taken are the items of a batch that Celcoin took, or perhaps took.
func (e *engine) taken(batch []int) []int {
	var taken []int
	for _, i := range batch {
		if p := e.b.stand[i].phase(); p == accepted || p == unknown {
			taken = append(taken, i)
		}
	}
	return taken
}

// countAfter tells whether the units have as many fewer pending webhooks as were
// taken.
func (e *engine) countAfter(ctx context.Context, taken []int) (bool, error) {
	all := true
	for u, n := range e.unitsOf(taken) {
		pending, err := e.count(ctx, &e.b.request, e.b.units[u].Unit)
		if err != nil {
			return false, err
		}
		if pending > e.counts[u]-n {
			all = false
		}
	}
	if all {
		for u, n := range e.unitsOf(taken) {
			e.counts[u] -= n
		}
	}
	return all, nil
}

// proveEach looks each item up. The last time, what has not arrived by then has
// failed.
func (e *engine) proveEach(ctx context.Context, items []int, last bool) error {
	if e.o.received != nil {
		return e.proveReceived(ctx, items, last)
	}
	var arrived, failed []int
	for _, i := range items {
		it, err := e.b.item(ctx, i)
		if err != nil {
			return err
		}
		updated, pending, err := e.lookUp(ctx, i, &it)
		if err != nil {
			return err
		}
		before, ok := e.baseline[i]
		if !ok {
			before = it.Updated
		}
		switch {
		case !pending && e.absenceProves(i):
			arrived = append(arrived, i)
		case !pending: // only the receiver knows
		case updated != before, last: // a delivery has failed, or does not come
			failed = append(failed, i)
		}
		delete(e.counts, e.b.unitOf(i)) // to be counted anew
	}
	if err := e.noteAll(ctx, arrived, ResultDelivered); err != nil {
		return err
	}
	return e.noteAll(ctx, failed, ResultPending)
}

// proveReceived asks the receiver instead of Celcoin.
func (e *engine) proveReceived(ctx context.Context, items []int, last bool) error {
	got, err := e.askReceiver(ctx, items)
	if err != nil {
		return err
	}
	var arrived, failed []int
	for _, i := range items {
		switch {
		case got[i]:
			arrived = append(arrived, i)
		case last:
			failed = append(failed, i)
		}
	}
	if err := e.noteAll(ctx, arrived, ResultDelivered); err != nil {
		return err
	}
	return e.noteAll(ctx, failed, ResultPending)
}
