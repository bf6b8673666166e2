package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// sleep is a wait that a context can end.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// persist tries again what may succeed later, longer each time, until it has
// failed for the max wait since the first failure in a row, which since keeps.
func (e *Engine) persist(ctx context.Context, since *time.Time, try func() (again bool, err error)) error {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		again, err := try()
		switch {
		case err == nil:
			*since = time.Time{}
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !again:
			return err
		}
		if since.IsZero() {
			*since = time.Now()
		}
		if time.Since(*since)+wait > e.Policy.MaxWait {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// whenFree opens a log, however long another has it.
func whenFree[T any](ctx context.Context, open func() (T, error)) (T, error) {
	for {
		log, err := open()
		if !errors.Is(err, journal.ErrLocked) {
			return log, err
		}
		if e := sleep(ctx, time.Second); e != nil {
			return log, fmt.Errorf("%w (%w)", e, err)
		}
	}
}

// parallel runs f for each element, n at once, until one fails.
func parallel[T any](ctx context.Context, n int, all []T, f func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(n)
	for _, v := range all {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return f(ctx, v)
		})
	}
	return group.Wait()
}
