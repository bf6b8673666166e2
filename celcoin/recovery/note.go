package recovery

import (
	"context"
	"slices"
)

// note draws the conclusions of a look at items.
func (e *engine) note(ctx context.Context, items []int, look func(i int) sighting) error {
	var arrived []int
	var open []int // to be asked of the receiver
	for _, i := range items {
		switch p := e.b.stand[i].phase(); {
		case p == expired:
		case e.o.received != nil:
			if p != delivered && p != unasked {
				open = append(open, i)
			}
		case look(i).pending:
			if err := e.noteStill(ctx, i, look(i)); err != nil {
				return err
			}
		case p == delivered, p == unasked:
		case e.absenceProves(i): // too old to be listed, that it is gone would say nothing
			arrived = append(arrived, i)
		}
	}
	if len(open) > 0 {
		got, err := e.askReceiver(ctx, open)
		if err != nil {
			return err
		}
		for _, i := range open {
			if got[i] {
				arrived = append(arrived, i)
			} else if err := e.noteNotReceived(ctx, i, look(i)); err != nil {
				return err
			}
		}
	}
	return e.noteAll(ctx, arrived, ResultDelivered)
}

// noteStill notes an item that is pending, unless that is known.
func (e *engine) noteStill(ctx context.Context, i int, seen sighting) error {
	switch e.b.stand[i].phase() {
	case planned, refused, expired: // those stay what they are
		return nil
	case failing, intended, accepted, unknown:
	case delivered, unasked: // were missing from a listing, not delivered
	}
	return e.noteOpen(ctx, i, seen)
}

// noteNotReceived notes an item that the receiver does not have, unless that is
// known.
func (e *engine) noteNotReceived(ctx context.Context, i int, seen sighting) error {
	if p := e.b.stand[i].phase(); p == refused || p == planned && seen.pending {
		return nil
	}
	return e.noteOpen(ctx, i, seen)
}

// noteOpen notes an item that has not arrived, and whether its replay may still
// be delivered.
func (e *engine) noteOpen(ctx context.Context, i int, seen sighting) error {
	r := ResultPending
	if seen.pending {
		late, unchanged, err := e.mayBeLate(ctx, i, seen)
		if err != nil {
			return err
		}
		switch {
		case unchanged && e.b.stand[i].phase() == unknown && e.o.now().Sub(e.b.asked) >= e.settle:
			r = ResultUndone
		case late:
			r = ResultLate
		}
	}
	if e.b.stand[i].phase() == failing && (r == ResultLate || e.b.late[i] == 0 && e.b.receiver[i] == seen.status) {
		return nil // as is known
	}
	return e.noteFailed(ctx, i, r, seen.status)
}

// mayBeLate tells whether a pending item's replay may still be delivered: since
// it was asked for, none of its webhooks, or not all, have been tried. It tells as
// well whether nothing at all has happened to them.
func (e *engine) mayBeLate(ctx context.Context, i int, seen sighting) (late, unchanged bool, err error) {
	before := e.lateSince[i].before
	if _, known := e.lateSince[i]; !known {
		if e.b.stand[i].attempts() > 1 {
			return false, false, nil // it has been tried since it was planned, nobody knows for which replay
		}
		it, err := e.b.item(ctx, i)
		if err != nil {
			return false, false, err
		}
		before = []string{it.Updated}
	}
	return !e.tried(before, seen.updated), untouched(before, seen.updated), nil
}

func (e *engine) noteAll(ctx context.Context, items []int, r Result) error {
	for chunk := range slices.Chunk(items, batchOfItems) {
		if err := e.b.write(ctx, Entry{Kind: KindSeen, Items: chunk, Result: r}); err != nil {
			return err
		}
	}
	return nil
}
