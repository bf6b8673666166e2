package celcoin

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
)

// Webhooks goes through all pages of a listing, one after the other, and holds
// one page in memory. It asks for the next page when the loop comes to its end,
// and for none after a break.
//
// If a page fails, the loop gets that error once, with a zero Webhook, and
// ends. If it would end with fewer webhooks than Celcoin says there are, or the
// pages do not advance, that error is [ErrIncomplete]: what was listed is true,
// but not all. So a loop without an error has seen as many as Celcoin admits to.
// If Celcoin caps a listing that has no limit, it is asked again with one.
//
// A listing stands still only if its webhooks do. Do not replay while listing
// pending webhooks: the set shrinks under the pages, and a third of it is never
// seen. List first, then replay.
//
// Each page is a call like [Client.ListWebhooks], with its retries and errors;
// the options count for each, and so does an attempt's time-out; a context bounds
// the whole listing. Nothing found: no iterations.
//
// GET /common/v1/webhook/replay/{product}/{entity}/details:
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
func (c *Client) Webhooks(ctx context.Context, q Query, opts ...CallOption) iter.Seq2[Webhook, error] {
	return func(yield func(Webhook, error) bool) {
		w, size := walk{page: 1, seed: maphash.MakeSeed()}, callOptionsOf(opts).pageSize
		for !w.done {
			p, err := c.ListWebhooks(ctx, q, PageOptions{Page: w.page, PageSize: size, Limit: w.limit}, opts...)
			var fresh []Webhook
			if err == nil {
				fresh, err = w.take(p)
			} else if w.beyond() && isAnswer(err) {
				err = fmt.Errorf("%w (asked for, as Celcoin says there are %d and showed %d: %w)",
					err, w.total, w.seen, ErrIncomplete)
			}
			if err != nil {
				yield(Webhook{}, err)
				return
			}
			for i := range fresh {
				if !yield(fresh[i], nil) {
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
	pages int // as the last answer says; 0: it does not
	bound int // no page beyond this one
	done  bool

	length int  // webhooks on the page before
	cut    bool // which had room for more
	resume bool // that page is asked for again, now with a limit

	seed   maphash.Seed
	marks  []uint64            // fingerprints of the webhooks on the page at hand
	before map[uint64]struct{} // those of the page before

	last     uint64   // fingerprint of the page before
	recent   []uint64 // fingerprints of up to maxRecent pages
	landmark uint64   // fingerprint of an earlier page, to find longer circles
}

// maxRecent pages are compared one by one, which is 8 KiB. A circle of more
// pages is found when it comes round to a landmark.
const maxRecent = 1024

// beyond tells whether the next page is one that the vendor did not announce:
// that it is refused says no more than that something is missing.
func (w *walk) beyond() bool {
	return w.limit > 0 || w.pages > 0 && w.page > w.pages
}

func isAnswer(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
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

// take judges a page, and returns those of its webhooks that are new.
func (w *walk) take(p *WebhookPage) (fresh []Webhook, err error) {
	w.total, w.pages = max(w.total, p.TotalItems), p.TotalPages
	w.mark(p.Webhooks)
	mark, known := w.fingerprint(w.marks), 0
	switch {
	case len(p.Webhooks) == 0:
		return nil, w.end()
	case p.Page != w.page:
		return nil, fmt.Errorf("celcoin: list webhooks: asked for page %d and got page %d: %w", w.page, p.Page, ErrIncomplete)
	case w.resume:
		if known, err = w.rest(); err != nil {
			return nil, err
		}
	case w.repeats(mark):
		return nil, fmt.Errorf("celcoin: list webhooks: page %d repeats an earlier one, after %d of %d webhooks: %w",
			w.page, w.seen, w.total, ErrIncomplete)
	}
	if w.bound == 0 {
		w.bound = boundOf(p)
	}
	if w.page > w.bound {
		return nil, fmt.Errorf("celcoin: list webhooks: the listing keeps growing, after %d webhooks: %w", w.seen, ErrIncomplete)
	}
	w.remember(mark)
	w.length, w.cut = len(p.Webhooks), len(p.Webhooks) < p.PageSize
	fresh = w.unseen(p.Webhooks, known)
	w.seen += len(fresh)
	w.done = p.TotalItems >= 0 && w.seen >= w.total && w.page >= p.TotalPages
	w.page++
	return fresh, nil
}

// end judges an empty page. By one reading of the documentation an answer's
// limit caps the whole result, also where none was asked for; and where it cuts
// a page, the listing goes on within that page.
func (w *walk) end() error {
	if w.seen >= w.total {
		w.done = true
		return nil
	}
	if w.limit == 0 && w.seen > 0 {
		w.limit = w.total
		if w.resume = w.cut; w.resume {
			w.page--
		}
		return nil
	}
	return fmt.Errorf("celcoin: list webhooks: page %d is empty, after %d of %d webhooks: %w",
		w.page, w.seen, w.total, ErrIncomplete)
}

// rest is where that begins which a limit adds to the page before, if it is
// still that page.
func (w *walk) rest() (known int, err error) {
	w.resume = false
	if len(w.marks) < w.length || w.fingerprint(w.marks[:w.length]) != w.last {
		return 0, fmt.Errorf("celcoin: list webhooks: page %d has changed, after %d of %d webhooks: %w",
			w.page, w.seen, w.total, ErrIncomplete)
	}
	return w.length, nil
}

func (w *walk) repeats(mark uint64) bool {
	return mark == w.landmark || slices.Contains(w.recent, mark)
}

func (w *walk) remember(mark uint64) {
	w.last = mark
	if w.page&(w.page-1) == 0 {
		w.landmark = mark // at every power of two: a circle of any length comes round to one
	}
	if len(w.recent) < maxRecent {
		w.recent = append(w.recent, mark)
	} else {
		w.recent[w.page%maxRecent] = mark
	}
}

// unseen leaves out the first ones, which are known, and what the page before
// has shown, as happens where the set has grown at its head. It keeps the page
// in mind for the next one.
func (w *walk) unseen(page []Webhook, known int) (fresh []Webhook) {
	fresh = page[:0]
	for i := known; i < len(page); i++ {
		if _, again := w.before[w.marks[i]]; !again {
			fresh = append(fresh, page[i])
		}
	}
	if w.before == nil {
		w.before = make(map[uint64]struct{}, len(page))
	}
	clear(w.before)
	for _, mark := range w.marks {
		w.before[mark] = struct{}{}
	}
	return fresh
}

// mark tells webhooks apart without keeping them.
func (w *walk) mark(webhooks []Webhook) {
	w.marks = w.marks[:0]
	var h maphash.Hash
	h.SetSeed(w.seed)
	for i := range webhooks {
		wh := &webhooks[i]
		h.Reset()
		for _, s := range [...]string{wh.ID, wh.Created.Raw, wh.LastUpdated.Raw, string(wh.Status), wh.Request} {
			h.WriteString(s) //nolint:gosec // a hash does not fail
			h.WriteByte(0)   //nolint:gosec // a hash does not fail
		}
		w.marks = append(w.marks, h.Sum64())
	}
}

// fingerprint tells pages apart by the marks of their webhooks.
func (w *walk) fingerprint(marks []uint64) uint64 {
	var h maphash.Hash
	h.SetSeed(w.seed)
	for _, mark := range marks {
		maphash.WriteComparable(&h, mark)
	}
	return h.Sum64()
}
