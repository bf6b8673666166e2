package engine

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// replayBatch replays as much as there are places in flight for. More is false if
// nothing is left to replay or to wait for.
func (s *session) replayBatch(ctx context.Context) (more bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	want, last := s.wanted()
	if want == 0 {
		if len(s.inFlight()) == 0 {
			return false, nil
		}
		return true, s.linger(ctx)
	}
	g, err := s.ask(ctx, want)
	switch {
	case err != nil:
		return false, err
	case g.Places == 0 && len(s.inFlight()) > 0:
		return true, s.linger(ctx)
	case !g.Next.IsZero() && g.Places == 0:
		return false, &BreakerError{s.span.Entity, g.Next}
	case g.Places == 0:
		s.idle = min(2*s.idle+time.Second/4, time.Second)
		return true, sleep(ctx, s.idle)
	}
	s.idle = 0
	if err := s.e.openGate(ctx, s.closed); err != nil {
		return false, err
	}
	if last {
		g.Places = 1 // politely
	}
	batch, err := s.takeBatch(ctx, g, last)
	if err != nil || len(batch) == 0 {
		return true, err
	}
	if err := s.baseline(ctx, g.Probe, batch); err != nil {
		return false, err
	}
	return true, s.send(ctx, batch, g.Probe)
}

// linger waits for overdue replays, and finds out which have failed by what delivery
// control knows of others.
func (s *session) linger(ctx context.Context) error {
	if err := sleep(ctx, lingerStep); err != nil {
		return err
	}
	_, err := s.ask(ctx, 0)
	return err
}

const lingerStep = 5 * time.Second

// wanted is how many rows are to be replayed. Last means that only expired ones
// are left.
func (s *session) wanted() (n int, last bool) {
	s.queue = slices.DeleteFunc(s.queue, func(i int) bool { return s.unit.Rows[i].State != ledger.Pending })
	if n = s.unit.Totals().Pending; n > 0 && len(s.queue) == 0 {
		s.queue = s.in(ledger.Pending)
		if s.e.Pull != nil {
			s.queue = slices.DeleteFunc(s.queue, func(i int) bool { return !s.unpullable[i] })
			n = len(s.queue)
		}
		slices.SortStableFunc(s.queue, s.compare)
	}
	if n == 0 && s.e.Pull == nil && s.lastTries() {
		return 1, true
	}
	return n, false
}

// compare puts those first that have not failed before, and of these the soonest
// to expire. Those whose date cannot be read may expire at any moment.
func (s *session) compare(a, b int) int {
	_, x := s.expires(a)
	_, y := s.expires(b)
	return cmp.Or(cmp.Compare(s.unit.Rows[a].Failures+s.unit.Rows[a].InRun, s.unit.Rows[b].Failures+s.unit.Rows[b].InRun), x.Compare(y))
}

// takeBatch takes rows for the places granted, those of one id together. A
// canary is no row that may be too old already: its refusal would say nothing.
func (s *session) takeBatch(ctx context.Context, g ledger.Grant, last bool) (batch [][]int, err error) {
	if last {
		for _, i := range s.in(ledger.Expired) {
			if r := &s.unit.Rows[i]; r.InRun == 0 && r.Attempts < ledger.MaxAttempts && r.Error == "" {
				return [][]int{{i}}, nil
			}
		}
	}
	queue := s.queue
	if g.Probe {
		if n := slices.IndexFunc(queue, func(i int) bool { return !s.over(i) }); n > 0 {
			queue = slices.Concat(queue[n:], queue[:n])
		}
	}
	taken := 0
	for _, i := range queue {
		if s.unit.Rows[i].State != ledger.Pending || slices.ContainsFunc(batch, func(rows []int) bool { return slices.Contains(rows, i) }) {
			continue
		}
		rows, free := s.together(i)
		if !free {
			continue
		}
		if taken > 0 && taken+len(rows) > g.Places {
			break
		}
		batch, taken = append(batch, rows), taken+len(rows)
		if taken >= g.Places {
			break
		}
	}
	if len(batch) == 0 {
		return nil, sleep(ctx, time.Second/4) // all ids have a row in flight
	}
	if s.e.Received == nil {
		return batch, nil
	}
	return s.withoutReceived(ctx, batch)
}

// together are the pending rows of a row's id. They are not free while one of
// the id is in flight: a replay would send that again.
func (s *session) together(row int) (rows []int, free bool) {
	for _, i := range s.unit.Named(s.unit.Rows[row].ID) {
		switch r := &s.unit.Rows[i]; {
		case r.State.InFlight():
			return nil, false
		case r.State == ledger.Pending:
			rows = append(rows, i)
		}
	}
	return rows, true
}

// withoutReceived takes out of a batch what the receiver has.
func (s *session) withoutReceived(ctx context.Context, batch [][]int) ([][]int, error) {
	if err := s.askReceiver(ctx, slices.Concat(batch...)); err != nil {
		return nil, err
	}
	for n, rows := range batch {
		batch[n] = slices.DeleteFunc(rows, func(i int) bool { return s.unit.Rows[i].State == ledger.Delivered })
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
		intent := ledger.Event{Kind: ledger.KindIntent, Items: slices.Concat(portion...), Probe: probe}
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

type outcome struct {
	event ledger.Event
	fatal error
}

// sendPortion sends replays at once and writes what became of each as it is
// known. Taken is false if Celcoin took none of them.
func (s *session) sendPortion(ctx context.Context, portion [][]int) (taken bool, err error) {
	calls, stop := graceful(ctx)
	defer stop()
	outcomes := make(chan outcome)
	for _, rows := range portion {
		go func() { outcomes <- s.replayOne(ctx, calls, rows) }()
	}
	var unmatched []int
	for range portion {
		o := <-outcomes
		if err == nil {
			err = o.fatal
		}
		if e := s.write(ctx, false, o.event); e != nil && err == nil {
			err = e
		}
		taken = taken || o.event.Kind != ledger.KindUnsent
		for _, i := range o.event.Items {
			r := &s.unit.Rows[i]
			switch {
			case o.event.Kind == ledger.KindNoMatch:
				unmatched = append(unmatched, i)
			case o.event.Kind == ledger.KindRefused && r.Probe && !s.over(i):
				s.fail(i)
			}
		}
	}
	if err != nil || len(unmatched) == 0 {
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

// replayOne replays the rows of one id.
func (s *session) replayOne(ctx, calls context.Context, rows []int) outcome {
	first := &s.unit.Rows[rows[0]]
	req := celcoin.ReplayRequest{Product: s.req.Product, Entity: s.span.Entity, WebhookID: first.ID, OnlyPending: new(true)}
	for _, i := range rows {
		if s.unit.Rows[i].AnyStatus {
			req.OnlyPending = nil // it is not pending any more
		}
	}
	sent, matched := false, 0
	var resp celcoin.Response
	err := s.e.calls.do(ctx, func(_ context.Context, r *celcoin.Response) error {
		sent = true
		summary, err := s.e.API.ReplayWebhooks(calls, req, celcoin.WithMaxRetries(0), celcoin.WithResponse(r))
		if err == nil {
			matched = summary.TotalItems
		}
		resp = *r
		return err
	})
	o := outcome{event: ledger.Event{Items: rows, Answer: ledger.Answer{Status: resp.StatusCode, RequestID: resp.RequestID}}}
	switch {
	case err != nil:
		o.event.Kind, o.fatal = outcomeOf(err, sent)
		o.event.Answer = answerOf(err)
	case matched == 0:
		o.event.Kind, o.event.Error = ledger.KindNoMatch, "Celcoin found nothing to replay"
	default:
		o.event.Kind = ledger.KindAccepted
	}
	return o
}

// outcomeOf says what an error tells of a replay, and whether others would fare
// as badly.
func outcomeOf(err error, sent bool) (ledger.Kind, error) {
	wait, waits := errors.AsType[*WaitError](err)
	answer, answered := errors.AsType[*celcoin.Error](err)
	_, silent := errors.AsType[*noAnswerError](err)
	switch {
	case waits && wait.doubt:
		return ledger.KindDoubt, err
	case !sent, waits, !answered && !silent:
		return ledger.KindUnsent, err // of the pace, the store or the context
	case errors.Is(err, celcoin.ErrUnauthorized):
		return ledger.KindUnsent, err
	case errors.Is(err, celcoin.ErrOutcomeUnknown):
		return ledger.KindDoubt, nil
	case throttled(err), errors.Is(err, celcoin.ErrUnavailable):
		return ledger.KindUnsent, nil
	case silent, answer.StatusCode == 0, answer.StatusCode == http.StatusRequestTimeout:
		return ledger.KindDoubt, nil
	case answer.Code == "CBE238": // nothing matches
		return ledger.KindNoMatch, nil
	case errors.Is(err, celcoin.ErrForbidden), answer.Code == "CBE217": // not allowed, no subscription
		return ledger.KindUnsent, err
	case errors.Is(err, celcoin.ErrServer), answer.StatusCode < 400:
		return ledger.KindDoubt, nil
	}
	return ledger.KindRefused, nil
}
