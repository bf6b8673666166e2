package transport_test

import (
	"crypto/tls"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

func TestSetBaseURL(t *testing.T) {
	t.Parallel()
	for raw, joined := range map[string]string{
		"https://vendor.test":          "https://vendor.test/v1/things",
		"https://vendor.test/proxy/a/": "https://vendor.test/proxy/a/v1/things",
		"https://vendor.test/a%2Fb":    "https://vendor.test/a%2Fb/v1/things",
		"HTTPS://vendor.test":          "https://vendor.test/v1/things",
		"https://vendor.test/...":      "https://vendor.test/.../v1/things", // which is a name
		"http://127.0.0.1:8080":        "http://127.0.0.1:8080/v1/things",
		"http://[::1]:8080":            "http://[::1]:8080/v1/things",
		"http://localhost:8080":        "http://localhost:8080/v1/things",
	} {
		var s transport.Settings
		require.NoError(t, s.SetBaseURL(raw))
		assert.Equal(t, joined, s.BaseURL.JoinPath("v1", "things").String())
	}
	for raw, says := range map[string]string{
		"http://vendor.test":                            "only to a loopback address",
		"http://0.0.0.0":                                "only to a loopback address",
		"http://localhost.vendor.test":                  "only to a loopback address",
		"http://127.0.0.1.vendor.test":                  "only to a loopback address",
		"http://2130706433":                             "only to a loopback address",
		"https://user:password-canary@vendor.test":      "user name or password",
		"https://user:password-canary@vendor.test:port": "want https://host",
		`https://vendor.test\@password-canary`:          "want https://host",
		"https://vendor.test/\npassword-canary":         "want https://host",
		"https://vendor.test?key=password-canary":       "query or fragment",
		"https://vendor.test#password-canary":           "query or fragment",
		"https://vendor.test/a/..":                      ". or ..",
		"https://vendor.test/a/%2E%2e/b":                ". or ..",
		"https://vendor.test/a%2f..":                    ". or ..",
		"":                                              "want https://host",
		"/v1":                                           "want https://host",
		"vendor.test":                                   "want https://host",
		"https:vendor.test":                             "want https://host",
		"ftp://vendor.test":                             "the scheme must be https",
	} {
		var s transport.Settings
		err := s.SetBaseURL(raw)
		require.ErrorContains(t, err, says, raw)
		assert.NotContains(t, err.Error(), "canary")
		assert.Nil(t, s.BaseURL)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	rate := func(perSecond float64, burst int) func(*transport.Settings) error {
		return func(s *transport.Settings) error { return s.SetRateLimit(perSecond, burst) }
	}
	app := func(name string) func(*transport.Settings) error {
		return func(s *transport.Settings) error { return s.SetApp(name) }
	}
	for name, set := range map[string]func(*transport.Settings) error{
		"a negative MinWait":         func(s *transport.Settings) error { return s.SetPolicy(transport.Policy{MinWait: -1}) },
		"a negative MaxWait":         func(s *transport.Settings) error { return s.SetPolicy(transport.Policy{MaxWait: -1}) },
		"a negative MaxRetryAfter":   func(s *transport.Settings) error { return s.SetPolicy(transport.Policy{MaxRetryAfter: -1}) },
		"waits out of order":         func(s *transport.Settings) error { return s.SetPolicy(transport.Policy{MinWait: 2, MaxWait: 1}) },
		"a negative attempt timeout": func(s *transport.Settings) error { return s.SetAttemptTimeout(-1) },
		"a rate of 0":                rate(0, 1),
		"a negative rate":            rate(-1, 1),
		"a rate that is not one":     rate(math.NaN(), 1),
		"a rate without end":         rate(math.Inf(1), 1),
		"a burst of 0":               rate(1, 0),
		"an http client of nil":      func(s *transport.Settings) error { return s.SetHTTPClient(nil) },
		"a certificate of nothing":   func(s *transport.Settings) error { return s.SetCertificate(tls.Certificate{}) },
		"a certificate without a key": func(s *transport.Settings) error {
			return s.SetCertificate(tls.Certificate{Certificate: [][]byte{{1}}})
		},
		"a wrapper of nil":               func(s *transport.Settings) error { return s.AddWrapper(nil) },
		"a name of white space":          app(" \t"),
		"a name with a line break":       app("a\r\nX-Injected: 1"),
		"a name that is not ASCII":       app("recepção"),
		"a name that is not valid UTF-8": app("a\xff"),
	} {
		var s transport.Settings
		require.Error(t, set(&s), name)
		assert.Equal(t, transport.Settings{}, s, "nothing is taken over")
	}
}

func TestSettingsThatAreTaken(t *testing.T) {
	t.Parallel()
	var s transport.Settings
	require.NoError(t, s.SetPolicy(transport.Policy{MaxRetries: -1, MinWait: time.Hour}))
	require.NoError(t, s.SetAttemptTimeout(0))
	require.NoError(t, s.SetRateLimit(math.MaxFloat64, math.MaxInt))
	require.NoError(t, s.SetApp("receiver/1.2 (+https://example.test)"))
	require.NoError(t, s.SetHTTPClient(&http.Client{}))
	require.NoError(t, s.SetBaseURL("https://vendor.test"))
	require.NoError(t, s.SetCertificate(selfSigned(t)))
	_, err := transport.New(&s)
	require.NoError(t, err)
	s.HTTPClient.Transport = play(answers(200, ""))
	_, err = transport.New(&s)
	require.ErrorContains(t, err, "put the certificate into its transport")
}
