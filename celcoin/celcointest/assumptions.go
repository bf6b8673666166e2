package celcointest

import (
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// WithTokenMultipartOnly refuses a urlencoded token request with 415. By default both forms
// are taken: the documentation shows multipart/form-data, all public clients send the other.
func WithTokenMultipartOnly(only bool) Option { return func(c *config) { c.multipartOnly = only } }

// WithSingleToken lets a new token revoke those before it. Undocumented.
func WithSingleToken(single bool) Option { return func(c *config) { c.singleToken = single } }

// WithForbidden answers every call but token with 403, CBE468. Seen by integrators.
func WithForbidden(forbidden bool) Option { return func(c *config) { c.forbidden = forbidden } }

// WithSubscriptionRequired answers every call for an entity without subscription with 404,
// CBE217. By default only a replay that would have to deliver is. Undocumented.
func WithSubscriptionRequired(required bool) Option {
	return func(c *config) { c.subscriptionRequired = required }
}

// WithUnknownEntityEmpty lets an entity that neither celcoin's lists nor the test's own
// webhooks and subscriptions have be empty. By default it is 400, CBE208, as was seen.
func WithUnknownEntityEmpty(empty bool) Option { return func(c *config) { c.unknownEmpty = empty } }

// WithPendingHidden hides pending webhooks from count and details without OnlyPending=true,
// as integrators saw. By default they show everything, as documented.
func WithPendingHidden(hidden bool) Option { return func(c *config) { c.pendingHidden = hidden } }

// WithTrueDates writes createDate and lastUpdateDate in true UTC. By default they are
// Brasília's wall clock with a false Z, as in all samples.
func WithTrueDates(truly bool) Option { return func(c *config) { c.trueDates = truly } }

// WithShiftedDates lets the vendor itself believe the false Z: windows find the events of
// three hours later, and the seven days end three hours early. Unknown of Celcoin.
func WithShiftedDates(shifted bool) Option { return func(c *config) { c.shiftedDates = shifted } }

// WithDateToExclusive leaves out an event created exactly at DateTo. Undocumented.
func WithDateToExclusive(exclusive bool) Option { return func(c *config) { c.toExclusive = exclusive } }

// WithNewestFirst lists the newest first instead of the oldest. Undocumented.
func WithNewestFirst(newest bool) Option { return func(c *config) { c.newestFirst = newest } }

// WithLimitIgnored ignores Limit in details. By default it caps the result and totalPages,
// but not totalItems: a guess from its description.
func WithLimitIgnored(ignored bool) Option { return func(c *config) { c.limitIgnored = ignored } }

// WithDefaultLimit sets the Limit of a details request that has none. Undocumented.
func WithDefaultLimit(n int) Option { return func(c *config) { c.defaultLimit = n } }

// WithEmptyDetailsOK answers details that find nothing with 200 and an empty list. By
// default it is 404, CBE238, as integrators saw, also beyond the last page.
func WithEmptyDetailsOK(ok bool) Option { return func(c *config) { c.emptyDetailsOK = ok } }

// WithEmptyReplayNotFound answers a replay that matches nothing with 404, CBE238. By
// default it is 200 with totalItems 0. Undocumented.
func WithEmptyReplayNotFound(notFound bool) Option {
	return func(c *config) { c.emptyReplayNotFound = notFound }
}

// WithOldRefused refuses details and replays that reach events beyond the age limit with
// 400, CBE376. By default these events are invisible. Both are guesses.
func WithOldRefused(refused bool) Option { return func(c *config) { c.oldRefused = refused } }

// WithAgeLimit sets how long after its date an event can be listed and replayed: seven days
// by default, as documented; 0 for ever.
func WithAgeLimit(d time.Duration) Option { return func(c *config) { c.ageLimit = d } }

// WithPaymentAgeLimit makes the status calls forget payments older than d. One digest of
// the documentation says 8 days for a Pix out.
func WithPaymentAgeLimit(d time.Duration) Option { return func(c *config) { c.paymentAge = d } }

// WithMaxWindow refuses windows wider than d with 400, CBE376, as a sibling call does. By
// default any width will do: documented ones have 25 days.
func WithMaxWindow(d time.Duration) Option { return func(c *config) { c.maxWindow = d } }

// WithReplayAnswer sets the status that a replay is answered with: SUCCESS by default, as
// documented. Sibling calls have others, such as PROCESSING.
func WithReplayAnswer(status string) Option { return func(c *config) { c.replayAnswer = status } }

// WithBulkReplay allows a replay without webhookId, which resends all that match: the
// default, a guess, since webhookId is documented as required.
func WithBulkReplay(allowed bool) Option { return func(c *config) { c.bulkReplay = allowed } }

// WithMovingSet lets the set move while it is listed: after a page that is not the last, its
// first n pending webhooks are delivered, and as many new ones fail at the end of the window;
// that many times, or always if negative. Not known of Celcoin; listings by page allow it.
func WithMovingSet(n, times int) Option {
	return func(c *config) { c.moving, c.movingTimes = n, times }
}

// WithUnstableTies lets so many pairs of webhooks of the same instant change places with
// each request, all of them if swaps is negative. Not known of Celcoin; databases do it.
func WithUnstableTies(swaps int) Option { return func(c *config) { c.unstableTies = swaps } }

// WithListingCap lists n webhooks at most; totalItems stays what it is. Not known of Celcoin.
func WithListingCap(n int) Option { return func(c *config) { c.listingCap = n } }

// WithFailedReplayStatus gives a pending webhook this status when a replay of it fails.
// Not known of Celcoin, whose set of statuses is open.
func WithFailedReplayStatus(status celcoin.Status) Option {
	return func(c *config) { c.failedStatus = status }
}

// WithReplayDelay delivers a replay so long after accepting it. The real delay is unknown.
func WithReplayDelay(d time.Duration) Option { return func(c *config) { c.replayDelay = d } }

// WithReplaySpread delays every replay by a further random time below d. Unknown of Celcoin.
func WithReplaySpread(d time.Duration) Option { return func(c *config) { c.replaySpread = d } }

// WithReplayPace lets so much time pass between two replays. Celcoin's pace is unknown.
func WithReplayPace(d time.Duration) Option { return func(c *config) { c.replayPace = d } }

// WithDoubledReplays delivers an accepted replay twice with this probability. Integrators
// expect duplicates; how common they are is unknown.
func WithDoubledReplays(p float64) Option { return func(c *config) { c.doubledReplays = p } }

// WithLostReplays never delivers an accepted replay with this probability. Unknown of
// Celcoin; acceptance is not delivery.
func WithLostReplays(p float64) Option { return func(c *config) { c.lostReplays = p } }

// WithBlocking gives up on a webhook after more than perWebhook failed deliveries, on an entity
// after more than perEvent; 0 is no limit. Replays of it are accepted and not delivered, until
// [Server.Unblock]. The legacy Pix API documents 20 and 50; the details are guesses.
func WithBlocking(perWebhook, perEvent int) Option {
	return func(c *config) { c.blockWebhook, c.blockEvent = perWebhook, perEvent }
}
