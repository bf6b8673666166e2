package celcointest

import (
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// WithMovingSet lets the set move while it is listed: after a page of details that is not
// the last, its first n pending webhooks are delivered, and as many new ones fail at the end
// of the window. It happens times times, or always if times is negative. Not known of Celcoin;
// any listing by page numbers allows it.
func WithMovingSet(n, times int) Option {
	return check(n >= 1 && times != 0, "WithMovingSet: nothing would move", func(c *config) { c.moving, c.movingTimes = n, times })
}

// WithUnstableTies lets so many pairs of webhooks of the same instant change places with
// each request, all of them if swaps is negative. Not known of Celcoin; databases do it.
func WithUnstableTies(swaps int) Option { return set(func(c *config) { c.unstableTies = swaps }) }

// WithListingCap lists n webhooks of a query at most, while totalItems stays what it is. Not
// known of Celcoin.
func WithListingCap(n int) Option {
	return check(n >= 1, "WithListingCap: n is not positive", func(c *config) { c.listingCap = n })
}

// WithFailedReplayStatus gives a pending webhook this status when a replay of it fails.
// Not known of Celcoin, whose set of statuses is open.
func WithFailedReplayStatus(status celcoin.Status) Option {
	return check(status != "" && status != celcoin.StatusSent, "WithFailedReplayStatus: needs a status of its own",
		func(c *config) { c.failedStatus = status })
}

// WithReplayDelay delivers a replay so long after accepting it. The real delay is unknown.
func WithReplayDelay(d time.Duration) Option {
	return notNegative("WithReplayDelay: d", d, func(c *config) { c.replayDelay = d })
}

// WithReplaySpread delays every replay by a further random time below d. Unknown of Celcoin.
func WithReplaySpread(d time.Duration) Option {
	return notNegative("WithReplaySpread: d", d, func(c *config) { c.replaySpread = d })
}

// WithReplayPace lets so much time pass between two replays. Celcoin's pace is unknown.
func WithReplayPace(d time.Duration) Option {
	return notNegative("WithReplayPace: d", d, func(c *config) { c.replayPace = d })
}

// WithDoubledReplays delivers an accepted replay twice with this probability. Integrators
// expect duplicates; how common they are is unknown.
func WithDoubledReplays(p float64) Option {
	return check(p >= 0 && p <= 1, "WithDoubledReplays: not a probability", func(c *config) { c.doubledReplays = p })
}

// WithLostReplays never delivers an accepted replay with this probability. Unknown of
// Celcoin; acceptance is not delivery.
func WithLostReplays(p float64) Option {
	return check(p >= 0 && p <= 1, "WithLostReplays: not a probability", func(c *config) { c.lostReplays = p })
}

// WithBlocking makes the server give up on a webhook after more than perWebhook failed
// deliveries, on an entity after more than perEvent; 0 is no limit. A replay of what is blocked
// is accepted and not delivered, until [Server.Unblock]. The legacy Pix API documents 20 and 50;
// the details are guesses.
func WithBlocking(perWebhook, perEvent int) Option {
	return notNegative("WithBlocking: a limit", min(perWebhook, perEvent),
		func(c *config) { c.blockWebhook, c.blockEvent = perWebhook, perEvent })
}

// IgnoreReplays makes replays of these webhooks match nothing, and those without webhookId
// pass them over. Not known of Celcoin.
func (s *Server) IgnoreReplays(ids ...string) {
	defer s.lock()()
	for _, id := range ids {
		s.vendor.ignored[id] = true
	}
}
