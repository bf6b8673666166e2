package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

const linger = 5 * time.Second // for what is overdue

// replayBatch replays as much as there are places in flight for. More is false if
// nothing is left to replay or to wait for.
func (s *session) replayBatch(ctx context.Context) (more bool, err error) {
	queue, want := s.wanted()
	flying := s.inFlight()
	if want+flying == 0 {
		return false, nil
	}
	var g ledger.Grant
	if want > 0 {
		if g, err = s.admit(ctx, flying, want); err != nil {
			return false, err
		}
	}
	if g.Places == 0 { // what delivery control knows of others tells which in flight have failed
		if err := sleep(ctx, linger); err != nil {
			return false, err
		}
		return true, s.settle(ctx)
	}
	batch := s.takeBatch(queue, g)
	if len(batch) == 0 { // all ids have a row in flight
		return true, sleep(ctx, time.Second/4)
	}
	if batch, err = s.withoutDelivered(ctx, batch); err != nil || len(batch) == 0 {
		return true, err
	}
	if err := s.baseline(ctx, g.Probe, batch); err != nil {
		return false, err
	}
	return true, s.send(ctx, batch, g.Probe)
}

// wanted are the rows to be replayed, the next first, and how many at once. When
// nothing else is left, those that are expired are tried, one at a time.
func (s *session) wanted() (queue []int, want int) {
	queue = slices.DeleteFunc(s.in(ledger.Pending), func(i int) bool { return s.e.Pull != nil && !s.unpullable[i] })
	if len(queue) == 0 && s.e.Pull == nil {
		last := s.lastTries()
		return last, min(len(last), 1)
	}
	slices.SortFunc(queue, s.compare)
	return queue, len(queue)
}

// compare puts those first that have not failed before, and of these the soonest
// to expire. Those whose date cannot be read may expire at any moment.
func (s *session) compare(a, b int) int {
	x, y := &s.unit.Rows[a], &s.unit.Rows[b]
	_, first := x.Expires()
	_, second := y.Expires()
	return cmp.Or(cmp.Compare(x.Failures+x.InRun, y.Failures+y.InRun), first.Compare(second), cmp.Compare(a, b))
}

// takeBatch takes rows for the places granted, those of one id together. A row that
// may be too old already is a canary only if every row is: its refusal would say nothing.
func (s *session) takeBatch(queue []int, g ledger.Grant) (batch [][]int) {
	if g.Probe {
		if young := slices.DeleteFunc(slices.Clone(queue), s.over); len(young) > 0 {
			queue = young
		}
	}
	taken := map[int]bool{}
	for _, i := range queue {
		rows := s.together(i)
		if taken[i] || len(rows) == 0 || s.unit.Rows[i].State == ledger.Failed { // given up meanwhile
			continue
		}
		if len(taken) > 0 && len(taken)+len(rows) > g.Places {
			break
		}
		batch = append(batch, rows)
		for _, i := range rows {
			taken[i] = true
		}
		if len(taken) >= g.Places {
			break
		}
	}
	return batch
}

// together are the rows of a row's id that a replay of it serves, too. There are
// none while one of the id is in flight: a replay would send that again.
func (s *session) together(row int) (rows []int) {
	for _, i := range s.unit.Named(s.unit.Rows[row].ID) {
		switch st := s.unit.Rows[i].State; {
		case st.InFlight():
			return nil
		case st == s.unit.Rows[row].State:
			rows = append(rows, i)
		}
	}
	return rows
}

// withoutDelivered takes out of a batch what the receiver has, or, without a receiver to
// ask, what Celcoin lists as sent by now. That can only be what was not pending: its
// replay goes out under any status, and would deliver it again.
func (s *session) withoutDelivered(ctx context.Context, batch [][]int) ([][]int, error) {
	rows := slices.Concat(batch...)
	if err := s.askReceiver(ctx, rows); err != nil {
		return nil, err
	}
	if s.e.Received == nil {
		rows = slices.DeleteFunc(rows, func(i int) bool { return s.unit.Rows[i].Other == "" })
		seen, err := s.lookUp(ctx, rows)
		if err != nil {
			return nil, err
		}
		// That it has another status is known, and would take an expired one back.
		maps.DeleteFunc(seen, func(_ int, ev ledger.Event) bool { return ev.Kind == ledger.KindOther })
		if err := s.write(ctx, false, s.eventsOf(seen)...); err != nil {
			return nil, err
		}
	}
	for n, rows := range batch {
		batch[n] = slices.DeleteFunc(rows, func(i int) bool {
			state := s.unit.Rows[i].State
			return state != ledger.Pending && state != ledger.Expired
		})
	}
	return slices.DeleteFunc(batch, func(rows []int) bool { return len(rows) == 0 }), nil
}

// send replays a batch, in portions of as many ids as calls may be made at once:
// the intent of a portion is durable before its first replay leaves.
func (s *session) send(ctx context.Context, batch [][]int, probe bool) error {
	for portion := range slices.Chunk(batch, s.e.Concurrency) {
		if s.lost() {
			return journal.ErrLost
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.dropped() {
			return nil // what is left of the batch is to be asked for anew
		}
		rows := slices.Concat(portion...)
		// What Celcoin may refuse for its age says nothing of the receiver.
		intent := ledger.Event{Kind: ledger.KindIntent, Items: rows, Probe: probe && !slices.ContainsFunc(rows, s.over)}
		if err := s.write(ctx, true, intent); err != nil {
			return err
		}
		taken, err := s.sendPortion(ctx, portion)
		if err != nil {
			return err
		}
		if taken {
			s.failing = time.Time{}
			continue
		}
		if s.failing.IsZero() {
			s.failing = s.e.now()
		}
		if s.e.now().Sub(s.failing) > s.e.Policy.MaxWait {
			return &WaitError{What: "Celcoin has taken no replay for " + s.e.Policy.MaxWait.String()}
		}
		return sleep(ctx, time.Second)
	}
	return nil
}

// sendPortion sends replays at once and writes what became of each as it is
// known. Taken is false if Celcoin took none of them. An error that every other replay
// would get ends the calls under way as the end of ctx does: the client may hold them back.
func (s *session) sendPortion(ctx context.Context, portion [][]int) (taken bool, err error) {
	var mu sync.Mutex
	var unmatched []int
	group, calls := errgroup.WithContext(ctx)
	for _, rows := range portion {
		group.Go(func() error {
			outcome, fatal := s.replayOne(calls, rows)
			mu.Lock()
			defer mu.Unlock()
			taken = taken || outcome.Kind != ledger.KindUnsent
			if outcome.Kind == ledger.KindNoMatch {
				unmatched = append(unmatched, rows...)
			}
			return cmp.Or(fatal, s.write(ctx, false, outcome))
		})
	}
	if err := group.Wait(); err != nil {
		return taken, err
	}
	return taken, s.lookAt(ctx, unmatched)
}

// grace is how long calls under way may go on after the context has ended.
const grace = 10 * time.Second

// graceful is a context for calls whose outcome is worth waiting for.
func graceful(ctx context.Context) (calls context.Context, stop func()) {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, func() {
		sleep(calls, grace) //nolint:errcheck,gosec // it only waits
		cancel()
	})
	return calls, func() {
		detach()
		cancel()
	}
}

// replayOne replays the rows of one id. The error is one that every other replay would get.
func (s *session) replayOne(ctx context.Context, rows []int) (outcome ledger.Event, fatal error) {
	req := celcoin.ReplayRequest{
		Product: s.req.Product, Entity: s.span.Entity, WebhookID: s.unit.Rows[rows[0]].ID, OnlyPending: new(true),
	}
	for _, i := range rows {
		if s.unit.Rows[i].Other != "" {
			req.OnlyPending = nil // it is not pending any more
		}
	}
	sent, matched := false, 0
	var resp celcoin.Response
	err := s.e.calls.do(ctx, func(ctx context.Context, r *celcoin.Response) error {
		calls, stop := graceful(ctx)
		defer stop()
		sent = true
		summary, err := s.e.API.ReplayWebhooks(calls, req, celcoin.WithMaxRetries(0), celcoin.WithResponse(r))
		if err == nil {
			matched = summary.TotalItems
		}
		resp = *r
		return err
	})
	outcome = ledger.Event{Items: rows, Answer: ledger.Answer{Status: resp.StatusCode, RequestID: resp.RequestID}}
	switch {
	case err != nil:
		outcome.Kind, fatal = outcomeOf(err, sent)
		outcome.Answer = answerOf(err)
	case matched == 0:
		outcome.Kind, outcome.Error = ledger.KindNoMatch, "Celcoin found nothing to replay"
	default:
		outcome.Kind = ledger.KindAccepted
	}
	return outcome, fatal
}

// outcomeOf says what an error tells of a replay, and whether other replays would fail as well.
func outcomeOf(err error, sent bool) (ledger.Kind, error) {
	wait, waits := errors.AsType[*WaitError](err)
	answer, answered := errors.AsType[*celcoin.Error](err)
	switch {
	case errors.Is(err, celcoin.ErrInvalidRequest) && (!answered || answer.StatusCode == 0):
		return ledger.KindGiveUp, nil // the client does not send it
	case waits && wait.doubt:
		return ledger.KindDoubt, err
	case !sent, waits, errors.Is(err, celcoin.ErrUnauthorized):
		return ledger.KindUnsent, err // of the pace, the store, the context or the credentials
	case !answered:
		return ledger.KindDoubt, err // of the store, which could not take in what Celcoin answered
	case errors.Is(err, celcoin.ErrOutcomeUnknown):
		return ledger.KindDoubt, nil
	case throttled(err), errors.Is(err, celcoin.ErrUnavailable):
		return ledger.KindUnsent, nil
	case answer.Code == "CBE238": // nothing matches
		return ledger.KindNoMatch, nil
	case errors.Is(err, celcoin.ErrForbidden), answer.Code == "CBE217": // not allowed, no subscription
		return ledger.KindUnsent, err
	case answer.StatusCode < 400, answer.StatusCode == http.StatusRequestTimeout, errors.Is(err, celcoin.ErrServer):
		return ledger.KindDoubt, nil
	}
	return ledger.KindRefused, nil
}
