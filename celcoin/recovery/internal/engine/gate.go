package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// openGate asks whether the receiver is ready, and waits until it is: at most the
// max wait. All units wait together, also one after another. Closed is told when it
// is not.
func (e *Engine) openGate(ctx context.Context, closed func(error)) error {
	if e.Gate == nil {
		return ctx.Err()
	}
	select {
	case e.gate <- struct{}{}:
		defer func() { <-e.gate }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := e.Gate(ctx)
		if err == nil || ctx.Err() != nil {
			e.gateClosed = time.Time{}
			return ctx.Err()
		}
		now := time.Now()
		if e.gateClosed.IsZero() || now.Sub(e.gateAsked) > 2*time.Minute {
			e.gateClosed = now
		}
		e.gateAsked = now
		if wait == time.Second {
			closed(err)
		}
		if now.Sub(e.gateClosed)+wait > e.Policy.MaxWait {
			return &WaitError{What: fmt.Sprintf("the receiver was not ready for %v: %s", e.Policy.MaxWait, oneLine(err))}
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// receivedBatch is how many items the receiver is asked for at once.
const receivedBatch = 200

// received asks the receiver for items, however often it takes within the max wait.
func (e *Engine) received(ctx context.Context, entity celcoin.Entity, items []*ledger.Item) ([]bool, error) {
	answers := make([]bool, 0, len(items))
	for len(items) > 0 {
		batch := items[:min(len(items), receivedBatch)]
		items = items[len(batch):]
		began, wait := time.Now(), time.Second
		for {
			got, err := e.Received(ctx, entity, batch)
			if err == nil && len(got) != len(batch) {
				return nil, fmt.Errorf("received: %d answers for %d items", len(got), len(batch))
			}
			if err == nil {
				answers = append(answers, got...)
				break
			}
			if time.Since(began)+wait > e.Policy.MaxWait {
				return nil, &WaitError{What: fmt.Sprintf("the receiver did not say what it has for %v: %s", e.Policy.MaxWait, oneLine(err))}
			}
			if err := sleep(ctx, wait); err != nil {
				return nil, err
			}
			wait = min(2*wait, time.Minute)
		}
	}
	return answers, nil
}
