package recovery

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// A replay that Celcoin took, and that has not been delivered within the settle
// time though nothing says that a delivery failed, is late. It may still be
// delivered, and that may fail: so it goes on taking up room of the failure
// limit, until it has arrived, has failed, or is given up for lost.
//
// So is one of which nobody knows whether Celcoin took it. If there is no sign of
// it after the settle time, it does not count as an attempt. It leaves its room
// when one that was asked for at the same time, or later, has arrived, or at the
// end of patience: the settle time may have been too short.

// lateness is what is known of a late item.
type lateness struct {
	asked  time.Time
	before []string // when its webhooks had last been tried, when it was asked for
	unsure bool     // whether it was carried out
	undone bool     // it does not count as an attempt any more
}

// noteLate notes an item of the batch that is late.
func (e *engine) noteLate(ctx context.Context, i int, before []string, status int) error {
	e.lateSince[i] = lateness{asked: e.batchAsked, before: before, unsure: e.b.stand[i].phase() == unknown}
	return e.noteFailed(ctx, i, ResultLate, status)
}

// catchUp looks at the late items again, once in a settle time.
func (e *engine) catchUp(ctx context.Context) error {
	if time.Since(e.caughtUp) < e.settle {
		return nil
	}
	e.caughtUp = time.Now()
	// Those of other units, too: they take up the same room.
	items := e.lateIn(func(int) bool { return true })
	if err := e.lookAtLate(ctx, items); err != nil {
		return err
	}
	for _, i := range e.inPhase(items, delivered) {
		delete(e.counts, e.b.unitOf(i)) // they were counted as pending
	}
	return nil
}

// lateIn are the late items that belong to something.
func (e *engine) lateIn(belongs func(i int) bool) []int {
	items := slices.Sorted(maps.Keys(e.b.late))
	return slices.DeleteFunc(items, func(i int) bool { return e.b.stand[i].phase() != failing || !belongs(i) })
}

// lookAtLate notes which late items have arrived, have failed, or were not
// carried out.
func (e *engine) lookAtLate(ctx context.Context, items []int) error {
	if len(items) == 0 {
		return nil
	}
	var got map[int]bool
	if e.o.received != nil {
		var err error
		if got, err = e.askReceiver(ctx, items); err != nil {
			return err
		}
	}
	var arrived, undone, lost []int
	for _, i := range items {
		if got[i] {
			arrived = append(arrived, i)
			continue
		}
		it, err := e.b.item(ctx, i)
		if err != nil {
			return err
		}
		seen, err := e.lookUp(ctx, i, it.ID)
		if err != nil {
			return err
		}
		since, known := e.lateSince[i]
		switch {
		case !seen.pending:
			if e.o.received == nil && e.absenceProves(i) {
				arrived = append(arrived, i)
			}
		case known && e.tried(since.before, seen.updated):
			if err := e.noteFailed(ctx, i, ResultPending, seen.status); err != nil {
				return err
			}
		case since.unsure && untouched(since.before, seen.updated) && time.Since(since.asked) >= e.settle:
			if !since.undone {
				since.undone, e.lateSince[i] = true, since
				undone = append(undone, i)
			}
			if !since.asked.After(e.latest[e.b.entityOf(i)]) || time.Since(since.asked) >= e.o.patience {
				delete(e.lateSince, i)
				lost = append(lost, i)
			}
		}
	}
	if err := e.noteAll(ctx, undone, ResultUndone); err != nil {
		return err
	}
	if err := e.noteAll(ctx, lost, ResultLost); err != nil {
		return err
	}
	return e.arrivedLate(ctx, arrived)
}

// arrivedLate notes deliveries that came after their settle time, and gives those
// to come as long as these took.
func (e *engine) arrivedLate(ctx context.Context, items []int) error {
	for _, i := range items {
		if since, known := e.lateSince[i]; known {
			e.settle = max(e.settle, min(2*time.Since(since.asked), e.o.patience))
			e.noteAsked(i, since.asked)
		}
		delete(e.lateSince, i)
		if e.proven < e.o.canary {
			e.proven++
		}
	}
	return e.noteAll(ctx, items, ResultDelivered)
}

// awaitLate waits for late deliveries where they have left no room for more, and
// tells whether there is room now. What has not come by the end of patience is
// given up for lost, if deliveries of the entity have come that were asked for
// later: the receiver is up, then.
func (e *engine) awaitLate(ctx context.Context) (room bool, err error) {
	full := e.fullEntities()
	room, err = e.await(ctx, full, func() bool { return len(e.fullEntities()) < len(full) })
	if room || err != nil || len(e.lateOf(full)) == 0 {
		return room, err
	}
	return e.giveUp(ctx, full)
}

// noteAsked notes when a replay was asked for that has arrived.
func (e *engine) noteAsked(i int, asked time.Time) {
	e.unanswered = silence{}
	if entity := e.b.entityOf(i); asked.After(e.latest[entity]) {
		e.latest[entity] = asked
	}
}

// overtaken tells whether a replay of the entity that was asked for after a late
// one has arrived. If none has, the receiver may have broken meanwhile. What an
// earlier run left behind is overtaken by whatever has arrived since.
func (e *engine) overtaken(i int) bool {
	since, known := e.lateSince[i]
	if !known {
		return e.b.arrived[e.b.entityOf(i)] > 0 || !e.latest[e.b.entityOf(i)].IsZero()
	}
	return since.asked.Before(e.latest[e.b.entityOf(i)])
}

// await looks at the late items of some entities until it is enough, until none
// is late any more, or for as long as patience lasts.
func (e *engine) await(ctx context.Context, entities []celcoin.Entity, enough func() bool) (bool, error) {
	begin, pause := time.Now(), e.settle
	for len(e.lateOf(entities)) > 0 && time.Since(begin) < e.o.patience {
		e.tell(e.b, "waiting for deliveries", 0, 0)
		if err := sleep(ctx, pause); err != nil {
			return false, err
		}
		pause = min(2*pause, max(e.settle, longPause))
		if err := e.catchUp(ctx); err != nil {
			return false, err
		}
		if enough() {
			e.turnedAway = time.Time{} // that nothing was asked for meanwhile is not Celcoin's doing
			return true, nil
		}
	}
	return false, nil
}

// fullEntities are those that have no room for another failure.
func (e *engine) fullEntities() (full []celcoin.Entity) {
	for _, entity := range e.b.request.Entities {
		if e.b.failed[entity] >= e.o.failureLimit {
			full = append(full, entity)
		}
	}
	return full
}

// lateOf are the late items of some entities.
func (e *engine) lateOf(entities []celcoin.Entity) (items []int) {
	return e.lateIn(func(i int) bool { return slices.Contains(entities, e.b.entityOf(i)) })
}

func (e *engine) giveUp(ctx context.Context, entities []celcoin.Entity) (room bool, err error) {
	lost := slices.DeleteFunc(e.lateOf(entities), func(i int) bool { return !e.overtaken(i) })
	e.turnedAway = time.Time{}
	if len(lost) > 0 {
		e.unanswered = silence{}
	}
	return len(lost) > 0, e.noteAll(ctx, lost, ResultLost)
}
