package engine

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

const (
	fullPage  = 200
	maxPasses = 10
)

// pass reads a listing from its first to its last page.
type pass struct {
	e     *Engine
	query celcoin.Query
	size  int       // webhooks a page, halved for pages that are too large or too slow
	limit int       // of the whole query; 0: none
	since time.Time // of the first failure in a row
	// begin is told how many there are, by the first page; an error ends the pass.
	begin func(total int) error
	each  func(*celcoin.Webhook) error
}

// run returns how many webhooks Celcoin says there are. It ends at a page that
// is empty or the last; whether all were seen is the caller's to find out.
func (p *pass) run(ctx context.Context) (total int, err error) {
	pages, ok := p.e.API.(pager)
	if !ok {
		return p.iterate(ctx)
	}
	seen, bound := 0, 0
	for page := 1; ; page++ {
		got, err := p.page(ctx, pages, &page)
		if err != nil {
			return total, err
		}
		if len(got.Webhooks) > 0 { // an empty page beyond the last says nothing
			total = got.TotalItems
		}
		if bound == 0 {
			bound = 2*max(got.TotalPages, total/p.size) + 100
			if p.begin != nil {
				if err := p.begin(total); err != nil {
					return total, err
				}
			}
		}
		for i := range got.Webhooks {
			if err := p.each(&got.Webhooks[i]); err != nil {
				return total, err
			}
		}
		seen += len(got.Webhooks)
		if len(got.Webhooks) == 0 || seen >= total && page >= got.TotalPages || page >= bound*fullPage/p.size {
			return total, nil
		}
	}
}

// page asks for a page, and for a smaller one where it is too large or too slow:
// then number is that of the smaller page which begins where the larger did.
func (p *pass) page(ctx context.Context, pages pager, number *int) (*celcoin.WebhookPage, error) {
	for {
		var got *celcoin.WebhookPage
		var last error
		err := p.e.calls.read(ctx, &p.since, func(ctx context.Context, resp *celcoin.Response) (err error) {
			got, err = pages.ListWebhooks(ctx, p.query, celcoin.PageOptions{Page: *number, PageSize: p.size, Limit: p.limit},
				celcoin.WithMaxRetries(0), celcoin.WithResponse(resp))
			if last = err; p.size > 1 && (slow(err) || tooLarge(err)) {
				return errSmaller
			}
			return err
		})
		if !errors.Is(err, errSmaller) {
			return got, err
		}
		if p.since.IsZero() {
			p.since = time.Now()
		} else if time.Since(p.since) > p.e.Policy.MaxWait {
			return nil, last
		}
		*number = (*number-1)*2 + 1
		p.size /= 2
	}
}

// errSmaller asks for a smaller page. It passes for one of ours, not of the
// call's, so that the same page is not asked for again.
var errSmaller = &celcoin.Error{Op: "list webhooks", StatusCode: http.StatusRequestEntityTooLarge}

// tooLarge tells whether an answer was cut: it is an error although its status is a success.
func tooLarge(err error) bool {
	answer, ok := errors.AsType[*celcoin.Error](err)
	return ok && (answer.StatusCode >= 200 && answer.StatusCode <= 299 || answer.StatusCode == http.StatusRequestEntityTooLarge)
}

// iterate is the pass of an API that gives no single pages: all of them are one
// call of it.
func (p *pass) iterate(ctx context.Context) (total int, err error) {
	if total, err = p.e.count(ctx, p.query); err != nil || total == 0 {
		return total, err
	}
	if p.begin != nil {
		if err := p.begin(total); err != nil {
			return total, err
		}
	}
	for {
		var own error
		err = p.e.calls.read(ctx, &p.since, func(ctx context.Context, resp *celcoin.Response) error {
			for w, err := range p.e.API.Webhooks(ctx, p.query, celcoin.WithResponse(resp), celcoin.WithPageSize(p.size)) {
				if err != nil {
					if p.size > 1 && (slow(err) || tooLarge(err)) {
						return errSmaller
					}
					return err
				}
				if own = p.each(&w); own != nil {
					return nil
				}
			}
			return nil
		})
		switch {
		case own != nil:
			return total, own
		case errors.Is(err, celcoin.ErrIncomplete):
			return total, nil // another pass tells
		case !errors.Is(err, errSmaller):
			return total, err
		}
		p.size /= 2
	}
}

// listing is what is known of a window after some passes.
type listing struct {
	differentRows
	items []ledger.Item
	total int // as Celcoin says
}

// short is how many webhooks Celcoin counts and does not list.
func (l *listing) short() int { return max(l.total-len(l.items), 0) }

// list lists a window, in as many passes as it takes: until as many different
// rows were seen as Celcoin says there are, or two passes showed the same. Begin
// is told how many there are.
func (e *Engine) list(ctx context.Context, q celcoin.Query, begin func(total int) error) (*listing, error) {
	return e.listEach(ctx, q, begin, func(*ledger.Item, *celcoin.Webhook) error { return nil })
}

// listEach is list. Each is told each row that differs from those before it.
func (e *Engine) listEach(
	ctx context.Context, q celcoin.Query, begin func(total int) error, each func(*ledger.Item, *celcoin.Webhook) error,
) (*listing, error) {
	l := &listing{}
	p := &pass{e: e, query: q, size: fullPage, begin: begin, each: func(w *celcoin.Webhook) error {
		it := itemOf(w)
		if !l.note(&it) {
			return nil
		}
		l.items = append(l.items, it)
		return each(&it, w)
	}}
	for n := 1; n <= maxPasses; n++ {
		before := len(l.items)
		total, err := p.run(ctx)
		if err != nil {
			return nil, err
		}
		l.total = total
		if l.short() == 0 || n > 1 && len(l.items) == before && p.limit > 0 {
			return l, nil
		}
		// By one reading of the documentation, a query without a limit has one all the same.
		p.limit = total
	}
	return l, nil
}

// count asks how many webhooks match.
func (e *Engine) count(ctx context.Context, q celcoin.Query) (n int, err error) {
	var since time.Time
	err = e.calls.read(ctx, &since, func(ctx context.Context, resp *celcoin.Response) error {
		summary, err := e.API.CountWebhooks(ctx, q, celcoin.WithMaxRetries(0), celcoin.WithResponse(resp))
		if err == nil {
			n = summary.TotalItems
		}
		return err
	})
	return n, err
}
