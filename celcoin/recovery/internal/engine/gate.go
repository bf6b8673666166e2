package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// openGate asks whether the receiver is ready, and waits until it is. All units wait
// together, also one after another. Closed is told when it is not.
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
	if time.Since(e.gateAsked) > 2*time.Minute {
		e.gateClosed = time.Time{}
	}
	told := false
	err := e.persist(ctx, &e.gateClosed, func() (bool, error) {
		e.gateAsked = time.Now()
		err := e.Gate(ctx)
		if err != nil && ctx.Err() == nil && !told {
			told = true
			closed(err)
		}
		return true, err
	})
	if err != nil && ctx.Err() == nil {
		return &WaitError{What: fmt.Sprintf("the receiver was not ready for %v: %s", e.Policy.MaxWait, oneLine(err))}
	}
	return err
}

// receivedBatch is how many items the receiver is asked for at once.
const receivedBatch = 200

// received asks the receiver for items, however often it takes within the max wait.
func (e *Engine) received(ctx context.Context, entity celcoin.Entity, items []*ledger.Item) ([]bool, error) {
	answers := make([]bool, 0, len(items))
	for batch := range slices.Chunk(items, receivedBatch) {
		var got []bool
		err := e.persist(ctx, new(time.Time), func() (_ bool, err error) {
			got, err = e.Received(ctx, entity, batch)
			return true, err
		})
		if err != nil && ctx.Err() == nil {
			return nil, &WaitError{What: fmt.Sprintf("the receiver did not say what it has for %v: %s", e.Policy.MaxWait, oneLine(err))}
		}
		if err == nil && len(got) != len(batch) {
			err = fmt.Errorf("received: %d answers for %d items", len(got), len(batch))
		}
		if err != nil {
			return nil, err
		}
		answers = append(answers, got...)
	}
	return answers, nil
}
