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
func (v *vendor) details(q query, now time.Time) simulator.Reply {
	if refused := v.tooWide(q); refused != nil {
		return refused.reply()
	}
	wanted, refused := v.recent(v.listing(q), now)
	if refused != nil {
		return refused.reply()
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
	page := detailsPage{
		Limit:          q.limit,
		CurrentPage:    q.page,
		LimitPerPage:   q.size,
		TotalPages:     (reachable + q.size - 1) / q.size,
		WebhookDetails: []detail{},
		summary:        q.summary(total),
	}
	if q.page <= page.TotalPages {
		skip := (q.page - 1) * q.size
		for _, number := range found.page(skip, min(q.size, reachable-skip), v.cfg.newestFirst) {
			page.WebhookDetails = append(page.WebhookDetails, newDetail(v.ledger.webhook(found.shelf, number), v.cfg.trueDates))
		}
	}
	if len(page.WebhookDetails) == 0 && !v.cfg.emptyDetailsOK {
		reply := (&refusal{status: http.StatusNotFound, code: codeNothing}).reply()
		// Finding nothing is an answer, not a refusal: the call was carried out.
		reply.Verdict = simulator.VerdictOK
		return reply
	}
	return success(page)
}
