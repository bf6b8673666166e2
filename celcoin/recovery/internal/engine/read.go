package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

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

// runEvent is a record of the log of a run.
type runEvent struct {
	Kind   string    `json:"kind"`
	Time   time.Time `json:"time"`
	Calls  int       `json:"calls,omitempty"`
	Error  string    `json:"error,omitempty"`
	Result string    `json:"result,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Next   time.Time `json:"next,omitzero"`
	Empty  int       `json:"empty,omitempty"`
	Later  int       `json:"later,omitempty"`
	Clock  time.Time `json:"clock,omitzero"`
}

// The kinds of a run's records.
const (
	runBegun  = "begin"
	runGate   = "gate"   // the receiver was not ready: Error
	runCalls  = "calls"  // a sign of life; it has, as all records, the Calls since the one before
	runLooked = "looked" // the windows without items were looked at: Empty, where webhooks of the outage are pending; Later; Clock
	runEnded  = "end"    // Result, Reason; Next, if it ended to wait
)

// The results of runs and of units.
const (
	Drained   = "drained"
	Partial   = "partial"
	Cancelled = "cancelled"
	Verified  = "verified"
	Waiting   = "waiting" // of a unit: an open breaker ended its run, and the next begins anew
)

// Runs is what the logs of all runs of a recovery come to.
type Runs struct {
	Started    time.Time
	Ended      time.Time // of the last record
	Active     time.Duration
	Calls      int
	GateClosed int
	Result     string // of the run that ended last; empty: the last one has not ended
	Reason     string
	Next       time.Time // when another may get further, if it ended to wait
	Looked     time.Time // when the windows without items were last looked at
	Pending    int       // of them, where webhooks of the outage were pending then
	Later      int       // webhooks pending in them that are dated after the plan
	Clock      time.Time // Celcoin's at that time; zero: it was not trusted
	Alive      bool      // a run has shown a sign of life lately, and nothing tells that it has ended
}

// held tells whether a log is held, as far as that is known: by its lock or lease.
// Where it cannot be tried, as of a copy that cannot be written, it may be.
func (e *Engine) held(ctx context.Context, id, name string) bool {
	log, err := e.Store.Open(ctx, id, name)
	return err != nil || log.Close() != nil
}

// ReadRuns reads the logs of all runs of a recovery, and waits for no lock.
func (e *Engine) ReadRuns(ctx context.Context, id string) (*Runs, error) {
	all := &Runs{}
	var latest time.Time // when the latest run began
	for name, err := range e.Store.List(ctx, id) {
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(name, runPrefix) {
			continue
		}
		var first, last runEvent
		err := readLog(ctx, e, id, name, func(ev *runEvent) error {
			if first.Kind == "" {
				first = *ev
			}
			last = *ev
			all.Calls += ev.Calls
			switch {
			case ev.Kind == runGate:
				all.GateClosed++
			case ev.Kind == runLooked && ev.Time.After(all.Looked):
				all.Looked, all.Pending, all.Later, all.Clock = ev.Time, ev.Empty, ev.Later, ev.Clock
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if first.Kind == "" || last.Result == Verified { // a look is not a run
			continue
		}
		if all.Started.IsZero() || first.Time.Before(all.Started) {
			all.Started = first.Time
		}
		if last.Time.After(all.Ended) {
			all.Ended = last.Time
		}
		all.Active += last.Time.Sub(first.Time)
		all.Alive = all.Alive || last.Kind != runEnded && e.now().Sub(last.Time) < 3*heartbeat && e.held(ctx, id, name)
		if first.Time.After(latest) {
			latest, all.Result, all.Reason, all.Next = first.Time, last.Result, last.Reason, last.Next
		}
	}
	return all, nil
}
