package celcointest

import (
	"crypto/x509"
	"maps"
	"math"
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Option sets up a [Server]. One that makes no sense is an error of [Start]. Those that choose
// between two assumptions about an open question take a bool, and say which is the default.
type Option func(*config)

type config struct {
	simulator.Config

	clientID, clientSecret                             string
	tokenLifetime                                      time.Duration
	singleToken, multipartOnly, forbidden, retryAfter  bool
	limit                                              simulator.RateLimit
	products                                           map[celcoin.Product]bool
	subscriptionRequired, unknownEmpty                 bool
	pendingHidden, trueDates, shiftedDates             bool
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

func newConfig(opts []Option) config {
	c := config{
		Config:        simulator.Config{Records: 100_000, Wrong: map[string]bool{}},
		clientID:      "celcointest-client",
		clientSecret:  "celcointest-secret",
		tokenLifetime: 40 * time.Minute, // documented: 2400 seconds
		bulkReplay:    true,
		listingCap:    math.MaxInt,
		ageLimit:      7 * 24 * time.Hour,
		replayAnswer:  statusSuccess,
	}
	WithProducts(celcoin.ProductPix, celcoin.ProductBaaS, celcoin.ProductBaaSV1)(&c)
	for _, opt := range opts {
		if opt != nil {
			opt(&c)
		}
	}
	if c.shiftedDates {
		c.shift = brasiliaBehind
	}
	maps.Copy(c.Wrong, map[string]bool{
		"WithRecords: n is not positive":                        c.Records < 1,
		"WithCredentials: client id or secret is empty":         c.clientID == "" || c.clientSecret == "",
		"WithTokenLifetime: d is less than a second":            c.tokenLifetime < time.Second,
		"WithProducts: empty product":                           c.products[""],
		"WithDefaultLimit: n is negative":                       c.defaultLimit < 0,
		"WithAgeLimit: d is negative":                           c.ageLimit < 0,
		"WithPaymentAgeLimit: d is negative":                    c.paymentAge < 0,
		"WithMaxWindow: d is negative":                          c.maxWindow < 0,
		"WithListingCap: n is not positive":                     c.listingCap < 1,
		"WithFailedReplayStatus: needs a status of its own":     c.failedStatus == celcoin.StatusSent,
		"WithReplayDelay: d is negative":                        c.replayDelay < 0,
		"WithReplaySpread: d is negative":                       c.replaySpread < 0,
		"WithReplayPace: d is negative":                         c.replayPace < 0,
		"WithDoubledReplays: not a probability":                 !(c.doubledReplays >= 0 && c.doubledReplays <= 1),
		"WithLostReplays: not a probability":                    !(c.lostReplays >= 0 && c.lostReplays <= 1),
		"WithBlocking: a limit is negative":                     c.blockWebhook < 0 || c.blockEvent < 0,
		"WithMovingSet: nothing would move":                     c.moving < 0 || (c.moving == 0) != (c.movingTimes == 0),
		"WithTrueDates and WithShiftedDates exclude each other": c.trueDates && c.shiftedDates,
		"WithAnnouncedCAs needs WithClientCAs":                  c.AnnouncedCAs != nil && c.ClientCAs == nil,
		"WithRateLimit: calls and window must be above 0":       (c.limit.Calls < 1) != (c.limit.Window <= 0),
	})
	return c
}

// WithClock makes now the server's only clock. It cannot wake anything: what is due happens
// at the next request, look at the server's state, or [Server.Settle].
func WithClock(now func() time.Time) Option {
	return func(c *config) { c.Clock, c.Wrong["WithClock: no clock"] = now, now == nil }
}

// WithAddr listens on this loopback host:port instead of a free one.
func WithAddr(addr string) Option { return func(c *config) { c.Addr = addr } }

// WithTLS serves HTTPS, with HTTP/2 and a self-signed certificate for 127.0.0.1.
func WithTLS() Option { return func(c *config) { c.TLS = true } }

// WithClientCAs serves HTTPS, to clients with a certificate of these authorities, as the
// vendor's production does (documented). [simulator.Server.Transport] needs none.
func WithClientCAs(cas *x509.CertPool) Option {
	return func(c *config) { c.ClientCAs, c.Wrong["WithClientCAs: no authorities"] = cas, cas == nil }
}

// WithAnnouncedCAs names these authorities when the server asks for a certificate, while it
// takes those of [WithClientCAs]; nginx can be set up so. Which Celcoin names is unknown.
func WithAnnouncedCAs(cas *x509.CertPool) Option {
	return func(c *config) { c.AnnouncedCAs, c.Wrong["WithAnnouncedCAs: no authorities"] = cas, cas == nil }
}

// WithSeed determines what is random or made up, but for tokens. The default is 0.
func WithSeed(seed uint64) Option { return func(c *config) { c.Seed = seed } }

// WithRecords keeps the last n requests and the last n deliveries. The default is 100,000.
func WithRecords(n int) Option { return func(c *config) { c.Records = n } }

// WithMiddleware wraps the server's handler: what it answers by itself is neither recorded
// nor subject to faults. [simulator.Server.Transport] goes past it.
func WithMiddleware(wrap func(http.Handler) http.Handler) Option {
	return func(c *config) { c.Middleware = wrap }
}

// WithReceiver subscribes a handler to every entity: deliveries are calls of it, without a
// socket, with the URL and login of [Server.Subscribe] if there are any.
func WithReceiver(h http.Handler) Option {
	return func(c *config) { c.Receiver, c.Wrong["WithReceiver: no handler"] = h, h == nil }
}

// WithCredentials sets what the token call takes, in its body (documented). That it refuses
// an Authorization header is a guess.
func WithCredentials(clientID, clientSecret string) Option {
	return func(c *config) { c.clientID, c.clientSecret = clientID, clientSecret }
}

// WithTokenLifetime sets how long tokens live, and expires_in: by default 2400 s (documented).
func WithTokenLifetime(d time.Duration) Option { return func(c *config) { c.tokenLifetime = d } }

// WithProducts enables these products only; the others are 404 in the gateway's words. By
// default the three known ones are enabled.
func WithProducts(products ...celcoin.Product) Option {
	enabled := make(map[celcoin.Product]bool, len(products))
	for _, product := range products {
		enabled[product] = true
	}
	return func(c *config) { c.products = enabled }
}

// WithRateLimit answers 429 beyond so many calls a window, token calls aside; with retryAfter
// it adds Retry-After in seconds. Documented are 429 and limits per minute.
func WithRateLimit(calls int, window time.Duration, retryAfter bool) Option {
	return func(c *config) { c.limit, c.retryAfter = simulator.RateLimit{Calls: calls, Window: window}, retryAfter }
}
