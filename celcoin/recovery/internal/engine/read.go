package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// readLog reads the records of a log as JSON, without a lock. One that does not exist
// has none.
func readLog[T any](ctx context.Context, e *Engine, id, name string, each func(*T) error) error {
	for record, err := range e.Store.Read(ctx, id, name) {
		if err != nil {
			return err
		}
		ev := new(T)
		if err := json.Unmarshal(record, ev); err != nil {
			return fmt.Errorf("%s: %w (%w)", name, ledger.ErrVersion, err)
		}
		if err := each(ev); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// appendRecords appends records as JSON. It is not cut short by ctx, which would
// leave the log dead.
func appendRecords[T any](ctx context.Context, log journal.Log, durable bool, events ...T) error {
	records := make([][]byte, len(events))
	for i := range events {
		var err error
		if records[i], err = json.Marshal(&events[i]); err != nil {
			return err
		}
	}
	return log.Append(context.WithoutCancel(ctx), durable, records...)
}

// UnitState is a unit of a plan and what its log says.
type UnitState struct {
	*UnitPlan
	Unit *ledger.Unit
}

// Units reads the units of a plan one after another, without locks: each as it
// is at that moment.
func (e *Engine) Units(ctx context.Context, p *Plan) iter.Seq2[UnitState, error] {
	return func(yield func(UnitState, error) bool) {
		for _, u := range p.Units {
			if u.Empty() {
				continue
			}
			unit, err := e.readUnit(ctx, p.Request.ID, u.LogName())
			if !yield(UnitState{u, unit}, err) || err != nil {
				return
			}
		}
	}
}
