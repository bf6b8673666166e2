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
	if q.onlyPending != nil && *q.onlyPending {
		c.sees = seesPending
	}
	// Where the vendor keeps Brasília's wall clock as if it were UTC, a window
	// finds the events of three hours later.
	if v.cfg.shiftedDates {
		if !c.from.IsZero() {
			c.from = c.from.Add(brasiliaBehind)
		}
		if !c.to.IsZero() {
			c.to = c.to.Add(brasiliaBehind)
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
func (v *vendor) recent(c criteria, now time.Time) (criteria, *refusal) {
	if v.cfg.ageLimit == 0 {
		return c, nil
	}
	c.notBefore = now.Add(-v.cfg.ageLimit)
	if v.cfg.shiftedDates {
		c.notBefore = c.notBefore.Add(brasiliaBehind)
	}
	if !v.cfg.oldRefused {
		return c, nil
	}
	older := c
	older.notBefore = time.Time{}
	if older.to.IsZero() || !older.to.Before(c.notBefore) {
		older.to, older.toOpen = c.notBefore, true
	}
	if len(v.ledger.find(older)) > 0 {
		return c, badRequest(codeWindow, "older than the age limit")
	}
	return c, nil
}

// count answers how many webhooks match. The age limit does not bind it.
func (v *vendor) count(q query) simulator.Reply {
	return success(q.summary(len(v.ledger.find(v.listing(q)))))
}

// details answers one page of the webhooks that match, and says what moves after it.
func (v *vendor) details(q query, now time.Time) (simulator.Reply, move) {
	wanted, refused := v.recent(v.listing(q), now)
	if refused != nil {
		return refused.reply(), move{}
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
		reply := (&refusal{status: http.StatusNotFound, code: codeNothing}).reply()
		// Finding nothing is an answer, not a refusal: the call was carried out.
		reply.Verdict = simulator.VerdictOK
		return reply, move{}
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
	return success(page), v.moving(found, first, end)
}

// inOrder gives matches, sorted by creation, the order of details.
func (v *vendor) inOrder(found []*entry) []*entry {
	if v.cfg.newestFirst || v.cfg.unstableTies != 0 {
		found = slices.Clone(found)
	}
	if v.cfg.newestFirst {
		slices.Reverse(found)
	}
	if v.cfg.unstableTies != 0 {
		v.shakeTies(found)
	}
	return found
}

// replay accepts webhooks for delivery and answers how many: those delivered
// before as well, unless only pending ones are asked for. That pending webhooks
// may be hidden from queries does not concern it.
func (v *vendor) replay(q query, now time.Time) simulator.Reply {
	if q.webhookID == "" && !v.cfg.bulkReplay {
		return badRequest(codeField, "missing webhookId").reply()
	}
	wanted, refused := v.recent(v.criteria(q), now)
	if refused != nil {
		return refused.reply()
	}
	found := v.ledger.find(wanted)
	if len(v.ignored) > 0 {
		found = slices.DeleteFunc(slices.Clone(found), func(e *entry) bool { return v.ignored[e.id] })
	}
	_, subscribed := v.subscription(q.entity)
	switch {
	case len(found) == 0 && v.cfg.emptyReplayNotFound:
		return (&refusal{status: http.StatusNotFound, code: codeNothing, verdict: "nothing matches"}).reply()
	case len(found) > 0 && !subscribed:
		return (&refusal{status: http.StatusNotFound, code: codeSubscription, verdict: "no subscription"}).reply()
	}
	v.accept(found, now.Add(v.cfg.replayDelay))
	return enveloped(q.summary(len(found)), v.cfg.replayAnswer)
}

// summary echoes the query with the number of matches.
func (q query) summary(total int) summary {
	return summary{
		OnlyPending: q.onlyPending != nil && *q.onlyPending,
		Entity:      q.entity,
		DateFrom:    echoDate(q.from),
		DateTo:      echoDate(q.to),
		TotalItems:  total,
	}
}

// move is what changes after a page of details, see WithMovingSet.
type move struct {
	leaving []*entry
	created time.Time // of those that fail meanwhile: that of the last of the window
}

// moving picks what leaves after the page that has found[first:end], unless it is
// the last. The caller holds the lock.
func (v *vendor) moving(found []*entry, first, end int) move {
	if v.cfg.moving == 0 || v.moved == v.cfg.movingTimes || end == len(found) {
		return move{}
	}
	m := move{created: found[len(found)-1].created}
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
			v.add(failedOnce(e.of, m.created))
		}
		v.mu.Unlock()
	}
}

// shakeTies changes the order of what was created at the same instant.
func (v *vendor) shakeTies(found []*entry) {
	for len(found) > 0 {
		end := slices.IndexFunc(found, func(e *entry) bool { return !e.created.Equal(found[0].created) })
		if end < 0 {
			end = len(found)
		}
		ties := found[:end]
		found = found[end:]
		swap := func(i, j int) { ties[i], ties[j] = ties[j], ties[i] }
		if v.cfg.unstableTies < 0 {
			v.rng.Shuffle(len(ties), swap)
			continue
		}
		for range v.cfg.unstableTies {
			swap(v.rng.IntN(len(ties)), v.rng.IntN(len(ties)))
		}
	}
}
