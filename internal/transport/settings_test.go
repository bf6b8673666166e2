package transport_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

func TestSetBaseURL(t *testing.T) {
	t.Parallel()
	const (
		format   = "base URL: want https://host, with or without a path"
		userinfo = "base URL: must not hold a user name or password"
		query    = "base URL: must not have a query or fragment"
		scheme   = "base URL: the scheme must be https"
		secure   = "base URL: must be https, as credentials go there; http only to a loopback address"
		dots     = "base URL: must not have . or .. in its path"
	)
	for _, tt := range []struct {
		name, raw string
		err       string
		joined    string // with the path "v1/things"
	}{
		{"https", "https://vendor.test", "", "https://vendor.test/v1/things"},
		{"https with a prefix and a slash", "https://vendor.test/proxy/a/", "", "https://vendor.test/proxy/a/v1/things"},
		{"https with an escaped prefix", "https://vendor.test/a%2Fb", "", "https://vendor.test/a%2Fb/v1/things"},
		{"https in capitals", "HTTPS://vendor.test", "", "https://vendor.test/v1/things"},
		{"three dots, which are a name", "https://vendor.test/...", "", "https://vendor.test/.../v1/things"},
		{"http to 127.0.0.1", "http://127.0.0.1:8080", "", "http://127.0.0.1:8080/v1/things"},
		{"http to [::1]", "http://[::1]:8080", "", "http://[::1]:8080/v1/things"},
		{"http to localhost", "http://localhost:8080", "", "http://localhost:8080/v1/things"},

		{"http elsewhere", "http://vendor.test", secure, ""},
		{"http to all addresses", "http://0.0.0.0", secure, ""},
		{"http to a name that only begins well", "http://localhost.vendor.test", secure, ""},
		{"http to a name like an address", "http://127.0.0.1.vendor.test", secure, ""},
		{"http to a number", "http://2130706433", secure, ""},
		{"a user name and a password", "https://user:password-canary@vendor.test", userinfo, ""},
		{"a password in a URL that is none", "https://user:password-canary@vendor.test:port", format, ""},
		{"a host behind a backslash", `https://vendor.test\@password-canary`, format, ""},
		{"a query", "https://vendor.test?key=password-canary", query, ""},
		{"a fragment", "https://vendor.test#password-canary", query, ""},
		{"a dot", "https://vendor.test/./a", dots, ""},
		{"two dots", "https://vendor.test/a/..", dots, ""},
		{"escaped dots", "https://vendor.test/a/%2E%2e/b", dots, ""},
		{"dots behind an escaped slash", "https://vendor.test/a%2f..", dots, ""},
		{"nothing", "", format, ""},
		{"a path", "/v1", format, ""},
		{"a host", "vendor.test", format, ""},
		{"no host", "https://", format, ""},
		{"opaque", "https:vendor.test", format, ""},
		{"another scheme", "ftp://vendor.test", scheme, ""},
		{"a line break", "https://vendor.test/\npassword-canary", format, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s transport.Settings
			err := s.SetBaseURL(tt.raw)
			if tt.err != "" {
				require.EqualError(t, err, tt.err)
				assert.Nil(t, s.BaseURL)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.joined, s.BaseURL.JoinPath("v1", "things").String())
		})
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		set  func(*transport.Settings) error
		err  string
	}{
		{"a negative MinWait", policy(transport.Policy{MinWait: -1}), "retry policy: a wait must not be negative"},
		{"a negative MaxWait", policy(transport.Policy{MaxWait: -1}), "retry policy: a wait must not be negative"},
		{"a negative MaxRetryAfter", policy(transport.Policy{MaxRetryAfter: -1}), "retry policy: a wait must not be negative"},
		{"waits out of order", policy(transport.Policy{MinWait: 2 * time.Second, MaxWait: time.Second}), "retry policy: MinWait (2s) is above MaxWait (1s)"},
		{"a negative attempt timeout", func(s *transport.Settings) error { return s.SetAttemptTimeout(-1) }, "attempt timeout: must not be negative"},
		{"a rate of 0", rate(0, 1), "rate limit: want a rate above 0 a second and a burst of at least 1"},
		{"a negative rate", rate(-1, 1), "rate limit: want a rate above 0 a second and a burst of at least 1"},
		{"a rate that is no number", rate(math.NaN(), 1), "rate limit: want a rate above 0 a second and a burst of at least 1"},
		{"a rate without end", rate(math.Inf(1), 1), "rate limit: want a rate above 0 a second and a burst of at least 1"},
		{"a burst of 0", rate(1, 0), "rate limit: want a rate above 0 a second and a burst of at least 1"},
		{"no http client", func(s *transport.Settings) error { return s.SetHTTPClient(nil) }, "http client: is nil"},
		{"no certificate", certificate(tls.Certificate{}), "client certificate: want a certificate with its private key, as of tls.LoadX509KeyPair"},
		{"a certificate without a key", certificate(tls.Certificate{Certificate: [][]byte{{1}}}), "client certificate: want a certificate with its private key, as of tls.LoadX509KeyPair"},
		{"no name", app(""), "user agent: is empty"},
		{"a name of white space", app(" \t"), "user agent: is empty"},
		{"a name with a line break", app("a\r\nX-Injected: 1"), "user agent: only printable ASCII can be sent"},
		{"a name that is not ASCII", app("recepção"), "user agent: only printable ASCII can be sent"},
		{"a name that is not UTF-8", app("a\xff"), "user agent: only printable ASCII can be sent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s transport.Settings
			require.EqualError(t, tt.set(&s), tt.err)
			assert.Equal(t, transport.Settings{}, s, "nothing is taken over")
		})
	}
}

func policy(p transport.Policy) func(*transport.Settings) error {
	return func(s *transport.Settings) error { return s.SetPolicy(p) }
}

func rate(perSecond float64, burst int) func(*transport.Settings) error {
	return func(s *transport.Settings) error { return s.SetRateLimit(perSecond, burst) }
}

func certificate(c tls.Certificate) func(*transport.Settings) error {
	return func(s *transport.Settings) error { return s.SetCertificate(c) }
}

func app(name string) func(*transport.Settings) error {
	return func(s *transport.Settings) error { return s.SetApp(name) }
}

func TestSettingsThatAreTaken(t *testing.T) {
	t.Parallel()
	var s transport.Settings
	require.NoError(t, s.SetPolicy(transport.Policy{MaxRetries: -1, MinWait: time.Hour}))
	require.NoError(t, s.SetAttemptTimeout(0))
	require.NoError(t, s.SetRateLimit(math.SmallestNonzeroFloat64, 1))
	require.NoError(t, s.SetRateLimit(math.MaxFloat64, math.MaxInt))
	require.NoError(t, s.SetApp("receiver/1.2 (+https://example.test)"))
	require.NoError(t, s.SetHTTPClient(&http.Client{}))
	require.EqualError(t, s.Check(), "base URL: is missing, there is no default environment")
	require.NoError(t, s.SetBaseURL("https://vendor.test"))
	require.NoError(t, s.SetCertificate(selfSigned(t)))
	assert.NoError(t, s.Check())
	s.HTTPClient.Transport = play(answers(200, ""))
	assert.EqualError(t, s.Check(), "client certificate: the transport of your http client is used as it is; put the certificate into its transport")
}

// selfSigned is a certificate for a client.
func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024) // speed is all that counts here
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
