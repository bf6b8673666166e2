package celcointest

import (
	"net/http"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// recent finds what is within the age limit, or refuses a query that reaches
// beyond it: the documentation has the limit, but not what happens then.
func (v *vendor) recent(q query, now time.Time) ([]*entry, *simulator.Reply) {
	found := v.find(q)
	oldest := now.Add(v.cfg.shift - v.cfg.ageLimit)
	old := 0
	for v.cfg.ageLimit > 0 && old < len(found) && found[old].Created.Before(oldest) {
		old++
	}
	if v.cfg.oldRefused && old > 0 {
		return nil, badRequest(codeWindow, "older than the age limit")
	}
	return found[old:], nil
}

// count answers how many webhooks match. The age limit does not bind it.
func (v *vendor) count(q query) *simulator.Reply {
	return enveloped(q.summary(len(v.find(q))), statusSuccess)
}

// details answers one page of the webhooks that match.
func (v *vendor) details(q query, now time.Time) *simulator.Reply {
	found, refused := v.recent(q, now)
	if refused != nil {
		return refused
	}
	v.order(found)
	if q.limit == 0 {
		q.limit = v.cfg.defaultLimit
	}
	reachable := min(len(found), v.cfg.listingCap)
	if q.limit > 0 && !v.cfg.limitIgnored {
		reachable = min(reachable, q.limit)
	}
	first := min((q.page-1)*q.size, reachable)
	end := min(first+q.size, reachable)
	if first == end && !v.cfg.emptyDetailsOK {
		// Finding nothing is an answer, not a refusal: the call was carried out.
		return refuse(http.StatusNotFound, codeNothing, simulator.VerdictOK)
	}
	page := enveloped(detailsPage{
		Limit: q.limit, CurrentPage: q.page, LimitPerPage: q.size, TotalPages: (reachable + q.size - 1) / q.size,
		WebhookDetails: simulator.Each(found[first:end], v.detail),
		summary:        q.summary(len(found)),
	}, statusSuccess)
	v.move(found, first, end)
	return page
}

// order puts matches, sorted by creation, in the order of details.
func (v *vendor) order(found []*entry) {
	if v.cfg.newestFirst {
		slices.Reverse(found)
	}
	for rest := found; v.cfg.unstableTies != 0 && len(rest) > 0; {
		ties := 1
		for ties < len(rest) && rest[ties].Created.Equal(rest[0].Created) {
			ties++
		}
		swap := func(i, j int) { rest[i], rest[j] = rest[j], rest[i] }
		if v.cfg.unstableTies < 0 {
			v.rng.Shuffle(ties, swap)
		}
		for range v.cfg.unstableTies { // none if it is negative
			swap(v.rng.IntN(ties), v.rng.IntN(ties))
		}
		rest = rest[ties:]
	}
}

// move moves the set after the page that has found[first:end], see WithMovingSet. The
// caller holds the lock, which deliveries do without.
func (v *vendor) move(found []*entry, first, end int) {
	if v.cfg.moving == 0 || v.moved == v.cfg.movingTimes || end == len(found) {
		return
	}
	leaving := slices.Clone(found[first:end])
	leaving = slices.DeleteFunc(leaving, func(e *entry) bool { return e.Status != celcoin.StatusPending })
	if len(leaving) > 0 {
		v.moved++
	}
	last := found[len(found)-1]
	for _, e := range leaving[:min(v.cfg.moving, len(leaving))] {
		v.mu.Unlock()
		v.deliver(v.core.Context(), e, false)
		v.mu.Lock()
		if e.Status == celcoin.StatusSent {
			v.add(Webhook{
				Product: last.Product, Entity: last.Entity, Created: last.Created,
				HTTPStatusCode: http.StatusServiceUnavailable, Response: "receiver is down", Attempts: 1,
			})
		}
	}
}

// replay accepts webhooks for delivery and answers how many: those delivered
// before as well, unless only pending ones are wanted.
func (v *vendor) replay(q query, now time.Time) *simulator.Reply {
	if q.webhookID == "" && !v.cfg.bulkReplay {
		return badRequest(codeField, "missing webhookId")
	}
	found, refused := v.recent(q, now)
	if refused != nil {
		return refused
	}
	found = slices.DeleteFunc(found, func(e *entry) bool { return v.ignored[e.ID] })
	_, subscribed := v.subscription(q.entity)
	switch {
	case len(found) == 0 && v.cfg.emptyReplayNotFound:
		return refuse(http.StatusNotFound, codeNothing, "nothing matches")
	case len(found) > 0 && !subscribed:
		return refuse(http.StatusNotFound, codeSubscription, "no subscription")
	}
	v.accept(found, now)
	return enveloped(q.summary(len(found)), v.cfg.replayAnswer)
}
