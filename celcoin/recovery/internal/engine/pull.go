package engine

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// pull hands the payloads of a unit to the handler of WithPull, page by page,
// until all are taken or their attempts are used up. Its last pass is the closing
// look of the unit. Rows without a payload that is JSON are left to be replayed.
func (s *session) pull(ctx context.Context) error {
	for range ledger.MaxAttempts {
		p := &puller{session: s, seen: map[int]bool{}}
		if err := p.pass(ctx); err != nil {
			return err
		}
		if len(s.pullable()) > 0 {
			continue
		}
		if s.unit.In(ledger.Pending, ledger.Counted) > 0 || s.inFlight() > 0 {
			return nil // they are replayed, and looked at after that
		}
		return s.write(ctx, true, ledger.Event{Kind: ledger.KindLooked, Later: p.later, Unlisted: p.short})
	}
	return nil
}

// pullable are the rows that the handler is still to get in this run.
func (s *session) pullable() (rows []int) {
	for i := range s.unit.Rows {
		if s.wantsPull(i) {
			rows = append(rows, i)
		}
	}
	return rows
}

// wantsPull tells whether the handler is still to get a row in this run. An expired
// one is tried once. One that cannot be replayed or looked up, as it has no id, is
// handed over where a page shows it.
func (s *session) wantsPull(i int) bool {
	r := &s.unit.Rows[i]
	switch {
	case s.unpullable[i], r.Attempts >= ledger.MaxAttempts:
		return false
	case r.State == ledger.Delivered, r.State == ledger.Sending, r.State == ledger.Counted:
		return false
	case r.State == ledger.Failed:
		return r.Error != "" && r.InRun < s.unit.Run.MaxAttempts
	}
	return r.Error == "" && (r.State != ledger.Expired || r.InRun == 0)
}

// puller is one pass over the pending list of a unit.
type puller struct {
	*session
	seen  map[int]bool
	short int // webhooks that Celcoin counts and does not list
	later int
	items []ledger.Item // of a page
	page  []pulling
}

// pulling is a row and its payload.
type pulling struct {
	row     int
	webhook *celcoin.Webhook
}

func (p *puller) pass(ctx context.Context) (err error) {
	p.short, err = p.e.eachRow(ctx, p.req.query(p.span, new(true)), nil, func(it ledger.Item, w *celcoin.Webhook) error {
		p.items, p.page = append(p.items, it), append(p.page, pulling{webhook: w})
		if len(p.page) < fullPage {
			return nil
		}
		return p.flush(ctx)
	})
	if err != nil && !p.e.tooOld(p.span, err) {
		return err
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	return p.rest(ctx)
}

// flush hands a page to the handler and makes what came of it durable.
func (p *puller) flush(ctx context.Context) error {
	found, later, err := p.foundLater(ctx, p.items)
	if err != nil {
		return err
	}
	p.later += later
	if err := p.write(ctx, false, itemEvents(found)...); err != nil {
		return err
	}
	var work []pulling
	for n := range p.items {
		if row, known := p.unit.Find(&p.items[n]); known {
			p.seen[row], p.unpullable[row] = true, p.items[n].Key == ""
			work = append(work, pulling{row, p.page[n].webhook})
		}
	}
	p.items, p.page = p.items[:0], p.page[:0]
	return p.deliver(ctx, work)
}

// deliver hands payloads to the handler, but for those that the receiver has. As with
// replays, a few go first until one is taken, and none goes while the breaker is open.
// Replays of an earlier run are not waited for: they are pulled.
func (p *puller) deliver(ctx context.Context, work []pulling) error {
	rows := make([]int, len(work))
	for n := range work {
		rows[n] = work[n].row
	}
	if err := p.askReceiver(ctx, rows); err != nil {
		return err
	}
	work = slices.DeleteFunc(work, func(w pulling) bool { return !p.wantsPull(w.row) })
	if len(work) == 0 {
		return nil
	}
	for len(work) > 0 {
		g, err := p.admit(ctx, 0, p.e.Policy.Limit)
		if err != nil {
			return err
		}
		n := len(work)
		if g.Probe { // by what has failed least, or one that never arrives would be every trial
			n = min(g.Places, n)
			slices.SortStableFunc(work, func(a, b pulling) int {
				return cmp.Compare(p.unit.Rows[a.row].Failures, p.unit.Rows[b.row].Failures)
			})
		}
		left, err := p.handle(ctx, work[:n], g)
		if err != nil {
			return err
		}
		work = append(left, work[n:]...)
	}
	p.report("pulling")
	return p.write(ctx, true)
}

// handle hands payloads to the handler, as many at once as calls may be, until so
// many have failed or are under way as there are places in flight: then delivery
// control is to be asked again for those that are left. The units of a process share
// places, each kept until the outcome is written: so a process that dies hands over
// no more than these again.
func (p *puller) handle(ctx context.Context, work []pulling, g ledger.Grant) (left []pulling, err error) {
	var mu sync.Mutex
	untaken := 0 // handed over, and not taken, or not yet
	err = parallel(ctx, p.e.Concurrency, work, func(ctx context.Context, w pulling) error {
		select {
		case p.e.handlers <- struct{}{}:
			defer func() { <-p.e.handlers }()
		case <-ctx.Done():
			return ctx.Err()
		}
		mu.Lock()
		enough := untaken >= g.Places || p.dropped()
		if enough {
			left = append(left, w)
		} else {
			untaken++
		}
		mu.Unlock()
		if enough || ctx.Err() != nil {
			return ctx.Err()
		}
		err := p.e.Pull(ctx, *w.webhook)
		mu.Lock()
		defer mu.Unlock()
		outcome := ledger.Event{Kind: ledger.KindPulled, Items: []int{w.row}, Probe: g.Probe}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err() // it may have been the end of the context
			}
			outcome.Kind, outcome.Error = ledger.KindUnpulled, oneLine(err, textsOf(w.webhook)...)
		}
		err = p.write(ctx, false, outcome)
		switch {
		case err != nil:
			untaken += g.Places // what came of others could not be written either
		case outcome.Kind == ledger.KindPulled:
			untaken--
		}
		return err
	})
	return left, err
}

// rest looks for the rows that the pass has not seen, and hands over those that
// Celcoin still shows without evidence of their delivery.
func (p *puller) rest(ctx context.Context) error {
	for _, i := range p.pullable() {
		if p.seen[i] {
			continue
		}
		p.unpullable[i] = true
		if p.unit.Rows[i].Error != "" {
			continue
		}
		seen, found, err := p.find(ctx, i)
		if err != nil {
			return err
		}
		if k := seen.Kind; k == ledger.KindPending || k == ledger.KindOther || k == ledger.KindSent && p.e.Received != nil {
			p.unpullable[i] = p.unit.Rows[i].Key == ""
			err = p.deliver(ctx, []pulling{{i, found}})
		} else {
			err = p.write(ctx, false, p.eventsOf(map[int]ledger.Event{i: seen})...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
