package receive

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// process calls Process, and returns when it has returned or its time is up.
// Then a Process that ignores its ctx goes on, and keeps its place until it ends.
func (h *handler[E]) process(ctx context.Context, event E) error {
	if h.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.Timeout)
		defer cancel()
	}
	ended := make(chan error, 1)
	go func() {
		err := errors.New("the goroutine of Process ended") // by runtime.Goexit
		defer func() {
			h.places.Release(1) // before the answer, so that the next request finds the place
			ended <- err
		}()
		err = Call(ctx, h.Process, event)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended: // in time, but this goroutine was late
		return err
	default:
		return fmt.Errorf("the webhook was not processed in %v: %w", h.Timeout, ctx.Err())
	}
}

// PanicError is a panic of Process.
type PanicError struct {
	Value any
	Stack []byte
}

// Error has the value and the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("panic while processing the webhook: %v\n%s", e.Value, e.Stack)
}

// Call calls process. A panic becomes a [PanicError].
func Call[E any](ctx context.Context, process func(context.Context, E) error, event E) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &PanicError{cause, debug.Stack()}
		}
	}()
	return process(ctx, event)
}
