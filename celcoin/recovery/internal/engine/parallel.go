package engine

import (
	"context"
	"sync"
)

// parallel runs f for each element, n at once, until one fails.
func parallel[T any](ctx context.Context, n int, all []T, f func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan T)
	var group sync.WaitGroup
	for range min(n, len(all)) {
		group.Go(func() {
			for v := range work {
				if err := f(ctx, v); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, v := range all {
		select {
		case work <- v:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(work)
	group.Wait()
	return context.Cause(ctx)
}
