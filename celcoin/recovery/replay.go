package recovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
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

// queue is what is still to be asked for in a round, by entity: one that has no
// room, because its receiver is broken, holds up no other.
type queue struct {
	lines []line // in the order of the request's entities
	turns int32
	n     int
}

type line struct {
	entity celcoin.Entity
	places []place
}

// place is an item and when its turn is.
type place struct{ item, turn int32 }

func (e *engine) newQueue(items []int) *queue {
	q := &queue{}
	for _, entity := range e.b.request.Entities {
		q.lines = append(q.lines, line{entity: entity})
	}
	e.enqueue(q, items)
	return q
}

// enqueue puts items at the end of the queue.
func (e *engine) enqueue(q *queue, items []int) {
	for _, i := range items {
		entity := e.b.entityOf(i)
		for n := range q.lines {
			if l := &q.lines[n]; l.entity == entity {
				l.places = append(l.places, place{int32(i), q.turns}) //nolint:gosec // plans are smaller than 2^31
				q.turns++
				q.n++
			}
		}
	}
}

func (q *queue) len() int { return q.n }

// pop takes out the item whose turn is next among the lines with room; below
// zero if there is none.
func (q *queue) pop(room map[celcoin.Entity]int) int {
	var first *line
	for n := range q.lines {
		l := &q.lines[n]
		if len(l.places) > 0 && room[l.entity] > 0 && (first == nil || l.places[0].turn < first.places[0].turn) {
			first = l
		}
	}
	if first == nil {
		return -1
	}
	i := int(first.places[0].item)
	first.places = first.places[1:]
	q.n--
	return i
}

// cut takes the next batch: of each entity no more than may still fail, and as
// long as the canaries are out no more than those.
func (e *engine) cut(q *queue) (batch []int) {
	most := math.MaxInt
	if e.proven < e.o.canary {
		most = e.o.canary - e.proven
	}
	now := e.vendorNow().Unix()
	room := map[celcoin.Entity]int{}
	for _, entity := range e.b.request.Entities {
		room[entity] = max(e.o.failureLimit-e.b.failed[entity], 0)
	}
	for len(batch) < most {
		i := q.pop(room)
		if i < 0 {
			break
		}
		if due := e.b.due[i]; due != 0 && due <= now || !e.eligible(i) {
			continue // and left to be set aside, as expired above all
		}
		room[e.b.entityOf(i)]--
		batch = append(batch, i)
	}
	return batch
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

// outcome is what became of one replay.
type outcome struct {
	entry Entry
	fatal error // if no other webhook would fare better
}

// replayOne asks for one item again, unless ctx has ended. What is under way
// when it ends may come to its own end.
func (e *engine) replayOne(ctx, calls context.Context, i int) outcome {
	o := outcome{entry: Entry{Kind: KindOutcome, Items: []int{i}, Result: ResultUnsent}}
	if ctx.Err() != nil {
		return o
	}
	it, err := e.b.item(calls, i)
	if err != nil {
		o.fatal = err
		return o
	}
	req := celcoin.ReplayRequest{Product: e.b.request.Product, Entity: it.Entity, WebhookID: it.ID}
	if e.o.received == nil {
		req.OnlyPending = new(true) // what has arrived meanwhile is not sent again
	}
	matched, resp, err := e.call.replay(ctx, calls, req)
	o.entry.Result, o.fatal = resultOf(err)
	if err == nil && matched == 0 {
		// It has arrived, or has become too old: a look tells, or nobody can.
		o.entry.Result, o.entry.Error = ResultUnknown, "nothing matched"
	}
	o.entry.Status, o.entry.RequestID = resp.StatusCode, resp.RequestID
	if err != nil {
		o.entry.Error = oneLine(err)
		if answer, ok := errors.AsType[*celcoin.Error](err); ok {
			o.entry.Status, o.entry.Code, o.entry.RequestID = answer.StatusCode, answer.Code, answer.RequestID
		}
	}
	if e.o.logger != nil {
		e.o.logger.LogAttrs(calls, slog.LevelDebug, "replay", slog.String("entity", string(it.Entity)),
			slog.String("webhook_id", it.ID), slog.String("result", string(o.entry.Result)))
	}
	return o
}

// resultOf reads an error as the client means it: without an answer, and
// without ErrOutcomeUnknown, the replay was certainly not carried out.
func resultOf(err error) (r Result, fatal error) {
	answer, answered := errors.AsType[*celcoin.Error](err)
	switch {
	case err == nil:
		return ResultAccepted, nil
	case errors.Is(err, celcoin.ErrOutcomeUnknown):
		return ResultUnknown, nil
	case answered && answer.Code == "CBE238":
		return ResultUnknown, nil // nothing matches
	case answered && answer.StatusCode == http.StatusNotFound && answer.Code != "" && answer.Code != "CBE217":
		return ResultRefused, nil // of this webhook: a path or a subscription that is missing says so otherwise
	case errors.Is(err, celcoin.ErrUnauthorized), errors.Is(err, celcoin.ErrForbidden), errors.Is(err, celcoin.ErrNotFound):
		return ResultUnsent, err
	case errors.Is(err, celcoin.ErrRateLimited), errors.Is(err, celcoin.ErrServer):
		return ResultUnsent, nil
	case answered, errors.Is(err, celcoin.ErrInvalidRequest):
		return ResultRefused, nil
	}
	return ResultUnsent, nil
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
