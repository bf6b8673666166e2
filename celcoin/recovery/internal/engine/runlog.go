package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// runEvent is a record of the log of a run.
type runEvent struct {
	Kind   string    `json:"kind"`
	Time   time.Time `json:"time"`
	Calls  int       `json:"calls,omitempty"`
	Error  string    `json:"error,omitempty"`
	Result string    `json:"result,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Next   time.Time `json:"next,omitzero"`
	Clock  time.Time `json:"clock,omitzero"`
}

// The kinds of a run's records.
const (
	runBegun  = "begin"
	runGate   = "gate"   // the receiver was not ready: Error
	runCalls  = "calls"  // a sign of life; it has, as all records, the Calls since the one before
	runLooked = "looked" // the windows without items were looked at: Clock
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

// openRun begins the log of a run, under a name that no other has.
func (e *Engine) openRun(ctx context.Context, p *Plan, began time.Time) (journal.Log, error) {
	return e.Store.Open(ctx, p.Request.ID, runPrefix+began.UTC().Format("20060102T150405.000000000Z")+"-"+newName()[:6])
}

const heartbeat = 30 * time.Second

// heartbeat is a sign of life, now and then.
func (r *run) heartbeat(ctx context.Context) {
	for sleep(ctx, heartbeat) == nil {
		r.write(ctx, runEvent{Kind: runCalls})
	}
}

// write appends to the log of the run, with the calls since the last time. An error is
// returned at the end.
func (r *run) write(ctx context.Context, ev runEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.e.calls.Stats().Calls
	ev.Time, ev.Calls, r.calls = r.e.now(), calls-r.calls, calls
	err := appendRecords(ctx, r.log, ev.Kind == runBegun || ev.Kind == runEnded, ev)
	if r.writing == nil {
		r.writing = err
	}
}

// end writes how the run ended.
func (r *run) end(ctx context.Context, err error) {
	ev := runEvent{Kind: runEnded, Result: Partial}
	wait, waits := errors.AsType[*WaitError](err)
	switch {
	case ctx.Err() != nil:
		ev.Result = Cancelled
	case waits:
		ev.Reason, r.next = wait.Error(), wait.Until
		if wait.Until.IsZero() {
			r.next = r.e.now().Add(r.e.Policy.MaxWait)
		}
	case err != nil:
		ev.Reason = oneLine(err)
	case len(r.reasons) > 0:
		ev.Reason = r.reasons[0]
	default:
		ev.Result = Drained // unless its units say otherwise
	}
	ev.Next = r.next
	r.write(ctx, ev)
}

// Runs is what the logs of all runs of a recovery come to.
type Runs struct {
	Started     time.Time
	Ended       time.Time // of the last record
	Active      time.Duration
	Calls       int
	GateClosed  int
	Result      string // of the run that ended last; empty: the last one has not ended
	Reason      string
	Next        time.Time // when another may get further, if it ended to wait
	Looked      time.Time // when the windows without items were last looked at
	LookedByRun time.Time // when a run did so, which has also run what it found there
	Clock       time.Time // Celcoin's at that time; zero: it was not trusted
	Alive       bool      // a run has shown a sign of life lately, and nothing tells that it has ended
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
				all.Looked, all.Clock = ev.Time, ev.Clock
			}
			if ev.Kind == runLooked && first.Kind == runBegun && ev.Time.After(all.LookedByRun) {
				all.LookedByRun = ev.Time
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
