package celcointest

import (
	"fmt"
	"net/http"
	"time"
)

// WithReceiver subscribes a handler to every entity: deliveries are calls of it,
// without a socket, as a testing/synctest bubble needs it. [Server.Subscribe]
// still sets the URL, login and password that it sees.
func WithReceiver(handler http.Handler) Option {
	return check(handler != nil, "WithReceiver: no handler",
		func(cfg *config) { cfg.receiver = handler })
}

// WithReplayDelay puts so much time, on the server's clock, between accepting a
// replay and delivering it. The default is 0: at once, but not before the replay
// has been accepted. The real delay is unknown.
func WithReplayDelay(d time.Duration) Option {
	return check(d >= 0, fmt.Sprintf("WithReplayDelay: %v is negative", d),
		func(cfg *config) { cfg.replayDelay = d })
}

// WithReplaySpread delays every delivery by a further random time below d, so
// that webhooks arrive in another order than they were asked for. The default is 0.
func WithReplaySpread(d time.Duration) Option {
	return check(d >= 0, fmt.Sprintf("WithReplaySpread: %v is negative", d),
		func(cfg *config) { cfg.replaySpread = d })
}

// WithReplayPace lets so much time pass between two deliveries of replays, whatever
// asked for them, so that many replays take long. Celcoin's pace is unknown. The
// default is 0.
func WithReplayPace(d time.Duration) Option {
	return check(d >= 0, fmt.Sprintf("WithReplayPace: %v is negative", d),
		func(cfg *config) { cfg.replayPace = d })
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

// WithBlocking makes the server give up: a webhook is blocked after more than
// perWebhook failed deliveries, an entity with all its webhooks after more than
// perEvent; 0 is no limit. A replay of what is blocked is accepted and not
// delivered. [Server.Unblock] ends it.
//
// The documentation of the legacy Pix API has 20 attempts of a transaction and
// 50 of an event. That only failures count, that success does not start the
// count of an entity anew, and that a replay is accepted all the same are
// guesses, the less favourable ones. By default nothing is blocked.
func WithBlocking(perWebhook, perEvent int) Option {
	return check(perWebhook >= 0 && perEvent >= 0, fmt.Sprintf("WithBlocking: %d and %d: a limit is negative", perWebhook, perEvent),
		func(cfg *config) { cfg.blockWebhook, cfg.blockEvent = perWebhook, perEvent })
}
