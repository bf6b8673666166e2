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
	case failing:
		if e.b.receiver[i] == seen.status && e.b.late[i] == 0 {
			return nil
		}
	case intended, accepted, unknown, delivered, unasked: // the latter two were missing from a listing, not delivered
	}
	r := ResultPending
	if late, err := e.mayBeLate(ctx, i, seen); err != nil {
		return err
	} else if late {
		r = ResultLate
	}
	if r == ResultLate && e.b.stand[i].phase() == failing {
		return nil // as is known
	}
	return e.noteFailed(ctx, i, r, seen.status)
}

// mayBeLate tells whether a pending item's replay may still be delivered: since
// it was asked for, none of its webhooks, or not all, have been tried.
func (e *engine) mayBeLate(ctx context.Context, i int, seen sighting) (bool, error) {
	if since, known := e.lateSince[i]; known {
		return overlap(since.before, seen.updated), nil
	}
	if e.b.stand[i].attempts() > 1 {
		return false, nil // it has been tried since it was planned, nobody knows for which replay
	}
	it, err := e.b.item(ctx, i)
	return overlap([]string{it.Updated}, seen.updated), err
}

// noteNotReceived notes an item that the receiver does not have.
func (e *engine) noteNotReceived(ctx context.Context, i int, seen sighting) error {
	p := e.b.stand[i].phase()
	if p == refused || p == planned && seen.pending {
		return nil
	}
	return e.noteFailed(ctx, i, ResultPending, seen.status)
}

func (e *engine) noteAll(ctx context.Context, items []int, r Result) error {
	for chunk := range slices.Chunk(items, batchOfItems) {
		if err := e.b.write(ctx, Entry{Kind: KindSeen, Items: chunk, Result: r}); err != nil {
			return err
		}
	}
	return nil
}
