package recovery

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// replayAll asks for items in batches: intent, replay, proof. How large a batch
// may be is bounded by how many deliveries may fail before anybody notices.
func (e *engine) replayAll(ctx context.Context, items []int) error {
	q := e.newQueue(items)
	for q.len() > 0 {
		if err := e.openGate(ctx); err != nil {
			return err
		}
		if err := e.catchUp(ctx); err != nil {
			return err
		}
		batch := e.cut(q)
		if len(batch) == 0 {
			if q.len() == 0 {
				return nil
			}
			room, err := e.awaitLate(ctx)
			if err != nil {
				return err
			}
			if !room {
				return &stop{e.brokenReceiver()}
			}
			continue
		}
		batch, err := e.wanted(ctx, batch)
		if err != nil {
			return err
		}
		if err := e.countBefore(ctx, batch); err != nil {
			return err
		}
		unsent, err := e.ask(ctx, batch)
		if err != nil {
			return err
		}
		if err := e.prove(ctx, batch); err != nil {
			return err
		}
		e.enqueue(q, unsent) // they come round again
		if err := e.spend(ctx, e.b); err != nil {
			return err
		}
		e.tell(e.b, "replaying", len(items)-min(q.len(), len(items)), len(items))
	}
	return nil
}

func (e *engine) brokenReceiver() string {
	full := e.fullEntities()
	if len(full) == 0 {
		return "no delivery may fail any more"
	}
	entity := full[0]
	if late := len(e.lateOf(full[:1])); late > 0 {
		return fmt.Sprintf("%d deliveries of %s failed, or did not come within %v (%d): is the receiver up? Celcoin may block the entity",
			e.b.failed[entity], entity, e.o.patience, late)
	}
	return fmt.Sprintf("%d deliveries of %s failed: the receiver is broken, and Celcoin may block the entity", e.b.failed[entity], entity)
}

// ask sends the replays of a batch, some at a time. The intent is durable before
// the first leaves; what an answer said is noted as it comes.
//
// It returns those that were certainly not carried out. An error that no other
// replay would escape ends the batch.
func (e *engine) ask(ctx context.Context, batch []int) (unsent []int, err error) {
	if err := e.b.write(ctx, Entry{Kind: KindIntent, Items: batch}); err != nil {
		return nil, err
	}
	if err := e.b.journal.Sync(ctx); err != nil {
		return nil, err
	}
	e.batchAsked = time.Now()
	calls, release := e.underWay(ctx)
	defer release()
	asking, stopAsking := context.WithCancel(ctx)
	defer stopAsking()

	outcomes := make(chan outcome)
	go func() {
		defer close(outcomes)
		e.inParallel(batch, func(i int) { outcomes <- e.replayOne(asking, calls, i) })
	}()
	var fatal error
	taken, silent := len(batch) == 0, false
	for o := range outcomes {
		if o.fatal != nil && fatal == nil {
			fatal = o.fatal
		}
		if err := e.b.write(context.WithoutCancel(ctx), o.entry); err != nil && fatal == nil {
			fatal = err
		}
		if fatal != nil {
			stopAsking()
		}
		switch o.entry.Result {
		case ResultUnsent:
			unsent = append(unsent, o.entry.Items...)
		case ResultUnknown:
			taken = true
			if silent = e.unanswered.goesOn(e.batchAsked, e.o.patience); silent {
				stopAsking()
			}
		default:
			taken, silent, e.unanswered = true, false, silence{}
		}
	}
	switch {
	case taken:
		e.turnedAway = time.Time{}
	case e.turnedAway.IsZero():
		e.turnedAway = e.batchAsked
	}
	switch {
	case fatal != nil:
		return nil, fatal
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !taken && time.Since(e.turnedAway) > e.o.patience:
		return nil, &stop{fmt.Sprintf("Celcoin has not taken a replay for %v", e.o.patience)}
	case silent:
		return nil, &stop{fmt.Sprintf("the outcome of every replay has been unknown for %v, and none has arrived", e.o.patience)}
	}
	return unsent, nil
}

// silence is of replays one after another whose outcomes are all unknown, and of
// which none has arrived. The zero value is none.
type silence struct {
	since time.Time
	n     int
}

// longSilence is how many replays a silence has at least that ends a run: a few
// that are asked for again and again may be far apart.
const longSilence = 10

// goesOn adds a replay, and tells whether it is time to end the run.
func (s *silence) goesOn(asked time.Time, patience time.Duration) bool {
	if s.n++; s.n == 1 {
		s.since = asked
	}
	return s.n >= longSilence && time.Since(s.since) > patience
}

// inParallel does something with each item, as many at once as are allowed.
func (e *engine) inParallel(items []int, do func(i int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(e.o.concurrency, len(items)) {
		workers.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for _, i := range items {
		next <- i
	}
	close(next)
	workers.Wait()
}

// underWay is a context for calls that may outlive ctx by the grace.
func (e *engine) underWay(ctx context.Context) (calls context.Context, release func()) {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stopAfter := context.AfterFunc(ctx, func() {
		t := time.NewTimer(e.o.grace)
		defer t.Stop()
		select {
		case <-t.C:
		case <-calls.Done():
		}
		cancel()
	})
	return calls, func() { cancel(); stopAfter() }
}
