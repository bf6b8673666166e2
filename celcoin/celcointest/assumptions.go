package celcointest

import "time"

// notNegative makes an option of a number or a duration.
func notNegative[N int | time.Duration](name string, n N, change func(*config)) Option {
	return check(n >= 0, name+" is negative", change)
}

// WithPendingHidden chooses what OnlyPending unset or false shows in count and
// details: everything, as the documentation reads (the default), or with hidden
// all but the pending webhooks, as integrators saw.
func WithPendingHidden(hidden bool) Option {
	return set(func(cfg *config) { cfg.pendingHidden = hidden })
}

// WithTrueDates chooses how createDate and lastUpdateDate are written: as
// Brasília's wall clock with a Z that is false (the default; a guess from all
// samples, and seen by integrators), or with truly set in true UTC.
func WithTrueDates(truly bool) Option { return set(func(cfg *config) { cfg.trueDates = truly }) }

// WithShiftedDates chooses whether the vendor itself believes the false Z of the
// dates: a window then finds the events of three hours later, and the seven days
// end three hours early. Unknown of Celcoin; by default windows and ages are right.
func WithShiftedDates(shifted bool) Option {
	return set(func(cfg *config) { cfg.shiftedDates = shifted })
}

// WithDateToExclusive chooses whether an event created exactly at DateTo is left
// out. Undocumented; by default both ends belong to the window.
func WithDateToExclusive(exclusive bool) Option {
	return set(func(cfg *config) { cfg.toExclusive = exclusive })
}

// WithNewestFirst chooses the order of details: by creation from the oldest (the
// default), or from the newest. Undocumented.
func WithNewestFirst(newest bool) Option { return set(func(cfg *config) { cfg.newestFirst = newest }) }

// WithLimitIgnored chooses what Limit does in details: it caps the whole result and
// totalPages, while totalItems stays what it is (the default, a guess from its
// description), or nothing.
func WithLimitIgnored(ignored bool) Option {
	return set(func(cfg *config) { cfg.limitIgnored = ignored })
}

// WithDefaultLimit sets the Limit of a details request that has none. By default
// such a request is not limited, and the answer says 0. Undocumented.
func WithDefaultLimit(n int) Option {
	return notNegative("WithDefaultLimit: n", n, func(cfg *config) { cfg.defaultLimit = n })
}

// WithEmptyDetailsOK chooses what details answer when nothing matches, or beyond
// the last page: 404 with code CBE238 (the default, seen by integrators), or 200
// with an empty list.
func WithEmptyDetailsOK(ok bool) Option { return set(func(cfg *config) { cfg.emptyDetailsOK = ok }) }

// WithEmptyReplayNotFound chooses what a replay answers when nothing matches: 200
// with totalItems 0 (the default), or 404 with code CBE238. Undocumented.
func WithEmptyReplayNotFound(notFound bool) Option {
	return set(func(cfg *config) { cfg.emptyReplayNotFound = notFound })
}

// WithOldRefused chooses what happens to events beyond the documented seven days
// in details and replay: they are invisible (the default), or a query that
// reaches one is refused with 400 and code CBE376. Both are guesses.
func WithOldRefused(refused bool) Option { return set(func(cfg *config) { cfg.oldRefused = refused }) }

// WithAgeLimit sets how long after its date an event can be listed and replayed:
// seven days by default, as documented; 0 for ever.
func WithAgeLimit(d time.Duration) Option {
	return notNegative("WithAgeLimit: d", d, func(cfg *config) { cfg.ageLimit = d })
}

// WithPaymentAgeLimit makes the status calls forget payments that are older than
// d. One digest of Celcoin's documentation says 8 days for a Pix out. By default,
// and with 0, there is no limit.
func WithPaymentAgeLimit(d time.Duration) Option {
	return notNegative("WithPaymentAgeLimit: d", d, func(cfg *config) { cfg.paymentAge = d })
}

// WithMaxWindow refuses windows wider than d with 400 and code CBE376, as a
// sibling call does. By default, and with 0, any width will do; the
// documentation's own windows are 25 days wide.
func WithMaxWindow(d time.Duration) Option {
	return notNegative("WithMaxWindow: d", d, func(cfg *config) { cfg.maxWindow = d })
}

// WithReplayAnswer sets the status in the envelope of a replay that was carried
// out and answered 200: SUCCESS by default, as documented. Another one, such as
// PROCESSING, is not known of this call; sibling calls have it.
func WithReplayAnswer(status string) Option {
	return set(func(cfg *config) { cfg.replayAnswer = status })
}

// WithBulkReplay chooses whether a replay without webhookId resends all that
// match (the default, a guess), or is refused with 400, since the documentation
// calls webhookId required.
func WithBulkReplay(allowed bool) Option { return set(func(cfg *config) { cfg.bulkReplay = allowed }) }

// WithSubscriptionRequired chooses what becomes of an entity that nobody subscribed
// to: it has no webhooks (the default), or every call is answered 404 with code
// CBE217. A replay that would have to deliver gets the latter in any case.
func WithSubscriptionRequired(required bool) Option {
	return set(func(cfg *config) { cfg.subscriptionRequired = required })
}
