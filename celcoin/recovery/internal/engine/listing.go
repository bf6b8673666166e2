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

// errStop ends a listing that need not go on.
var errStop = errors.New("the listing need not go on")

// eachRow goes through what a query finds, each different row once, in as many
// passes over its pages as it takes: until as many were seen as Celcoin says there
// are, or a pass shows nothing new. Begin, if it is not nil, is told by the first
// page of a pass how many there are; an error of it, or of each, ends the listing.
// Unlisted is how many more Celcoin counts than it lists.
func (e *Engine) eachRow(
	ctx context.Context, q celcoin.Query, begin func(total int) error, each func(ledger.Item, *celcoin.Webhook) error,
) (unlisted int, err error) {
	l := &listing{e: e, query: q, size: fullPage, known: map[ledger.Name]struct{}{}}
	for n := 1; n <= maxPasses; n++ {
		before := len(l.known)
		total, err := l.pass(ctx, begin, each)
		unlisted = max(total-len(l.known), 0)
		if err != nil || unlisted == 0 || n > 1 && len(l.known) == before {
			return unlisted, err
		}
		// By one reading of the documentation, a query without a limit has one all the same.
		l.limit = total
	}
	return unlisted, nil
}

// list returns what eachRow goes through, unless an error ends it.
func (e *Engine) list(ctx context.Context, q celcoin.Query, begin func(total int) error) ([]ledger.Item, int, error) {
	var items []ledger.Item
	unlisted, err := e.eachRow(ctx, q, begin, func(it ledger.Item, _ *celcoin.Webhook) error {
		items = append(items, it)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return items, unlisted, nil
}

// listing is how far a query has been listed.
type listing struct {
	e     *Engine
	query celcoin.Query
	size  int                      // webhooks a page, halved for pages that are too large or too slow
	limit int                      // of the whole query; 0: none
	since time.Time                // of the first failure in a row
	known map[ledger.Name]struct{} // a listing may show a row twice, and its pages may come from sets that differ
}

// pass goes through the pages once, up to one that is empty or the last. It returns
// how many webhooks Celcoin says there are.
func (l *listing) pass(
	ctx context.Context, begin func(total int) error, each func(ledger.Item, *celcoin.Webhook) error,
) (total int, err error) {
	seen := 0
	for page := 1; ; page++ {
		got, err := l.page(ctx, &page)
		if err != nil {
			return total, err
		}
		if page == 1 || len(got.Webhooks) > 0 { // an empty page beyond the last says nothing
			total = got.TotalItems
		}
		if page == 1 && begin != nil {
			if err := begin(total); err != nil {
				return total, err
			}
		}
		for i := range got.Webhooks {
			it := itemOf(&got.Webhooks[i])
			if _, again := l.known[it.Name()]; again {
				continue
			}
			l.known[it.Name()] = struct{}{}
			if err := each(it, &got.Webhooks[i]); err != nil {
				return total, err
			}
		}
		seen += len(got.Webhooks)
		if len(got.Webhooks) == 0 || seen >= total && page >= got.TotalPages {
			return total, nil
		}
	}
}

// page asks for a page, and for a smaller one where it is too large or too slow:
// then number is that of the smaller page which begins where the larger did.
func (l *listing) page(ctx context.Context, number *int) (*celcoin.WebhookPage, error) {
	pages, ok := l.e.API.(pager)
	if !ok {
		pages = whole{l.e.API}
	}
	for {
		var got *celcoin.WebhookPage
		var last error
		err := l.e.Ask(ctx, &l.since, func(ctx context.Context, resp *celcoin.Response) (err error) {
			got, err = pages.ListWebhooks(ctx, l.query, celcoin.PageOptions{Page: *number, PageSize: l.size, Limit: l.limit},
				celcoin.WithMaxRetries(0), celcoin.WithResponse(resp))
			if last = err; l.size > 1 && (slow(err) || tooLarge(err)) {
				return errSmaller
			}
			return err
		})
		if !errors.Is(err, errSmaller) {
			return got, err
		}
		if l.since.IsZero() {
			l.since = time.Now()
		} else if time.Since(l.since) > l.e.Policy.MaxWait {
			return nil, last
		}
		*number = (*number-1)*2 + 1
		l.size /= 2
	}
}

// errSmaller asks for a smaller page. Unlike the error that it stands for, it ends the
// attempts at the larger one.
var errSmaller = &celcoin.Error{Op: "list webhooks", StatusCode: http.StatusRequestEntityTooLarge}

// tooLarge tells whether an answer was cut: it is an error although its status is a success.
func tooLarge(err error) bool {
	answer, ok := errors.AsType[*celcoin.Error](err)
	return ok && (answer.StatusCode >= 200 && answer.StatusCode <= 299 || answer.StatusCode == http.StatusRequestEntityTooLarge)
}

// whole gives all that a query finds as one page, for an API without single pages.
type whole struct{ API }

func (a whole) ListWebhooks(ctx context.Context, q celcoin.Query, p celcoin.PageOptions, opts ...celcoin.CallOption) (*celcoin.WebhookPage, error) {
	page := &celcoin.WebhookPage{}
	if p.Page > 1 {
		return page, nil
	}
	summary, err := a.CountWebhooks(ctx, q, opts...)
	if err != nil {
		return nil, err
	}
	page.ReplaySummary, page.TotalPages = *summary, 1
	for w, err := range a.Webhooks(ctx, q, celcoin.WithPageSize(p.PageSize)) { // with retries of its own
		if errors.Is(err, celcoin.ErrIncomplete) {
			break // another pass tells
		}
		if err != nil {
			return nil, err
		}
		page.Webhooks = append(page.Webhooks, w)
	}
	return page, nil
}

// count asks how many webhooks match.
func (e *Engine) count(ctx context.Context, q celcoin.Query) (n int, err error) {
	var since time.Time
	err = e.Ask(ctx, &since, func(ctx context.Context, resp *celcoin.Response) error {
		summary, err := e.API.CountWebhooks(ctx, q, celcoin.WithMaxRetries(0), celcoin.WithResponse(resp))
		if err == nil {
			n = summary.TotalItems
		}
		return err
	})
	return n, err
}
