package engine

import (
	"context"

	"golang.org/x/sync/errgroup"
)

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
