package celcoin

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
)

// Webhooks goes through all pages of a listing, one after the other, and holds
// one page in memory. It asks for the next page when the loop comes to its end,
// and for none after a break. [WithPageSize] sets the size of the pages.
//
// If a page fails, the loop gets that error once, with a zero Webhook, and
// ends. If it would end with fewer webhooks than Celcoin says there are, or the
// pages repeat or do not advance, that error is [ErrIncomplete]: what was
// listed is true, but not all.
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
		for p := newPager(); !p.done; {
			page, err := c.ListWebhooks(ctx, q, PageOptions{Page: p.page, PageSize: size, Limit: p.limit}, opts...)
			var found []Webhook
			if err == nil {
				found, err = p.accept(page)
			} else if p.unannounced() && isResponse(err) {
				err = fmt.Errorf("%w (a page beyond those that were announced, as %d of %d webhooks were listed: %w)",
					err, p.seen, p.total, ErrIncomplete)
			}
			if err != nil {
				yield(Webhook{}, err)
				return
			}
			for i := range found {
				if !yield(found[i], nil) {
					return
				}
			}
		}
	}
}

func isResponse(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.StatusCode != 0 && e.Unwrap() == nil
}

// pager is how far a listing has come. It must neither end silently short of
// what Celcoin says there is, nor go on for ever when its responses contradict
// each other.
type pager struct {
	page      int  // to ask for
	limit     int  // of the whole query; 0: none
	seen      int  // webhooks so far
	total     int  // the most that Celcoin ever said there are
	announced int  // pages, as the last response says; 0: it does not
	last      int  // no page beyond this one
	short     bool // the page before had room for more
	done      bool

	before map[identity]struct{} // the webhooks of the page before
	starts map[uint64]struct{}   // hashes of the first webhook of every page
	start  uint64                // of the page before
	seed   maphash.Seed
}

func newPager() *pager {
	return &pager{page: 1, starts: map[uint64]struct{}{}, seed: maphash.MakeSeed()}
}

// identity tells webhooks apart. Several may share an id.
type identity struct {
	id, created, updated, request string
	status                        Status
}

func identityOf(w *Webhook) identity {
	return identity{w.ID, w.Created.Raw, w.LastUpdated.Raw, w.Request, w.Status}
}

// unannounced tells whether the next page is one that Celcoin did not announce:
// that it is refused says no more than that something is missing.
func (p *pager) unannounced() bool {
	return p.limit > 0 || p.announced > 0 && p.page > p.announced
}

// accept checks a page against those before it, and returns those of its
// webhooks that the page before did not show.
func (p *pager) accept(page *WebhookPage) ([]Webhook, error) {
	p.total, p.announced = max(p.total, page.TotalItems), page.TotalPages
	n := len(page.Webhooks)
	if n == 0 {
		return nil, p.end()
	}
	if page.Page != p.page {
		return nil, p.incomplete(fmt.Sprintf("came as page %d", page.Page))
	}
	start := maphash.Comparable(p.seed, identityOf(&page.Webhooks[0]))
	found := p.unseen(page.Webhooks)
	if _, repeated := p.starts[start]; repeated || len(found) == 0 {
		return nil, p.incomplete("repeats an earlier one")
	}
	p.starts[start], p.start = struct{}{}, start
	if p.last == 0 {
		p.last = lastPage(page)
	}
	if p.page > p.last {
		return nil, p.incomplete("is beyond twice what was announced")
	}
	p.short = n < page.PageSize
	p.seen += len(found)
	p.done = page.TotalItems >= 0 && p.seen >= p.total && p.page >= page.TotalPages
	p.page++
	return found, nil
}

// end is an empty page. A limit may cap the whole listing, by one reading of the
// documentation also where none was asked for: so Celcoin is asked once more,
// with one, for what the listing lacks.
func (p *pager) end() error {
	switch {
	case p.seen >= p.total:
		p.done = true
	case p.limit == 0 && p.seen > 0:
		p.limit = p.total
		if p.short {
			p.page-- // it was cut there
			delete(p.starts, p.start)
		}
	default:
		return p.incomplete("is empty")
	}
	return nil
}

// unseen leaves out what the page before has shown, as happens where the set
// has grown at its head, and keeps the page in mind for the next one.
func (p *pager) unseen(page []Webhook) (found []Webhook) {
	before := p.before
	p.before = make(map[identity]struct{}, len(page))
	found = page[:0]
	for i := range page {
		id := identityOf(&page[i])
		p.before[id] = struct{}{}
		if _, known := before[id]; !known {
			found = append(found, page[i])
		}
	}
	return found
}

func (p *pager) incomplete(what string) error {
	return fmt.Errorf("celcoin: %s: page %d %s, after %d of %d webhooks: %w", OperationList, p.page, what, p.seen, p.total, ErrIncomplete)
}

// lastPage is how many pages a listing may have, by its first one: twice as
// many as that announces, and some more, as webhooks may be added meanwhile.
// One that announces nothing may have as many as anybody could wait for.
func lastPage(first *WebhookPage) int {
	const growth, enough = 100, 1_000_000
	pages := max(first.TotalPages, first.TotalItems/len(first.Webhooks))
	if pages <= 0 || pages > enough {
		return enough
	}
	return 2*pages + growth
}
