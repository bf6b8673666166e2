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
	pendingHidden, trueDates                           bool
	shift                                              time.Duration // of windows and ages
	toExclusive, newestFirst, limitIgnored, oldRefused bool
	emptyDetailsOK, emptyReplayNotFound, bulkReplay    bool
	defaultLimit, listingCap                           int
	maxWindow, ageLimit, paymentAge                    time.Duration
	moving, movingTimes, unstableTies                  int
	replayAnswer                                       string
	failedStatus                                       celcoin.Status
	replayDelay, replaySpread, replayPace              time.Duration
	doubledReplays, lostReplays                        float64
	blockWebhook, blockEvent                           int
}

func newConfig(opts []Option) (config, error) {
	c := config{
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
		if err := opt(&c); err != nil {
			return c, err
		}
	}
	if c.trueDates && c.shift != 0 {
		return c, errors.New("WithTrueDates and WithShiftedDates exclude each other")
	}
	if c.AnnouncedCAs != nil && c.ClientCAs == nil {
		return c, errors.New("WithAnnouncedCAs needs WithClientCAs")
	}
	return c, nil
}

// set makes an option that cannot fail.
func set(change func(*config)) Option { return check(true, "", change) }

// check makes an option of which must is true, or that fails with the text.
func check(must bool, wrong string, change func(*config)) Option {
	return func(c *config) error {
		if !must {
			return errors.New(wrong)
		}
		change(c)
		return nil
	}
}

// notNegative makes an option of a number or a duration.
func notNegative[N int | time.Duration](name string, n N, change func(*config)) Option {
	return check(n >= 0, name+" is negative", change)
}

// WithClock makes now the server's only clock. It cannot wake anything: what is due happens
// at the next request, look at the server's state, or [Server.Settle].
func WithClock(now func() time.Time) Option {
	return check(now != nil, "WithClock: no clock", func(c *config) { c.Clock = now })
}

// WithAddr listens on this loopback host:port instead of a free one.
func WithAddr(addr string) Option { return set(func(c *config) { c.Addr = addr }) }

// WithTLS serves HTTPS, with HTTP/2 and a self-signed certificate for 127.0.0.1.
func WithTLS() Option { return set(func(c *config) { c.TLS = true }) }

// WithClientCAs serves HTTPS, to clients with a certificate of these authorities, as the
// vendor's production does (documented). [Server.Transport] needs none.
func WithClientCAs(authorities *x509.CertPool) Option {
	return check(authorities != nil, "WithClientCAs: no authorities", func(c *config) { c.ClientCAs = authorities })
}

// WithAnnouncedCAs names these authorities when the server asks for a certificate, while it
// takes those of [WithClientCAs]; nginx can be set up so. Which Celcoin names is unknown.
func WithAnnouncedCAs(authorities *x509.CertPool) Option {
	return check(authorities != nil, "WithAnnouncedCAs: no authorities", func(c *config) { c.AnnouncedCAs = authorities })
}

// WithSeed determines what is random or made up, but for tokens. The default is 0.
func WithSeed(seed uint64) Option { return set(func(c *config) { c.Seed = seed }) }

// WithRecords keeps the last n requests and the last n deliveries. The default is 100,000.
func WithRecords(n int) Option {
	return check(n >= 1, "WithRecords: n is not positive", func(c *config) { c.Records = n })
}

// WithMiddleware wraps the server's handler: what it answers by itself is neither recorded
// nor subject to faults. [Server.Transport] goes past it.
func WithMiddleware(middleware func(http.Handler) http.Handler) Option {
	return set(func(c *config) { c.Middleware = middleware })
}

// WithReceiver subscribes a handler to every entity: deliveries are calls of it, without a
// socket, with the URL and login of [Server.Subscribe] if there are any.
func WithReceiver(handler http.Handler) Option {
	return check(handler != nil, "WithReceiver: no handler", func(c *config) { c.Receiver = handler })
}

// WithCredentials sets what the token call takes, in its body (documented). That it refuses
// an Authorization header is a guess.
func WithCredentials(clientID, clientSecret string) Option {
	return check(clientID != "" && clientSecret != "", "WithCredentials: client id or secret is empty",
		func(c *config) { c.clientID, c.clientSecret = clientID, clientSecret })
}

// WithTokenLifetime sets how long tokens live, and expires_in: 2400 seconds by default, as
// documented.
func WithTokenLifetime(d time.Duration) Option {
	return check(d >= time.Second, "WithTokenLifetime: d is less than a second", func(c *config) { c.tokenLifetime = d })
}

// WithProducts enables these products only; the others are 404 in the gateway's words. By
// default the three known ones are enabled.
func WithProducts(products ...celcoin.Product) Option {
	enabled := make(map[celcoin.Product]bool, len(products))
	for _, product := range products {
		enabled[product] = true
	}
	return check(!enabled[""], "WithProducts: empty product", func(c *config) { c.products = enabled })
}

// WithRateLimit answers 429 beyond so many calls a window, token calls aside; with retryAfter
// it adds Retry-After in seconds. Documented are 429 and limits per minute.
func WithRateLimit(calls int, window time.Duration, retryAfter bool) Option {
	return check(calls >= 1 && window > 0, fmt.Sprintf("WithRateLimit: %d calls in %v is not a limit", calls, window),
		func(c *config) { c.limit, c.retryAfter = simulator.RateLimit{Calls: calls, Window: window}, retryAfter })
}
