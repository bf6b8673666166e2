package celcointest

import (
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// count answers how many webhooks match. The seven days do not bind it.
func (v *vendor) count(q query) simulator.Reply {
	if refused := v.tooWide(q); refused != nil {
		return refused.reply()
	}
	return success(q.summary(v.ledger.find(v.listing(q)).total()))
}

// details answers one page of the webhooks that match.
func (v *vendor) details(q query, now time.Time) (simulator.Reply, []reference) {
	if refused := v.tooWide(q); refused != nil {
		return refused.reply(), nil
	}
	wanted, refused := v.recent(v.listing(q), now)
	if refused != nil {
		return refused.reply(), nil
	}
	if q.limit == 0 {
		q.limit = v.cfg.defaultLimit
	}
	found := v.ledger.find(wanted)
	total := found.total()
	reachable := total
	if q.limit > 0 && !v.cfg.limitIgnored {
		reachable = min(total, q.limit)
	}
	if v.cfg.listingCap > 0 {
		reachable = min(reachable, v.cfg.listingCap)
	}
	page := detailsPage{
		Limit:          q.limit,
		CurrentPage:    q.page,
		LimitPerPage:   q.size,
		TotalPages:     (reachable + q.size - 1) / q.size,
		WebhookDetails: []detail{},
		summary:        q.summary(total),
	}
	var leaving []reference
	if q.page <= page.TotalPages {
		numbers := v.page(found, (q.page-1)*q.size, min(q.size, reachable-(q.page-1)*q.size))
		if q.page < page.TotalPages {
			leaving = v.leaving(found, numbers)
		}
		for _, number := range numbers {
			page.WebhookDetails = append(page.WebhookDetails, newDetail(v.ledger.webhook(found.shelf, number), v.cfg.trueDates))
		}
	}
	if len(page.WebhookDetails) == 0 && !v.cfg.emptyDetailsOK {
		reply := (&refusal{status: http.StatusNotFound, code: codeNothing}).reply()
		// Finding nothing is an answer, not a refusal: the call was carried out.
		reply.Verdict = simulator.VerdictOK
		return reply, nil
	}
	return success(page), leaving
}

// page gives n matches after the first skip ones, in the order of details.
func (v *vendor) page(found selection, skip, n int) []int32 {
	if v.cfg.unstableTies == 0 {
		return found.page(skip, n, v.cfg.newestFirst)
	}
	all := found.page(0, found.total(), v.cfg.newestFirst)
	v.shake(found.shelf, all)
	return all[skip : skip+n]
}
