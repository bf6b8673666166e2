package celcointest

import "time"

// WithTokenMultipartOnly refuses a urlencoded token request with 415. By default both forms
// are taken: the documentation shows multipart/form-data, all public clients send the other.
func WithTokenMultipartOnly(only bool) Option { return set(func(c *config) { c.multipartOnly = only }) }

// WithSingleToken lets a new token revoke those before it. Undocumented.
func WithSingleToken(single bool) Option { return set(func(c *config) { c.singleToken = single }) }

// WithForbidden answers every call but token with 403, CBE468. Seen by integrators.
func WithForbidden(forbidden bool) Option { return set(func(c *config) { c.forbidden = forbidden }) }

// WithSubscriptionRequired answers every call for an entity without subscription with 404,
// CBE217. By default only a replay that would have to deliver is. Undocumented.
func WithSubscriptionRequired(required bool) Option {
	return set(func(c *config) { c.subscriptionRequired = required })
}

// WithUnknownEntityEmpty lets an entity that neither celcoin's lists nor the test's own
// webhooks and subscriptions have be empty. By default it is 400, CBE208, as was seen.
func WithUnknownEntityEmpty(empty bool) Option {
	return set(func(c *config) { c.unknownEmpty = empty })
}

// WithPendingHidden hides pending webhooks from count and details without OnlyPending=true,
// as integrators saw. By default they show everything, as documented.
func WithPendingHidden(hidden bool) Option { return set(func(c *config) { c.pendingHidden = hidden }) }

// WithTrueDates writes createDate and lastUpdateDate in true UTC. By default they are
// Brasília's wall clock with a false Z, as in all samples.
func WithTrueDates(truly bool) Option { return set(func(c *config) { c.trueDates = truly }) }

// WithShiftedDates lets the vendor itself believe the false Z: windows find the events of
// three hours later, and the seven days end three hours early. Unknown of Celcoin.
func WithShiftedDates(shifted bool) Option {
	return set(func(c *config) { c.shift = map[bool]time.Duration{true: brasiliaBehind}[shifted] })
}

// WithDateToExclusive leaves out an event created exactly at DateTo. Undocumented.
func WithDateToExclusive(exclusive bool) Option {
	return set(func(c *config) { c.toExclusive = exclusive })
}

// WithNewestFirst lists the newest first instead of the oldest. Undocumented.
func WithNewestFirst(newest bool) Option { return set(func(c *config) { c.newestFirst = newest }) }

// WithLimitIgnored ignores Limit in details. By default it caps the result and totalPages,
// but not totalItems: a guess from its description.
func WithLimitIgnored(ignored bool) Option { return set(func(c *config) { c.limitIgnored = ignored }) }

// WithDefaultLimit sets the Limit of a details request that has none. Undocumented.
func WithDefaultLimit(n int) Option {
	return notNegative("WithDefaultLimit: n", n, func(c *config) { c.defaultLimit = n })
}

// WithEmptyDetailsOK answers details that find nothing with 200 and an empty list. By
// default it is 404, CBE238, as integrators saw, also beyond the last page.
func WithEmptyDetailsOK(ok bool) Option { return set(func(c *config) { c.emptyDetailsOK = ok }) }

// WithEmptyReplayNotFound answers a replay that matches nothing with 404, CBE238. By
// default it is 200 with totalItems 0. Undocumented.
func WithEmptyReplayNotFound(notFound bool) Option {
	return set(func(c *config) { c.emptyReplayNotFound = notFound })
}

// WithOldRefused refuses details and replays that reach events beyond the age limit with
// 400, CBE376. By default these events are invisible. Both are guesses.
func WithOldRefused(refused bool) Option { return set(func(c *config) { c.oldRefused = refused }) }

// WithAgeLimit sets how long after its date an event can be listed and replayed: seven days
// by default, as documented; 0 for ever.
func WithAgeLimit(d time.Duration) Option {
	return notNegative("WithAgeLimit: d", d, func(c *config) { c.ageLimit = d })
}

// WithPaymentAgeLimit makes the status calls forget payments older than d. One digest of
// the documentation says 8 days for a Pix out.
func WithPaymentAgeLimit(d time.Duration) Option {
	return notNegative("WithPaymentAgeLimit: d", d, func(c *config) { c.paymentAge = d })
}

// WithMaxWindow refuses windows wider than d with 400, CBE376, as a sibling call does. By
// default any width will do: documented ones have 25 days.
func WithMaxWindow(d time.Duration) Option {
	return notNegative("WithMaxWindow: d", d, func(c *config) { c.maxWindow = d })
}

// WithReplayAnswer sets the status that a replay is answered with: SUCCESS by default, as
// documented. Sibling calls have others, such as PROCESSING.
func WithReplayAnswer(status string) Option { return set(func(c *config) { c.replayAnswer = status }) }

// WithBulkReplay allows a replay without webhookId, which resends all that match: the
// default, a guess, since webhookId is documented as required.
func WithBulkReplay(allowed bool) Option { return set(func(c *config) { c.bulkReplay = allowed }) }
