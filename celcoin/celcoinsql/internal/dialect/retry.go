package dialect

import (
	"context"
	"math/rand/v2"
	"time"
)

// Retry calls f again while SQLite is [Busy], until ctx ends.
func Retry(ctx context.Context, f func() error) error {
	const shortest, longest = time.Millisecond, 50 * time.Millisecond
	for wait := shortest; ; wait = min(2*wait, longest) {
		err := f()
		if !Busy(err) {
			return err
		}
		timer := time.NewTimer(wait/2 + rand.N(wait/2)) //nolint:gosec // it only spreads the tries
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}
