package celcointest

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// WithMovingSet lets the pending webhooks change while somebody lists them: after a
// page of details that is not the last, the first n pending webhooks of that page
// are delivered, and as many new ones fail at the end of the same window, so that
// the total stays. What the receiver does not take stays pending, and nothing is
// added for it. It happens times times, or after every page if times is
// negative. Not known of Celcoin; any listing by page numbers allows it.
func WithMovingSet(n, times int) Option {
	return check(n >= 1 && times != 0, fmt.Sprintf("WithMovingSet: %d webhooks, %d times: nothing would move", n, times),
		func(cfg *config) { cfg.moving, cfg.movingTimes = n, times })
}

// WithUnstableTies lists webhooks of the same instant in an order that changes with
// every request: so many pairs change places, all of them if swaps is negative.
// Not known of Celcoin; databases do it. By default ties keep the order in which
// they were added.
func WithUnstableTies(swaps int) Option { return set(func(cfg *config) { cfg.unstableTies = swaps }) }

// WithListingCap lists n webhooks of a query at most, whatever Limit says, while
// totalItems stays what it is. Not known of Celcoin. By default there is no cap.
func WithListingCap(n int) Option {
	return check(n >= 1, "WithListingCap: n is not positive", func(cfg *config) { cfg.listingCap = n })
}

// WithFailedReplayStatus gives a pending webhook this status when a replay of it
// fails, which takes it out of the pending ones. Celcoin's set of statuses is
// open, and no such status is known. By default it stays pending.
func WithFailedReplayStatus(status celcoin.Status) Option {
	return check(status != "" && status != celcoin.StatusSent, "WithFailedReplayStatus: needs a status of its own",
		func(cfg *config) { cfg.failedStatus = status })
}

// WithReplayDelay puts so much time, on the server's clock, between accepting a
// replay and delivering it: none by default. The real delay is unknown.
func WithReplayDelay(d time.Duration) Option {
	return notNegative("WithReplayDelay: d", d, func(cfg *config) { cfg.replayDelay = d })
}

// WithReplaySpread delays every delivery by a further random time below d, so
// that webhooks arrive in another order than they were asked for. The default is 0.
func WithReplaySpread(d time.Duration) Option {
	return notNegative("WithReplaySpread: d", d, func(cfg *config) { cfg.replaySpread = d })
}

// WithReplayPace lets so much time pass between two deliveries of replays, whatever
// asked for them. Celcoin's pace is unknown. The default is 0.
func WithReplayPace(d time.Duration) Option {
	return notNegative("WithReplayPace: d", d, func(cfg *config) { cfg.replayPace = d })
}

// WithDoubledReplays delivers an accepted replay twice with this probability.
// Integrators expect duplicates; how common they are is unknown.
func WithDoubledReplays(probability float64) Option {
	return check(probability >= 0 && probability <= 1, fmt.Sprintf("WithDoubledReplays: %v is not a probability", probability),
		func(cfg *config) { cfg.doubledReplays = probability })
}

// WithLostReplays never delivers an accepted replay with this probability, for
// acceptance is not delivery.
func WithLostReplays(probability float64) Option {
	return check(probability >= 0 && probability <= 1, fmt.Sprintf("WithLostReplays: %v is not a probability", probability),
		func(cfg *config) { cfg.lostReplays = probability })
}

// WithBlocking makes the server give up on a webhook after more than perWebhook
// failed deliveries, on an entity after more than perEvent; 0, the default, is no
// limit. A replay of what is blocked is accepted and not delivered, until
// [Server.Unblock]. The legacy Pix API documents 20 attempts of a transaction and
// 50 of an event; the details are guesses.
func WithBlocking(perWebhook, perEvent int) Option {
	return notNegative("WithBlocking: a limit", min(perWebhook, perEvent),
		func(cfg *config) { cfg.blockWebhook, cfg.blockEvent = perWebhook, perEvent })
}

// IgnoreReplays makes replays of these webhooks match nothing: they are answered
// 200 with totalItems 0, or what [WithEmptyReplayNotFound] says. A replay without
// webhookId passes them over. Not known of Celcoin.
func (s *Server) IgnoreReplays(ids ...string) {
	defer s.lock()()
	for _, id := range ids {
		s.vendor.ignored[id] = true
	}
}

// ForEntity is a [Fault].Match for the calls of these entities, of every product.
func ForEntity(entities ...celcoin.Entity) func(*http.Request) bool {
	return func(r *http.Request) bool {
		at, ok := parseRoute(r.URL)
		return ok && slices.Contains(entities, at.entity)
	}
}

// EntityHangs leaves every call of an entity without an answer, until the client
// leaves. An integrator saw onboarding-proposal and onboarding-documentscopy hang
// for some 120 seconds in Celcoin's sandbox.
func EntityHangs(entity celcoin.Entity) Fault {
	return Fault{Match: ForEntity(entity), Times: -1, Hang: true}
}

// EntityTimesOut answers every call of an entity with the gateway's 504, at once;
// set DelayHeaders for a real gateway's pace. No known entity of Celcoin does it.
func EntityTimesOut(entity celcoin.Entity) Fault {
	return Fault{Match: ForEntity(entity), Times: -1, Status: http.StatusGatewayTimeout}
}

// EntityMute answers every call of an entity, count too, with 404 and code CBE238,
// whatever there is. An integrator saw it of onboarding-create, kyc and
// account-status in Celcoin's sandbox.
func EntityMute(entity celcoin.Entity) Fault {
	return Fault{Match: ForEntity(entity), Times: -1, Status: http.StatusNotFound, Code: codeNothing}
}

// EntityRefused answers every call of an entity with an error of Celcoin's. Seen by
// integrators are 404 CBE217 (no subscription), 403 CBE468 (not allowed), and
// 400 CBE206 or CBE208 (unknown entity).
func EntityRefused(entity celcoin.Entity, status int, code string) Fault {
	return Fault{Match: ForEntity(entity), Times: -1, Status: status, Code: code}
}

// WithUnknownEntityEmpty chooses what becomes of an entity that is not among
// [celcoin.PixEntities] or [celcoin.BaaSEntities] of its product, nor among the
// test's own webhooks and subscriptions: 400 with code CBE208 (the default, seen
// by an integrator), or none of its webhooks match.
func WithUnknownEntityEmpty(empty bool) Option {
	return set(func(cfg *config) { cfg.unknownEmpty = empty })
}
