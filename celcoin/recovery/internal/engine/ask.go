package engine

import (
	"context"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Ask makes a call that only reads, in its turn. It is repeated until it goes
// well, fails for good, or calls have failed for the max wait since the first
// failure in a row, which since keeps between calls.
func (e *Engine) Ask(ctx context.Context, since *time.Time, call func(context.Context, *celcoin.Response) error) error {
	return e.calls.read(ctx, since, call)
}
