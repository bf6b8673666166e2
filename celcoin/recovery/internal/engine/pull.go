package engine

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// pull hands the payloads of a unit to the handler of WithPull, page by page,
// until all are taken or their attempts are used up. Its last pass is the closing
// look of the unit. Rows without a payload that is JSON are left to be replayed.
func (s *session) pull(ctx context.Context) error {
	for range ledger.MaxAttempts {
		p := &puller{session: s, seen: map[int]bool{}, later: 0}
		if err := p.pass(ctx); err != nil {
			return err
		}
		if len(s.pullable()) == 0 {
			if s.unit.Totals().Pending > 0 || len(s.inFlight()) > 0 {
				return nil // they are replayed, and looked at after that
			}
			return s.write(ctx, true, ledger.Event{Kind: ledger.KindLooked, Later: p.later})
		}
	}
	return nil
}

// pullable are the rows that the handler is still to get in this run. A pull that
// was tried on an expired row in this run is not tried again. A row that cannot be
// replayed or looked up, as it has no id, is handed over where a page shows it.
func (s *session) pullable() (rows []int) {
	for i := range s.unit.Rows {
		if s.wantsPull(i) {
			rows = append(rows, i)
		}
	}
	return rows
}

func (s *session) wantsPull(i int) bool {
	r := &s.unit.Rows[i]
	switch r.State {
	case ledger.Delivered, ledger.Sending, ledger.Counted:
		return false
	case ledger.Failed:
		return r.Error != "" && r.InRun < s.unit.Run.MaxAttempts && !s.unpullable[i]
	case ledger.Expired:
		if r.InRun > 0 {
			return false
		}
	case ledger.Unproven:
		if s.absent[i] {
			return false
		}
	case ledger.Pending, ledger.Accepted, ledger.InDoubt, ledger.Overdue:
	}
	return r.Error == "" && !s.unpullable[i]
}

// puller is one pass over the pending list of a unit.
type puller struct {
	*session
	seen  map[int]bool
	later int
	page  []pageRow
}

func (p *puller) pass(ctx context.Context) error {
	_, err := p.e.rows(ctx, p.req.query(p.span, new(true)), nil, func(it ledger.Item, w *celcoin.Webhook) error {
		p.page = append(p.page, pageRow{it, w})
		if len(p.page) == fullPage {
			return p.flush(ctx)
		}
		return nil
	})
	if err != nil && !p.e.tooOld(p.span, err) {
		return err
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	return p.rest(ctx)
}

// pageRow is a row of a page, with its payload.
type pageRow struct {
	item    ledger.Item
	webhook *celcoin.Webhook
}

// flush hands a page to the handler and makes what came of it durable.
func (p *puller) flush(ctx context.Context) error {
	var found []ledger.Item
	for _, row := range p.page {
		it := row.item
		if _, known := p.unit.Find(&it); known || it.ID != "" && p.unit.Elsewhere(it.ID) {
			continue
		}
		if p.isLater(&it) {
			p.later++
			continue
		}
		it.FoundLater = true
		found = append(found, it)
	}
	found, err := p.wanting(ctx, found)
	if err != nil {
		return err
	}
	for i := range found {
		if err := p.write(ctx, false, ledger.Event{Kind: ledger.KindItem, Item: &found[i]}); err != nil {
			return err
		}
	}
	work := make([]pulling, 0, len(p.page))
	for i := range p.page {
		row, known := p.unit.Find(&p.page[i].item)
		if !known {
			continue
		}
		p.seen[row] = true
		if p.page[i].item.Key == "" {
			p.unpullable[row] = true // its payload is no JSON
		}
		work = append(work, pulling{row, p.page[i].webhook})
	}
	err = p.deliver(ctx, work)
	p.page = p.page[:0]
	return err
}

// pulling is a row and its payload.
type pulling struct {
	row     int
	webhook *celcoin.Webhook
}

// deliver hands payloads to the handler, as many at once as calls may be. As with
// replays, a few go first until one is taken, and none goes while the breaker is open.
func (p *puller) deliver(ctx context.Context, work []pulling) error {
	if err := p.sort(ctx, &work); err != nil || len(work) == 0 {
		return err
	}
	for len(work) > 0 {
		if err := p.e.openGate(ctx, p.closed); err != nil {
			return err
		}
		// Replays of an earlier run are not waited for: they are pulled.
		g, err := p.askBeside(ctx, 0, p.e.Policy.Limit)
		switch {
		case err != nil:
			return err
		case !g.Next.IsZero() && g.Places == 0:
			return &BreakerError{p.span.Entity, g.Next}
		case g.Places == 0:
			if err := sleep(ctx, firstLook); err != nil {
				return err
			}
			continue
		}
		batch := work
		if g.Probe {
			batch = work[:min(g.Places, len(work))]
		}
		n, err := p.handle(ctx, batch, g)
		if err != nil {
			return err
		}
		work = work[n:]
	}
	p.report("pulling")
	return p.write(ctx, true)
}

// sort leaves in a page what the handler is to get: not what the receiver has, and not what
// has no payload.
func (p *puller) sort(ctx context.Context, work *[]pulling) error {
	if p.e.Received != nil && len(*work) > 0 {
		var rows []int
		for _, w := range *work {
			rows = append(rows, w.row)
		}
		if err := p.askReceiver(ctx, rows); err != nil {
			return err
		}
	}
	*work = slices.DeleteFunc(*work, func(w pulling) bool {
		return !p.wantsPull(w.row)
	})
	return nil
}

// handle hands a batch to the handler, until so many have failed as there are
// places in flight: then delivery control is asked again. It returns how many were
// handed over.
func (p *puller) handle(ctx context.Context, batch []pulling, g ledger.Grant) (n int, err error) {
	type result struct {
		pulling
		begun bool
		err   error
	}
	work, results := make(chan pulling), make(chan result)
	var failed atomic.Int64
	workers := min(p.e.Concurrency, len(batch))
	for range workers {
		go func() {
			for w := range work {
				// A place is kept until the outcome is written, by all units together:
				// so a process that dies hands over no more than these again.
				begun := false
				select {
				case p.e.handlers <- struct{}{}:
					begun = true
				case <-ctx.Done():
				}
				err := ctx.Err()
				if err == nil {
					err = p.e.Pull(ctx, *w.webhook)
				}
				results <- result{w, begun, err}
			}
		}()
	}
	handed, returned := 0, 0
	for returned < handed || handed < len(batch) && failed.Load() < int64(g.Places) && ctx.Err() == nil && err == nil {
		send, next := work, pulling{}
		if handed < len(batch) && failed.Load() < int64(g.Places) && ctx.Err() == nil && err == nil {
			next = batch[handed]
		} else {
			send = nil
		}
		select {
		case send <- next:
			handed++
		case r := <-results:
			returned++
			if r.err != nil {
				failed.Add(1)
			}
			if e := p.took(ctx, r.pulling, r.err, g.Probe); e != nil && err == nil {
				err = e
			}
			if r.begun {
				<-p.e.handlers
			}
		}
	}
	close(work)
	if err == nil {
		err = ctx.Err()
	}
	return handed, err
}

// took writes what came of one payload, and of a handler's error what is not in it.
func (p *puller) took(ctx context.Context, w pulling, err error, probe bool) error {
	row := w.row
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it may have been the end of the context
		}
		if e := p.write(ctx, false, ledger.Event{Kind: ledger.KindUnpulled, Items: []int{row}, Answer: ledger.Answer{Error: oneLine(err, textsOf(w.webhook)...)}}); e != nil {
			return e
		}
		p.fail(row)
		return nil
	}
	now := p.e.now()
	if e := p.write(ctx, false, ledger.Event{Kind: ledger.KindPulled, Items: []int{row}, Time: now}); e != nil {
		return e
	}
	p.news = append(p.news, provenAt(p.name(), ledger.Proof{Accepted: now, Trial: probe}))
	return nil
}

// rest looks up the rows that the pass has not seen, one by one, and hands over
// those that Celcoin still shows without evidence of their delivery.
func (p *puller) rest(ctx context.Context) error {
	for _, i := range p.pullable() {
		if p.seen[i] {
			continue
		}
		if p.unit.Rows[i].Error != "" {
			p.unpullable[i] = true
			continue
		}
		var found *celcoin.Webhook
		if _, err := p.find(ctx, []int{i}, func(_ int, w *celcoin.Webhook) { found = w }); err != nil {
			return err
		}
		v := sight{}
		if found != nil {
			v, p.unpullable[i] = sightOf(found), p.unit.Rows[i].Key == ""
		}
		if k := v.kind(); k == ledger.KindPending || k == ledger.KindOther || k == ledger.KindSent && p.e.Received != nil {
			if err := p.deliver(ctx, []pulling{{i, found}}); err != nil {
				return err
			}
			continue
		}
		p.absent[i] = true
		if err := p.write(ctx, false, p.eventsOf(map[int]sight{i: v})...); err != nil {
			return err
		}
	}
	return nil
}
