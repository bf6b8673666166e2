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
	clock        func() time.Time
	addr         string
	tls          bool
	clientCAs    *x509.CertPool
	announcedCAs *x509.CertPool
	seed         uint64
	records      int
	receiver     http.Handler
	middleware   func(http.Handler) http.Handler

	clientID, clientSecret string
	tokenLifetime          time.Duration
	singleToken            bool
	multipartOnly          bool
	forbidden              bool
	limit                  simulator.RateLimit
	retryAfter             bool

	products             map[celcoin.Product]bool
	subscriptionRequired bool
	pendingHidden        bool
	trueDates            bool
	shiftedDates         bool
	toExclusive          bool
	newestFirst          bool
	limitIgnored         bool
	defaultLimit         int
	emptyDetailsOK       bool
	oldRefused           bool
	maxWindow            time.Duration

	bulkReplay          bool
	emptyReplayNotFound bool
	replayDelay         time.Duration
	replaySpread        time.Duration
	doubledReplays      float64
	lostReplays         float64
	blockWebhook        int
	blockEvent          int

	moving, movingTimes int
	unstableTies        int
	listingCap          int
	failedStatus        celcoin.Status
	unknownEmpty        bool
	paymentAge          time.Duration
	ageLimit            time.Duration
	replayPace          time.Duration
	replayAnswer        string
}

// What a server has unless options say otherwise.
const (
	defaultClientID     = "celcointest-client"
	defaultClientSecret = "celcointest-secret"
	// defaultTokenLifetime is documented: 2400 seconds.
	defaultTokenLifetime = 40 * time.Minute

	receiverURL      = "https://receiver.example/webhooks"
	receiverLogin    = "celcointest"
	receiverPassword = "celcointest-receiver"
)

func newConfig(opts []Option) (config, error) {
	cfg := config{
		clientID:      defaultClientID,
		clientSecret:  defaultClientSecret,
		tokenLifetime: defaultTokenLifetime,
		products:      map[celcoin.Product]bool{celcoin.ProductPix: true, celcoin.ProductBaaS: true, celcoin.ProductBaaSV1: true},
		bulkReplay:    true,
		ageLimit:      7 * 24 * time.Hour,
		replayAnswer:  "SUCCESS",
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
	if cfg.announcedCAs != nil && cfg.clientCAs == nil {
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

// WithClock makes now the server's only clock: it dates webhooks and requests,
// ends tokens and the seven days. A clock cannot wake anybody, so what is due
// happens at the next request or look at the server's state, or at
// [Server.Settle]. The default is time.Now, which inside a testing/synctest
// bubble is the bubble's clock.
func WithClock(now func() time.Time) Option {
	return check(now != nil, "WithClock: no clock",
		func(cfg *config) { cfg.clock = now })
}

// WithAddr listens on this loopback host:port instead of a free one.
func WithAddr(addr string) Option {
	return set(func(cfg *config) { cfg.addr = addr })
}

// WithTLS serves HTTPS, with HTTP/2. The certificate is for 127.0.0.1 and signed
// by nobody: use the clients that the server makes, or trust
// [Server.Certificate].
func WithTLS() Option {
	return set(func(cfg *config) { cfg.tls = true })
}

// WithClientCAs serves HTTPS to those only who show a certificate that one of
// these authorities signed, as the vendor's production does (documented).
// [Server.Transport] knows no TLS and needs none.
func WithClientCAs(authorities *x509.CertPool) Option {
	return check(authorities != nil, "WithClientCAs: no authorities",
		func(cfg *config) { cfg.tls, cfg.clientCAs = true, authorities })
}

// WithAnnouncedCAs names these authorities when the server asks for a certificate,
// while it takes those of [WithClientCAs], as nginx does that has the root in
// ssl_client_certificate and the intermediate in ssl_trusted_certificate. Which
// names Celcoin announces is unknown. By default they are those of WithClientCAs.
func WithAnnouncedCAs(authorities *x509.CertPool) Option {
	return check(authorities != nil, "WithAnnouncedCAs: no authorities",
		func(cfg *config) { cfg.announcedCAs = authorities })
}

// WithSeed determines everything that is left to chance or made up: webhooks and
// their ids, faults with a probability, lost, doubled and late replays. The
// default is 0; tokens are random whatever the seed.
func WithSeed(seed uint64) Option {
	return set(func(cfg *config) { cfg.seed = seed })
}

// WithRecords keeps the last n requests and the last n deliveries. The default is 100,000.
func WithRecords(n int) Option {
	return check(n >= 1, fmt.Sprintf("WithRecords: %d is not positive", n),
		func(cfg *config) { cfg.records = n })
}

// WithMiddleware wraps the server's handler: what the middleware answers by
// itself is neither recorded nor subject to faults. Requests through
// [Server.Transport] go past it.
func WithMiddleware(middleware func(http.Handler) http.Handler) Option {
	return set(func(cfg *config) { cfg.middleware = middleware })
}

// WithCredentials sets what the token call takes: in its body and never in an
// Authorization header (documented). That such a header beside the body is
// refused is a guess. They are checked for being there only.
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

// WithRateLimit answers 429 to what goes beyond so many calls a window; token
// requests do not count. With retryAfter the answer says when to come again, in
// whole seconds. Limits per minute and 429 are documented; numbers, Retry-After
// and the body of the answer are not. By default there is no limit.
func WithRateLimit(calls int, window time.Duration, retryAfter bool) Option {
	return check(calls >= 1 && window > 0, fmt.Sprintf("WithRateLimit: %d calls in %v is no limit", calls, window),
		func(cfg *config) {
			cfg.limit, cfg.retryAfter = simulator.RateLimit{Calls: calls, Window: window}, retryAfter
		})
}
