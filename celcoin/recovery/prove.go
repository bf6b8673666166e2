package recovery

import (
	"context"
	"fmt"
	"time"
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
	clear(e.touched)
	var have, lack []int
	for _, i := range batch {
		arrived := got[i]
		if !arrived && e.b.stand[i].attempts() > 0 {
			it, err := e.b.item(ctx, i)
			if err != nil {
				return nil, err
			}
			seen, err := e.lookUp(ctx, i, it.ID)
			if err != nil {
				return nil, err
			}
			e.baseline[i] = seen.updated
			arrived = !seen.pending && e.o.received == nil && e.absenceProves(i)
		}
		if arrived {
			have = append(have, i)
		} else {
			lack = append(lack, i)
		}
	}
	return lack, e.noteAll(ctx, have, ResultDelivered)
}

// absenceProves tells whether an item that is not pending any more must have
// arrived. One that is about to be too old, or may be by a clock that is a
// little off, is not listed in any case.
func (e *engine) absenceProves(i int) bool {
	due := e.b.due[i]
	return due == 0 || e.vendorNow().Add(e.o.settle+2*tolerated).Unix() < due
}

// The looks at a batch come at first quickly one after another.
const (
	firstProof = 20 * time.Millisecond
	longProof  = 5 * time.Second
	fewCounts  = 6 // about a second of them
)

// prove waits until the accepted replays of a batch have been delivered, within
// the settle time. It is seen from the numbers of pending webhooks, one call a
// unit, if these fall as they should. Where they do not after some looks, and for
// canaries, each is looked up: it has arrived, or a delivery was tried and
// failed, which counts against the receiver, or nothing has happened yet.
//
// Those whose outcome is not known are looked up in any case. They hold up the
// batch for not much longer than the others take.
//
// The first look is when the batch before took so long.
func (e *engine) prove(ctx context.Context, batch []int) error {
	sure, unsure := e.inPhase(batch, accepted), e.inPhase(batch, unknown)
	begin, pause := time.Now(), max(firstProof, e.took/10)
	if len(sure)+len(unsure) > 0 && e.took > firstProof {
		if err := sleep(ctx, e.took); err != nil {
			return err
		}
	}
	enough := e.settle
	for look := 1; len(sure)+len(unsure) > 0; look++ {
		at := time.Since(begin) // a call may have to wait: what it says may be of now
		last := at+firstProof >= e.settle
		if len(unsure) > 0 {
			if err := e.proveUnsure(ctx, unsure, last, at >= enough); err != nil {
				return err
			}
			unsure = e.inPhase(unsure, unknown)
		}
		if len(sure) > 0 {
			// By their numbers, or one by one from the first look on. What had to
			// be looked at again and again took longer than deliveries do.
			simple := !e.countable(sure)
			fallen, err := e.proveSure(ctx, sure, look, last)
			if err != nil {
				return err
			}
			if sure = e.inPhase(sure, accepted); fallen || len(sure) == 0 {
				if (fallen || simple) && len(e.inPhase(batch, failing)) == 0 && !last {
					e.tookTo(at, look)
				}
				sure, enough = nil, max(2*at, time.Second)
			}
		}
		if last || len(sure)+len(unsure) == 0 {
			break
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, longProof, max(e.settle-time.Since(begin)-time.Millisecond, firstProof))
	}
	return e.judgeCanaries(ctx, batch)
}

// proveSure looks at replays that were accepted, and tells whether their numbers
// prove all of them.
func (e *engine) proveSure(ctx context.Context, items []int, look int, last bool) (fallen bool, err error) {
	if e.countable(items) {
		if fallen, err = e.countAfter(ctx, items); err != nil || fallen || look < fewCounts && !last {
			return fallen, err
		}
	}
	for u := range e.unitsOf(items) {
		delete(e.counts, u) // to be counted anew
	}
	return false, e.proveEach(ctx, items, last)
}

// proveUnsure looks at replays of which nobody knows whether they were carried
// out. When it is enough they are set aside as late.
func (e *engine) proveUnsure(ctx context.Context, items []int, last, enough bool) error {
	if err := e.proveEach(ctx, items, last); err != nil {
		return err
	}
	for _, i := range e.inPhase(items, delivered) {
		if t, ok := e.counts[e.b.unitOf(i)]; ok {
			t.pending-- // its delivery must not prove another's
			e.counts[e.b.unitOf(i)] = t
		}
	}
	if !enough {
		return nil
	}
	for _, i := range e.inPhase(items, unknown) {
		it, err := e.b.item(ctx, i)
		if err != nil {
			return err
		}
		if err := e.noteLate(ctx, i, e.datesBefore(i, &it), 0); err != nil {
			return err
		}
	}
	return nil
}

// tookTo keeps in mind when to look at the next batch first: a little sooner
// than what this one took, and a good deal sooner if the first look has shown it.
func (e *engine) tookTo(at time.Duration, look int) {
	if look == 1 {
		e.took /= 2
		return
	}
	e.took = min(at*9/10, e.settle/2)
}

// judgeCanaries ends a run whose first replays do not arrive: those that may be
// merely late are waited for.
func (e *engine) judgeCanaries(ctx context.Context, batch []int) error {
	if e.proven >= e.o.canary {
		return nil
	}
	for _, i := range batch {
		switch e.b.stand[i].phase() {
		case delivered, unasked:
			e.proven++
		case failing:
			if !e.lateSince[i].unsure {
				e.misses++
			}
		case planned, intended, accepted, unknown, refused, expired:
		}
	}
	if e.proven > 0 || e.misses < 2*e.o.canary {
		return nil
	}
	began := time.Now()
	arrived, err := e.await(ctx, e.b.request.Entities, func() bool { return e.proven > 0 })
	if arrived || err != nil {
		return err
	}
	waited := e.settle + time.Since(began).Round(time.Second)
	return &stop{fmt.Sprintf("none of the first %d replays was delivered within %v: is the receiver up?", e.misses, waited)}
}

// inPhase are the items that have come so far.
func (e *engine) inPhase(items []int, p phase) (in []int) {
	for _, i := range items {
		if e.b.stand[i].phase() == p {
			in = append(in, i)
		}
	}
	return in
}

// proveEach looks each item up. The last time, what has not arrived by then is
// late, or has failed.
func (e *engine) proveEach(ctx context.Context, items []int, last bool) error {
	if e.o.received != nil {
		return e.proveReceived(ctx, items, last)
	}
	var arrived []int
	for _, i := range items {
		it, err := e.b.item(ctx, i)
		if err != nil {
			return err
		}
		seen, err := e.lookUp(ctx, i, it.ID)
		if err != nil {
			return err
		}
		before := e.datesBefore(i, &it)
		switch {
		case !seen.pending:
			if e.touched[i] {
				e.tries = datesTellNothing
			}
			if e.absenceProves(i) { // or only the receiver knows
				arrived = append(arrived, i)
			}
		case e.tries == datesNotKnown && !last:
			e.touched[i] = e.tried(before, seen.updated)
		case e.tried(before, seen.updated):
			e.tries = datesTellTries
			err = e.noteFailed(ctx, i, ResultPending, seen.status)
		case last:
			err = e.noteLate(ctx, i, before, seen.status)
		}
		if err != nil {
			return err
		}
	}
	return e.noteArrived(ctx, arrived)
}

// noteArrived notes items of the batch that have arrived.
func (e *engine) noteArrived(ctx context.Context, items []int) error {
	for _, i := range items {
		e.noteAsked(i, e.batchAsked)
	}
	return e.noteAll(ctx, items, ResultDelivered)
}

// noteFailed notes that an item is pending although it was asked for, and what
// the receiver last said to it.
func (e *engine) noteFailed(ctx context.Context, i int, r Result, status int) error {
	return e.b.write(ctx, Entry{Kind: KindSeen, Items: []int{i}, Result: r, Status: status})
}
