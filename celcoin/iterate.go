package celcoin

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
)

// Webhooks goes through all pages of a listing, one after the other, and holds
// one page in memory. It asks for the next page when the loop comes to its end,
// and for none after a break.
//
// If a page fails, the loop gets that error once, with a zero Webhook, and
// ends. If it would end with fewer webhooks than Celcoin says there are, or the
// pages do not advance, that error is [ErrIncomplete]: what was listed is true,
// but not all. So a loop without an error has seen everything that Celcoin
// admits to. If Celcoin caps a listing that has no limit, it is asked again
// with one.
//
// A listing stands still only if its webhooks do. Do not replay while listing
// pending webhooks: the set shrinks under the pages, and a third of it is never
// seen. List first, then replay.
//
// Each page is a call like [Client.ListWebhooks], with its retries and errors;
// the options count for each. Nothing found: no iterations.
func (c *Client) Webhooks(ctx context.Context, q Query, opts ...CallOption) iter.Seq2[Webhook, error] {
	return func(yield func(Webhook, error) bool) {
		w := walk{page: 1, seed: maphash.MakeSeed()}
		for !w.done {
			p, err := c.ListWebhooks(ctx, q, PageOptions{Page: w.page, Limit: w.limit}, opts...)
			if err == nil {
				err = w.take(p)
			} else if w.limit > 0 {
				err = fmt.Errorf("%w (asked with a limit, as Celcoin says there are %d and showed %d: %w)",
					err, w.total, w.seen, ErrIncomplete)
			}
			if err != nil {
				yield(Webhook{}, err)
				return
			}
			if w.skip {
				continue
			}
			for i := range p.Webhooks {
				if !yield(p.Webhooks[i], nil) {
					return
				}
			}
		}
	}
}

// walk is how far a listing has come. It must neither end silently short of
// what the vendor says there is, nor go on for ever when the vendor's answers
// do not agree with each other.
type walk struct {
	page  int // to ask for
	limit int // of the whole query; 0: none
	seen  int // webhooks so far
	total int // the most that the vendor ever said there are
	bound int // no page beyond this one
	done  bool
	skip  bool // the page's webhooks have been passed over

	seed     maphash.Seed
	last     uint64 // fingerprint of the page before
	landmark uint64 // fingerprint of an earlier page, to find longer circles
}

// boundOf is how many pages a listing may have, by what its first page says:
// twice as many, and some more, as webhooks may be added while it is read. One
// that says nothing may have as many as anybody could wait for.
func boundOf(first *WebhookPage) int {
	const growth, patience = 100, 1_000_000
	pages := max(first.TotalPages, first.TotalItems/len(first.Webhooks))
	if pages <= 0 || pages > patience {
		return patience
	}
	return 2*pages + growth
}

// take judges a page before its webhooks are yielded.
func (w *walk) take(p *WebhookPage) error {
	w.skip = false
	w.total = max(w.total, p.TotalItems)
	if len(p.Webhooks) == 0 {
		return w.end()
	}
	if w.bound == 0 {
		w.bound = boundOf(p)
	}
	mark := w.fingerprint(p.Webhooks)
	switch {
	case p.Page != w.page:
		return fmt.Errorf("celcoin: list webhooks: asked for page %d and got page %d: %w", w.page, p.Page, ErrIncomplete)
	case w.page > 1 && (mark == w.last || mark == w.landmark):
		return fmt.Errorf("celcoin: list webhooks: page %d repeats an earlier one, after %d of %d webhooks: %w",
			w.page, w.seen, w.total, ErrIncomplete)
	case w.page > w.bound:
		return fmt.Errorf("celcoin: list webhooks: the listing keeps growing, after %d webhooks: %w", w.seen, ErrIncomplete)
	}
	w.last = mark
	if w.page&(w.page-1) == 0 {
		w.landmark = mark // at every power of two: a circle of any length comes round to one
	}
	w.seen += len(p.Webhooks)
	w.done = p.TotalItems >= 0 && w.seen >= w.total && w.page >= p.TotalPages
	w.page++
	return nil
}

// end judges an empty page. By one reading of the documentation an answer's
// limit caps the whole result, also where none was asked for.
func (w *walk) end() error {
	if w.seen >= w.total {
		w.done = true
		return nil
	}
	if w.limit == 0 && w.seen > 0 {
		w.limit, w.skip = w.total, true
		return nil
	}
	return fmt.Errorf("celcoin: list webhooks: page %d is empty, after %d of %d webhooks: %w",
		w.page, w.seen, w.total, ErrIncomplete)
}

// fingerprint tells pages apart without keeping them.
func (w *walk) fingerprint(webhooks []Webhook) uint64 {
	var h maphash.Hash
	h.SetSeed(w.seed)
	for i := range webhooks {
		wh := &webhooks[i]
		for _, s := range [...]string{wh.ID, wh.Created.Raw, wh.LastUpdated.Raw, string(wh.Status), wh.Request} {
			h.WriteString(s) //nolint:errcheck,gosec // a hash does not fail
			h.WriteByte(0)   //nolint:errcheck,gosec // a hash does not fail
		}
	}
	return h.Sum64()
}
