package celcoin

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"time"
)

// Webhooks goes through all pages of a listing, one after the other, and holds
// one page in memory. It asks for the next page when the loop comes to its end,
// and for none after a break. [WithPageSize] sets the size of the pages.
//
// If a page fails, the loop gets that error once, with a zero Webhook, and
// ends. If it would end with fewer webhooks than Celcoin says there are (it may
// cap a listing), or the pages repeat or do not advance, that error is
// [ErrIncomplete]: what was listed is true, but not all. Ask for a narrower
// window then.
//
// A listing stands still only if its webhooks do. Do not replay while listing
// pending webhooks: the set shrinks under the pages, and a third of it is never
// seen. List first, then replay. Package recovery does this, and also finds what
// a changing set hides.
//
// Each page is a call like [Client.ListWebhooks], with its retries and errors;
// the options count for each, and so does the attempt timeout; a context bounds
// the whole listing. Nothing found: no iterations.
//
// GET /common/v1/webhook/replay/{product}/{entity}/details:
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
func (c *Client) Webhooks(ctx context.Context, q Query, opts ...CallOption) iter.Seq2[Webhook, error] {
	return func(yield func(Webhook, error) bool) {
		size := callOptionsOf(opts).pageSize
		p := &pager{page: 1, starts: map[uint64]struct{}{}, seed: maphash.MakeSeed()}
		for !p.done {
			page, err := c.ListWebhooks(ctx, q, PageOptions{Page: p.page, PageSize: size, Limit: p.limit}, opts...)
			if err == nil {
				err = p.accept(page)
			} else if p.unannounced() && errors.Is(err, ErrInvalidRequest) {
				err = fmt.Errorf("%w (a page beyond those announced, after %d of %d webhooks: %w)", err, p.seen, p.total, ErrIncomplete)
			}
			if err != nil {
				yield(Webhook{}, err)
				return
			}
			for i := range page.Webhooks {
				if !yield(page.Webhooks[i], nil) {
					return
				}
			}
		}
	}
}

// pager is how far a listing has come. It must not end silently short of what
// Celcoin says there is, nor go on for ever when the pages contradict each other.
type pager struct {
	page      int  // to ask for
	limit     int  // of the whole listing; 0: none
	seen      int  // webhooks so far
	total     int  // the most that Celcoin ever said there are
	announced int  // pages, as the last one says; 0: it does not
	last      int  // no page beyond this one
	short     bool // the page before had room for more
	done      bool

	// Hashes, as a listing may be long.
	seed   maphash.Seed
	before map[uint64]struct{} // the webhooks of the page before
	starts map[uint64]struct{} // the first webhook of every page
	start  uint64              // of the page before
}

// unannounced tells whether Celcoin did not announce the page to ask for. A
// refusal of it says no more than that something is missing.
func (p *pager) unannounced() bool {
	return p.limit > 0 || p.announced > 0 && p.page > p.announced
}

// accept checks a page against those before it, and takes off it what the page
// before has shown: that happens where the set has grown at its head.
func (p *pager) accept(page *WebhookPage) error {
	p.total, p.announced = max(p.total, page.TotalItems), page.TotalPages
	if len(page.Webhooks) == 0 {
		return p.end()
	}
	if page.Page != p.page {
		return p.incomplete(fmt.Sprintf("came as page %d", page.Page))
	}
	p.short = len(page.Webhooks) < page.PageSize
	start := p.hash(page.Webhooks[0])
	page.Webhooks = p.unseen(page.Webhooks)
	if _, repeated := p.starts[start]; repeated || len(page.Webhooks) == 0 {
		return p.incomplete("repeats an earlier one")
	}
	p.starts[start], p.start = struct{}{}, start
	if p.last == 0 {
		p.last = lastPage(page)
	}
	if p.page > p.last {
		return p.incomplete("is beyond twice what was announced")
	}
	p.seen += len(page.Webhooks)
	p.done = page.TotalItems >= 0 && p.seen >= p.total && p.page >= page.TotalPages
	p.page++
	return nil
}

// end is an empty page. A limit may cap a whole listing, and stand in where none
// was asked for: Celcoin does not document it. So what is missing is asked for
// once more, with a limit.
func (p *pager) end() error {
	switch {
	case p.seen >= p.total:
		p.done = true
	case p.limit > 0 || p.seen == 0:
		return p.incomplete("is empty")
	default:
		p.limit = p.total
		if p.short {
			p.page-- // it was cut there
			delete(p.starts, p.start)
		}
	}
	return nil
}

func (p *pager) unseen(page []Webhook) []Webhook {
	before := p.before
	p.before = make(map[uint64]struct{}, len(page))
	found := page[:0]
	for i := range page {
		h := p.hash(page[i])
		p.before[h] = struct{}{}
		if _, known := before[h]; !known {
			found = append(found, page[i])
		}
	}
	return found
}

// hash tells webhooks apart. Several may share an id.
func (p *pager) hash(w Webhook) uint64 {
	w.Created.Time, w.LastUpdated.Time = time.Time{}, time.Time{} // equal ones may differ in their zone
	return maphash.Comparable(p.seed, w)
}

func (p *pager) incomplete(what string) error {
	return fmt.Errorf("celcoin: %s: page %d %s, after %d of %d webhooks: %w", OperationList, p.page, what, p.seen, p.total, ErrIncomplete)
}

// lastPage is how many pages a listing may have, by its first one: twice as many
// as that announces, and some more, as webhooks may be added meanwhile. One that
// announces nothing may have as many as anyone could wait for.
func lastPage(first *WebhookPage) int {
	const growth, enough = 100, 1_000_000
	pages := max(first.TotalPages, first.TotalItems/len(first.Webhooks))
	if pages <= 0 || pages > enough {
		return enough
	}
	return 2*pages + growth
}
