package celcointest

import (
	"net/http"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// criteria gives what a query looks for, as if nothing were hidden.
func (v *vendor) criteria(q query) criteria {
	c := criteria{
		in:     v.ledger.partitions[partitionKey{stored(q.product), q.entity}],
		from:   q.from,
		to:     q.to,
		toOpen: v.cfg.toExclusive,
		id:     q.webhookID,
		filter: q.filter,
	}
	if q.onlyPending {
		c.sees = seesPending
	}
	// Where the vendor keeps Brasília's wall clock as if it were UTC, a window
	// finds the events of three hours later.
	for _, end := range []*time.Time{&c.from, &c.to} {
		if v.cfg.shiftedDates && !end.IsZero() {
			*end = end.Add(brasiliaBehind)
		}
	}
	return c
}

// listing is criteria for count and details, where pending webhooks may be
// hidden from whoever does not ask for them.
func (v *vendor) listing(q query) criteria {
	c := v.criteria(q)
	if v.cfg.pendingHidden && c.sees == seesAll {
		c.sees = seesOthers
	}
	return c
}

// recent leaves out what is beyond the age limit, or refuses a query that reaches
// it: the documentation has the limit, but not what happens beyond.
func (v *vendor) recent(c criteria, now time.Time) (criteria, *simulator.Reply) {
	if v.cfg.ageLimit == 0 {
		return c, nil
	}
	older := c
	c.notBefore = now.Add(-v.cfg.ageLimit)
	if v.cfg.shiftedDates {
		c.notBefore = c.notBefore.Add(brasiliaBehind)
	}
	if older.to.IsZero() || !older.to.Before(c.notBefore) {
		older.to, older.toOpen = c.notBefore, true
	}
	if v.cfg.oldRefused && len(v.ledger.find(older)) > 0 {
		return c, badRequest(codeWindow, "older than the age limit")
	}
	return c, nil
}

// count answers how many webhooks match. The age limit does not bind it.
func (v *vendor) count(q query) *simulator.Reply {
	return enveloped(q.summary(len(v.ledger.find(v.listing(q)))), statusSuccess)
}

// details answers one page of the webhooks that match, and says what moves after it.
func (v *vendor) details(q query, now time.Time, after *move) *simulator.Reply {
	wanted, refused := v.recent(v.listing(q), now)
	if refused != nil {
		return refused
	}
	if q.limit == 0 {
		q.limit = v.cfg.defaultLimit
	}
	found := v.inOrder(v.ledger.find(wanted))
	reachable := len(found)
	if q.limit > 0 && !v.cfg.limitIgnored {
		reachable = min(reachable, q.limit)
	}
	if v.cfg.listingCap > 0 {
		reachable = min(reachable, v.cfg.listingCap)
	}
	first := min((q.page-1)*q.size, reachable)
	end := min(first+q.size, reachable)
	if first == end && !v.cfg.emptyDetailsOK {
		// Finding nothing is an answer, not a refusal: the call was carried out.
		return refuse(http.StatusNotFound, codeNothing, simulator.VerdictOK)
	}
	page := detailsPage{
		Limit:          q.limit,
		CurrentPage:    q.page,
		LimitPerPage:   q.size,
		TotalPages:     (reachable + q.size - 1) / q.size,
		WebhookDetails: make([]detail, 0, end-first),
		summary:        q.summary(len(found)),
	}
	for _, e := range found[first:end] {
		page.WebhookDetails = append(page.WebhookDetails, newDetail(e.webhook(), v.cfg.trueDates))
	}
	*after = v.moving(found, first, end)
	return enveloped(page, statusSuccess)
}

// inOrder gives matches, sorted by creation, the order of details.
func (v *vendor) inOrder(found []*entry) []*entry {
	if !v.cfg.newestFirst && v.cfg.unstableTies == 0 {
		return found
	}
	found = slices.Clone(found)
	if v.cfg.newestFirst {
		slices.Reverse(found)
	}
	for rest := found; v.cfg.unstableTies != 0 && len(rest) > 0; {
		end := slices.IndexFunc(rest, func(e *entry) bool { return !e.created.Equal(rest[0].created) })
		if end < 0 {
			end = len(rest)
		}
		v.shake(rest[:end])
		rest = rest[end:]
	}
	return found
}

// shake changes the order of what was created at the same instant.
func (v *vendor) shake(ties []*entry) {
	swap := func(i, j int) { ties[i], ties[j] = ties[j], ties[i] }
	if v.cfg.unstableTies < 0 {
		v.rng.Shuffle(len(ties), swap)
		return
	}
	for range v.cfg.unstableTies {
		swap(v.rng.IntN(len(ties)), v.rng.IntN(len(ties)))
	}
}

// replay accepts webhooks for delivery and answers how many: those delivered
// before as well, unless only pending ones are asked for. That pending webhooks
// may be hidden from queries does not concern it.
func (v *vendor) replay(q query, now time.Time) *simulator.Reply {
	if q.webhookID == "" && !v.cfg.bulkReplay {
		return badRequest(codeField, "missing webhookId")
	}
	wanted, refused := v.recent(v.criteria(q), now)
	if refused != nil {
		return refused
	}
	found := v.ledger.find(wanted)
	if len(v.ignored) > 0 {
		found = slices.DeleteFunc(slices.Clone(found), func(e *entry) bool { return v.ignored[e.id] })
	}
	_, subscribed := v.subscription(q.entity)
	switch {
	case len(found) == 0 && v.cfg.emptyReplayNotFound:
		return refuse(http.StatusNotFound, codeNothing, "nothing matches")
	case len(found) > 0 && !subscribed:
		return refuse(http.StatusNotFound, codeSubscription, "no subscription")
	}
	v.accept(found, now.Add(v.cfg.replayDelay))
	return enveloped(q.summary(len(found)), v.cfg.replayAnswer)
}

// move is what changes after a page of details, see WithMovingSet.
type move struct {
	leaving []*entry
	created time.Time // of those that fail meanwhile: that of the last of the window
}

// moving picks what leaves after the page that has found[first:end], unless it is
// the last. The caller holds the lock.
func (v *vendor) moving(found []*entry, first, end int) (m move) {
	if v.cfg.moving == 0 || v.moved == v.cfg.movingTimes || end == len(found) {
		return m
	}
	m.created = found[len(found)-1].created
	for _, e := range found[first:end] {
		if e.status == celcoin.StatusPending && len(m.leaving) < v.cfg.moving {
			m.leaving = append(m.leaving, e)
		}
	}
	if len(m.leaving) > 0 {
		v.moved++
	}
	return m
}

// carryOut delivers what leaves, and lets as many others fail.
func (v *vendor) carryOut(m move) {
	for _, e := range m.leaving {
		v.deliver(v.core.Context(), delivery{of: e})
		v.mu.Lock()
		if e.status == celcoin.StatusSent {
			v.add(Webhook{
				Product: e.of.product, Entity: e.of.entity, Created: m.created,
				HTTPStatusCode: http.StatusServiceUnavailable, Response: "receiver is down", Attempts: 1,
			})
		}
		v.mu.Unlock()
	}
}
