package celcointest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestServerSpeaksEveryHTTP(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		opts   []Option
		scheme string
		proto  string
	}{
		{nil, "http://127.0.0.1:", "HTTP/1.1"},
		{[]Option{WithTLS()}, "https://127.0.0.1:", "HTTP/2.0"},
	} {
		s := NewServer(t, tt.opts...)
		assert.True(t, strings.HasPrefix(s.URL, tt.scheme), s.URL)
		assert.Equal(t, 0, socket(t, s).get(paymentIn+day()).total(t))
		assert.Equal(t, tt.proto, s.Requests()[1].Proto)
		assert.Equal(t, 1, s.Connections())
		assert.Equal(t, tt.scheme == "https://127.0.0.1:", s.Certificate() != nil)
	}
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	pair, authority := selfSigned(t, "authority")
	pool := x509.NewCertPool()
	pool.AddCert(authority)
	s := NewServer(t, WithClientCAs(pool))

	transport, ok := s.HTTPClient().Transport.(*http.Transport)
	require.True(t, ok)

	// In TLS 1.2 the refusal is part of the handshake. In 1.3 it comes after it,
	// and may lose a race against the client's first write.
	anonymous := transport.Clone()
	anonymous.TLSClientConfig.MaxVersion = tls.VersionTLS12
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	require.NoError(t, err)
	_, err = anonymous.RoundTrip(r) //nolint:bodyclose // there is none
	require.ErrorContains(t, err, "remote error: tls: ")
	assert.Empty(t, s.Requests())

	known := transport.Clone()
	known.TLSClientConfig.Certificates = []tls.Certificate{pair}
	t.Cleanup(known.CloseIdleConnections)
	w := &wire{t: t, client: &http.Client{Transport: known}, base: s.URL}
	w.login(s)
	assert.Equal(t, 0, w.get(paymentIn+day()).total(t))
}

// Go's client shows a certificate only to a server that names its authority,
// unless it is told to show it in any case.
func TestAServerThatNamesOtherAuthoritiesThanItTrusts(t *testing.T) {
	t.Parallel()
	pair, authority := selfSigned(t, "intermediate")
	_, root := selfSigned(t, "root")
	trusted, announced := x509.NewCertPool(), x509.NewCertPool()
	trusted.AddCert(authority)
	announced.AddCert(root)
	s := NewServer(t, WithClientCAs(trusted), WithAnnouncedCAs(announced))
	stranger, _ := selfSigned(t, "intermediate")
	for name, tt := range map[string]struct {
		configure func(*tls.Config)
		taken     bool
	}{
		"shown to who names its authority": {func(c *tls.Config) { c.Certificates = []tls.Certificate{pair} }, false},
		"shown in any case":                {func(c *tls.Config) { c.GetClientCertificate = always(pair) }, true},
		"of another authority":             {func(c *tls.Config) { c.GetClientCertificate = always(stranger) }, false},
	} {
		transport, ok := s.HTTPClient().Transport.(*http.Transport)
		require.True(t, ok, name)
		transport = transport.Clone()
		transport.TLSClientConfig.MaxVersion = tls.VersionTLS12
		tt.configure(transport.TLSClientConfig)
		t.Cleanup(transport.CloseIdleConnections)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
		require.NoError(t, err, name)
		response, err := transport.RoundTrip(r)
		if tt.taken {
			require.NoError(t, err, name)
			require.NoError(t, response.Body.Close(), name)
		} else {
			require.ErrorContains(t, err, "remote error: tls: ", name)
		}
	}
}

func always(pair tls.Certificate) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
}

func selfSigned(t *testing.T, name string) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	authority, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, authority
}

func TestServerInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inbox receiver
		s := NewServer(t, WithReceiver(&inbox), WithReplayDelay(time.Minute))
		require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentIn, 3, time.Now().Add(-time.Hour), time.Now()))
		w := direct(t, s)
		now := time.Now()
		assert.Equal(t, 3, w.put(paymentIn+window(now.Add(-time.Hour), now), "").total(t))
		s.Settle()
		assert.Equal(t, time.Minute, time.Since(now))
		assert.Zero(t, s.Pending(""))
		<-time.After(8 * 24 * time.Hour)
		w.login(s)
		got := w.get(paymentIn + "/details" + window(now.Add(-time.Hour), now))
		assert.Equal(t, codeNothing, got.code(t), "seven days are over")
		assert.Zero(t, s.Connections())
	})
}

func TestHundredsOfServersAtOnce(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for range 200 {
		s := NewServer(t, at(noon))
		s.Add(Webhook{})
		all.Go(func() {
			assert.Equal(t, 1, direct(t, s).get(paymentIn+day()).total(t))
			assert.Len(t, s.Requests(), 2)
		})
	}
	all.Wait()
}

func TestOneServerForManyAtOnce(t *testing.T) {
	t.Parallel()
	var inbox receiver
	s := NewServer(t, WithReceiver(&inbox), WithReplaySpread(time.Millisecond), WithDoubledReplays(0.1))
	require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentIn, 160, time.Now().Add(-time.Hour), time.Now()))
	snapshot := s.Webhooks()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			w := direct(t, s)
			for _, webhook := range snapshot[20*i : 20*(i+1)] {
				assert.Equal(t, 1, w.put(paymentIn+"?webhookId="+webhook.ID, "{}").total(t))
				s.Emit(Webhook{})
				s.Pending("")
			}
		})
	}
	all.Wait()
	s.Settle()
	assert.Zero(t, s.Pending(""))
	assert.Len(t, s.Webhooks(), 320)
	assert.GreaterOrEqual(t, len(inbox.arrived()), 320)
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	for retryAfter, want := range map[bool]string{false: "", true: "31"} {
		now := noon
		s := NewServer(t, WithClock(func() time.Time { return now }), WithRateLimit(2, time.Minute, retryAfter))
		w := direct(t, s)
		assert.Equal(t, 200, w.get(paymentIn+day()).status)
		now = now.Add(29*time.Second + 1)
		assert.Equal(t, 200, w.get(paymentIn+day()).status)
		got := w.get(paymentIn + day())
		assert.Equal(t, 429, got.status)
		assert.Equal(t, `{"statusCode":429,"message":"Too many requests"}`, got.body)
		assert.Equal(t, want, got.header.Get("Retry-After"))
		w.login(s) // does not count
		now = noon.Add(time.Minute)
		assert.Equal(t, 200, w.get(paymentIn+day()).status, "another minute, another %d calls", 2)
	}
}

// A clock that goes back days must not leave a window open until it has caught
// up. One that goes back a little, as clocks of requests that race do, ends none.
func TestAClockThatGoesBackEndsTheWindowOfTheRateLimit(t *testing.T) {
	t.Parallel()
	now := noon
	s := NewServer(t, WithClock(func() time.Time { return now }), WithRateLimit(1, time.Minute, true), WithTokenLifetime(time.Hour))
	w := direct(t, s)
	assert.Equal(t, http.StatusOK, w.get(paymentIn+day()).status)
	now = now.Add(-time.Second)
	got := w.get(paymentIn + day())
	assert.Equal(t, http.StatusTooManyRequests, got.status)
	assert.Equal(t, "61", got.header.Get("Retry-After"))
	now = now.Add(-72 * time.Hour)
	assert.Equal(t, http.StatusOK, w.get(paymentIn+day()).status)
	assert.Equal(t, http.StatusTooManyRequests, w.get(paymentIn+day()).status)
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for want, opts := range map[string][]Option{
		"celcointest: WithClock: ":            {WithClock(nil)},
		"celcointest: WithClientCAs: ":        {WithClientCAs(nil)},
		"celcointest: WithRecords: ":          {WithRecords(0)},
		"celcointest: WithCredentials: ":      {WithCredentials("a", "")},
		"celcointest: WithTokenLifetime: ":    {WithTokenLifetime(time.Millisecond)},
		"celcointest: WithRateLimit: ":        {WithRateLimit(0, time.Second, false)},
		"celcointest: WithDefaultLimit: ":     {WithDefaultLimit(-1)},
		"celcointest: WithMaxWindow: ":        {WithMaxWindow(-1)},
		"celcointest: WithProducts: ":         {WithProducts("")},
		"celcointest: WithReceiver: ":         {WithReceiver(nil)},
		"celcointest: WithReplayDelay: ":      {WithReplayDelay(-1)},
		"celcointest: WithReplaySpread: ":     {WithReplaySpread(-1)},
		"celcointest: WithDoubledReplays: ":   {WithDoubledReplays(2)},
		"celcointest: WithLostReplays: ":      {WithLostReplays(-1)},
		"celcointest: WithBlocking: ":         {WithBlocking(-1, 0)},
		"celcointest: WithTrueDates and":      {WithTrueDates(true), WithShiftedDates(true)},
		"celcointest: WithAnnouncedCAs: ":     {WithAnnouncedCAs(nil)},
		"celcointest: WithAnnouncedCAs needs": {WithAnnouncedCAs(x509.NewCertPool())},
		"celcointest: WithMovingSet: ":        {WithMovingSet(0, 1)},
		"celcointest: WithListingCap: ":       {WithListingCap(0)},
		"celcointest: WithFailedReplayStatus": {WithFailedReplayStatus(celcoin.StatusSent)},
		"celcointest: WithAgeLimit: ":         {WithAgeLimit(-1)},
		"celcointest: WithPaymentAgeLimit: ":  {WithPaymentAgeLimit(-1)},
		"celcointest: WithReplayPace: ":       {WithReplayPace(-1)},
		"celcointest: listen: ":               {WithAddr("192.0.2.1:0")},
	} {
		_, err := Start(opts...)
		require.ErrorContains(t, err, want)
	}
	s, err := Start(nil, WithAddr("127.0.0.1:0"))
	require.NoError(t, err)
	require.ErrorContains(t, s.Subscribe("", "http://x", "", ""), "no entity")
	for _, address := range []string{"", "ftp://x/", "http://", "/hooks", "http://a b/"} {
		require.ErrorContains(t, s.Subscribe("kyc", address, "", ""), "celcointest: subscribe: ", address)
	}
	s.Close()
	s.Close()
}

func TestAMiddlewareAnswersBeforeTheAPI(t *testing.T) {
	t.Parallel()
	s := NewServer(t, WithMiddleware(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	}))
	w := &wire{t: t, client: s.HTTPClient(), base: s.URL}
	assert.Equal(t, http.StatusTeapot, w.get("/x").status)
	assert.Empty(t, s.Requests())
}
