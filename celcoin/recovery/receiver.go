package recovery

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// askReceiver asks the receiver about items. One that cannot answer is asked
// again, as long as patience lasts: then the run ends.
func (e *engine) askReceiver(ctx context.Context, items []int) (map[int]bool, error) {
	got := map[int]bool{}
	var mu sync.Mutex
	var failed error
	asking, stopAsking := context.WithCancel(ctx)
	defer stopAsking()
	e.inParallel(items, func(i int) {
		if asking.Err() != nil {
			return
		}
		ok, err := e.askPatiently(asking, i)
		mu.Lock()
		defer mu.Unlock()
		got[i] = ok
		if err != nil && failed == nil {
			failed = err
			stopAsking()
		}
	})
	if failed == nil {
		failed = ctx.Err()
	}
	return got, failed
}

func (e *engine) askPatiently(ctx context.Context, i int) (bool, error) {
	it, err := e.b.item(ctx, i)
	if err != nil {
		return false, err
	}
	begin, pause := time.Now(), firstPause
	for {
		ok, err := e.o.received(ctx, it)
		switch {
		case err == nil:
			return ok, nil
		case ctx.Err() != nil:
			return false, ctx.Err()
		case time.Since(begin)+pause > e.o.patience:
			return false, &stop{fmt.Sprintf("the receiver could not say for %v what it has: %s", e.o.patience, oneLine(err))}
		}
		if err := sleep(ctx, pause); err != nil {
			return false, err
		}
		pause = min(2*pause, longPause)
	}
}

// proveReceived asks the receiver instead of Celcoin.
func (e *engine) proveReceived(ctx context.Context, items []int, last bool) error {
	got, err := e.askReceiver(ctx, items)
	if err != nil {
		return err
	}
	var arrived []int
	for _, i := range items {
		if got[i] {
			arrived = append(arrived, i)
		} else if last {
			if err := e.proveMissing(ctx, i); err != nil {
				return err
			}
		}
	}
	return e.noteArrived(ctx, arrived)
}

// proveMissing asks Celcoin about an item that the receiver does not have by the
// end of the settle time: it is late, or its delivery has failed.
func (e *engine) proveMissing(ctx context.Context, i int) error {
	it, err := e.b.item(ctx, i)
	if err != nil {
		return err
	}
	seen, err := e.lookUp(ctx, i, it.ID)
	if err != nil {
		return err
	}
	before := e.datesBefore(i, &it)
	if seen.pending && e.tried(before, seen.updated) {
		return e.noteFailed(ctx, i, ResultPending, seen.status)
	}
	return e.noteLate(ctx, i, before, seen.status)
}
