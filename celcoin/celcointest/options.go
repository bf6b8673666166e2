package celcointest

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Option sets up a [Server]. An option that makes no sense is an error of
// [Start]. Those that choose between two assumptions about an open question
// take a bool, and say which is the default.
type Option func(*config) error

type config struct {
	simulator.Config

	clientID, clientSecret                             string
	tokenLifetime                                      time.Duration
	singleToken, multipartOnly, forbidden, retryAfter  bool
	limit                                              simulator.RateLimit
	products                                           map[celcoin.Product]bool
	subscriptionRequired, unknownEmpty                 bool
	pendingHidden, trueDates, shiftedDates             bool
	toExclusive, newestFirst, limitIgnored, oldRefused bool
	emptyDetailsOK, emptyReplayNotFound, bulkReplay    bool
	defaultLimit, listingCap                           int
	maxWindow, ageLimit, paymentAge                    time.Duration
	moving, movingTimes, unstableTies                  int

	replayAnswer                          string
	failedStatus                          celcoin.Status
	replayDelay, replaySpread, replayPace time.Duration
	doubledReplays, lostReplays           float64
	blockWebhook, blockEvent              int
}

func newConfig(opts []Option) (config, error) {
	cfg := config{
		clientID:      "celcointest-client",
		clientSecret:  "celcointest-secret",
		tokenLifetime: 40 * time.Minute, // documented: 2400 seconds
		products:      map[celcoin.Product]bool{celcoin.ProductPix: true, celcoin.ProductBaaS: true, celcoin.ProductBaaSV1: true},
		bulkReplay:    true,
		ageLimit:      7 * 24 * time.Hour,
		replayAnswer:  statusSuccess,
	}
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(&cfg); err != nil {
			return config{}, fmt.Errorf("celcointest: %w", err)
		}
	}
	if cfg.trueDates && cfg.shiftedDates {
		return config{}, errors.New("celcointest: WithTrueDates and WithShiftedDates exclude each other")
	}
	if cfg.AnnouncedCAs != nil && cfg.ClientCAs == nil {
		return config{}, errors.New("celcointest: WithAnnouncedCAs needs WithClientCAs")
	}
	return cfg, nil
}

// set makes an option that cannot fail.
func set(change func(*config)) Option { return check(true, "", change) }

// check makes an option of which must is true, or that fails with the text.
func check(must bool, wrong string, change func(*config)) Option {
	return func(cfg *config) error {
		if !must {
			return errors.New(wrong)
		}
		change(cfg)
		return nil
	}
}

// WithClock makes now the server's only clock. It cannot wake anybody: what is due
// happens at the next request or look at the server's state, or at
// [Server.Settle]. The default is time.Now, in a testing/synctest bubble the bubble's.
func WithClock(now func() time.Time) Option {
	return check(now != nil, "WithClock: no clock", func(cfg *config) { cfg.Clock = now })
}

// WithAddr listens on this loopback host:port instead of a free one.
func WithAddr(addr string) Option { return set(func(cfg *config) { cfg.Addr = addr }) }

// WithTLS serves HTTPS, with HTTP/2. The certificate is for 127.0.0.1 and signed
// by nobody: use the clients that the server makes, or trust [Server.Certificate].
func WithTLS() Option { return set(func(cfg *config) { cfg.TLS = true }) }

// WithClientCAs serves HTTPS to those only who show a certificate that one of
// these authorities signed, as the vendor's production does (documented).
// [Server.Transport] knows no TLS and needs none.
func WithClientCAs(authorities *x509.CertPool) Option {
	return check(authorities != nil, "WithClientCAs: no authorities", func(cfg *config) { cfg.ClientCAs = authorities })
}

// WithAnnouncedCAs names these authorities when the server asks for a certificate,
// while it takes those of [WithClientCAs], the default; nginx can be set up so.
// Which names Celcoin announces is unknown.
func WithAnnouncedCAs(authorities *x509.CertPool) Option {
	return check(authorities != nil, "WithAnnouncedCAs: no authorities", func(cfg *config) { cfg.AnnouncedCAs = authorities })
}

// WithSeed determines what is left to chance or made up: webhooks and their ids,
// faults with a probability, lost, doubled and late replays; tokens are random
// all the same. The default is 0.
func WithSeed(seed uint64) Option { return set(func(cfg *config) { cfg.Seed = seed }) }

// WithRecords keeps the last n requests and the last n deliveries. The default is 100,000.
func WithRecords(n int) Option {
	return check(n >= 1, fmt.Sprintf("WithRecords: %d is not positive", n), func(cfg *config) { cfg.Records = n })
}

// WithMiddleware wraps the server's handler: what the middleware answers by
// itself is neither recorded nor subject to faults. Requests through
// [Server.Transport] go past it.
func WithMiddleware(middleware func(http.Handler) http.Handler) Option {
	return set(func(cfg *config) { cfg.Middleware = middleware })
}

// WithReceiver subscribes a handler to every entity: deliveries are calls of it,
// without a socket, as a testing/synctest bubble needs it. [Server.Subscribe]
// still sets the URL, login and password that it sees.
func WithReceiver(handler http.Handler) Option {
	return check(handler != nil, "WithReceiver: no handler", func(cfg *config) { cfg.Receiver = handler })
}

// WithCredentials sets what the token call takes, in its body (documented). That an
// Authorization header beside the body is refused is a guess.
func WithCredentials(clientID, clientSecret string) Option {
	return check(clientID != "" && clientSecret != "", "WithCredentials: client id or secret is empty",
		func(cfg *config) { cfg.clientID, cfg.clientSecret = clientID, clientSecret })
}

// WithTokenLifetime sets how long tokens live, and expires_in with it, which is
// in whole seconds. The default is the documented 2400 seconds.
func WithTokenLifetime(d time.Duration) Option {
	return check(d >= time.Second, fmt.Sprintf("WithTokenLifetime: %v is less than a second", d),
		func(cfg *config) { cfg.tokenLifetime = d })
}

// WithTokenMultipartOnly chooses whether the token call refuses a urlencoded body
// with 415. The documentation shows multipart/form-data; every public client
// sends urlencoded and works, so by default both are taken.
func WithTokenMultipartOnly(only bool) Option {
	return set(func(cfg *config) { cfg.multipartOnly = only })
}

// WithSingleToken chooses whether a new token revokes those before it.
// Undocumented; by default all live until they expire.
func WithSingleToken(single bool) Option { return set(func(cfg *config) { cfg.singleToken = single }) }

// WithForbidden answers every call but token with 403 and code CBE468: the
// client is not allowed to use this API (seen by integrators).
func WithForbidden(forbidden bool) Option {
	return set(func(cfg *config) { cfg.forbidden = forbidden })
}

// WithRateLimit answers 429 to what goes beyond so many calls a window, token calls
// aside; with retryAfter it says when to come again, in whole seconds. Limits per
// minute and 429 are documented, the rest is not. By default there is no limit.
func WithRateLimit(calls int, window time.Duration, retryAfter bool) Option {
	return check(calls >= 1 && window > 0, fmt.Sprintf("WithRateLimit: %d calls in %v is not a limit", calls, window),
		func(cfg *config) {
			cfg.limit, cfg.retryAfter = simulator.RateLimit{Calls: calls, Window: window}, retryAfter
		})
}

// WithProducts enables these products only; the others are a path that does not
// exist, 404 in the gateway's words. By default [celcoin.ProductPix],
// [celcoin.ProductBaaS] and [celcoin.ProductBaaSV1] are enabled. No others are known.
func WithProducts(products ...celcoin.Product) Option {
	enabled := make(map[celcoin.Product]bool, len(products))
	for _, product := range products {
		enabled[product] = true
	}
	return check(!enabled[""], "WithProducts: empty product", func(cfg *config) { cfg.products = enabled })
}
