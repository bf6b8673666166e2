package celcoin_test

import (
	"crypto/tls"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestAnOptionThatMakesNoSenseIsAnErrorOfNew(t *testing.T) {
	t.Parallel()
	sandbox := celcoin.WithBaseURL(celcoin.SandboxURL)
	for name, tc := range map[string]struct {
		opts []celcoin.Option
		want string
	}{
		"no base URL":               {nil, "celcoin: base URL: is missing; write out WithBaseURL(SandboxURL) or WithBaseURL(ProductionURL)"},
		"plain http":                {[]celcoin.Option{celcoin.WithBaseURL("http://celcoin.example")}, "celcoin: base URL: must be https"},
		"no host":                   {[]celcoin.Option{celcoin.WithBaseURL("https:///x")}, "celcoin: base URL: want https://host"},
		"no URL":                    {[]celcoin.Option{celcoin.WithBaseURL("%")}, "celcoin: base URL: want https://host"},
		"another scheme":            {[]celcoin.Option{celcoin.WithBaseURL("ftp://celcoin.example")}, "celcoin: base URL: the scheme must be https"},
		"a password in the URL":     {[]celcoin.Option{celcoin.WithBaseURL("https://u:planted@celcoin.example")}, "celcoin: base URL: must not hold a user name or password"},
		"a query in the URL":        {[]celcoin.Option{celcoin.WithBaseURL("https://celcoin.example?planted")}, "celcoin: base URL: must not have a query"},
		"a way out of the URL":      {[]celcoin.Option{celcoin.WithBaseURL("https://celcoin.example/a/../b")}, "celcoin: base URL: must not have . or .."},
		"no http client":            {[]celcoin.Option{sandbox, celcoin.WithHTTPClient(nil)}, "celcoin: http client: is nil"},
		"no logger":                 {[]celcoin.Option{sandbox, celcoin.WithLogger(nil)}, "celcoin: logger: is nil"},
		"an empty certificate":      {[]celcoin.Option{sandbox, celcoin.WithClientCertificate(tls.Certificate{})}, "celcoin: client certificate: want a certificate with its private key"},
		"a negative timeout":        {[]celcoin.Option{sandbox, celcoin.WithAttemptTimeout(-1)}, "celcoin: attempt timeout: must not be negative"},
		"a negative wait":           {[]celcoin.Option{sandbox, celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxWait: -1})}, "celcoin: retry policy: a wait must not be negative"},
		"waits in the wrong order":  {[]celcoin.Option{sandbox, celcoin.WithRetryPolicy(celcoin.RetryPolicy{MinWait: 2, MaxWait: 1})}, "celcoin: retry policy: MinWait (2ns) is above MaxWait (1ns)"},
		"a rate of nought":          {[]celcoin.Option{sandbox, celcoin.WithRateLimit(0, 1)}, "celcoin: rate limit: want a rate above 0"},
		"a rate that is no number":  {[]celcoin.Option{sandbox, celcoin.WithRateLimit(math.NaN(), 1)}, "celcoin: rate limit: "},
		"no burst":                  {[]celcoin.Option{sandbox, celcoin.WithRateLimit(1, 0)}, "celcoin: rate limit: "},
		"an empty user agent":       {[]celcoin.Option{sandbox, celcoin.WithUserAgent(" ")}, "celcoin: user agent: is empty"},
		"a user agent of two lines": {[]celcoin.Option{sandbox, celcoin.WithUserAgent("a\r\nX-Injected: 1")}, "celcoin: user agent: only printable ASCII"},
		"a certificate beside a transport": {
			[]celcoin.Option{sandbox, celcoin.WithClientCertificate(authority.issue(t, "x")), celcoin.WithHTTPClient(&http.Client{Transport: &fake{}})},
			"celcoin: client certificate: the transport of your http client is used as it is",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := celcoin.New(creds, tc.opts...)
			require.Error(t, err)
			assert.Nil(t, c)
			assert.True(t, strings.HasPrefix(err.Error(), tc.want), "%s", err)
			assert.NotContains(t, err.Error(), "planted")
			assert.Equal(t, 1, strings.Count(err.Error(), "celcoin:"))
		})
	}
}

func TestBothEnvironmentsAndNilOptionsAreTaken(t *testing.T) {
	t.Parallel()
	for _, base := range []string{celcoin.SandboxURL, celcoin.ProductionURL} {
		c, err := celcoin.New(creds, nil, celcoin.WithBaseURL(base), nil)
		require.NoError(t, err)
		assert.Equal(t, "celcoin.Client{"+strings.TrimPrefix(base, "https://")+"}", c.String())
		assert.Equal(t, c.String(), fmt.Sprintf("%+v", c))
	}
	f := &fake{}
	_, err := f.client(t).CountWebhooks(t.Context(), somewhere, nil, celcoin.WithResponse(nil), nil)
	require.NoError(t, err)
}

func TestWithResponseShowsTheLastAnswer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		replies []reply
		want    celcoin.Response
		fails   bool
	}{
		"of a success": {
			[]reply{says(200, `{"status":"SUCCESS","body":{"totalItems":3}}`, "X-Request-Id", "r-1", "X-Other", "o")},
			celcoin.Response{StatusCode: 200, RequestID: "r-1", Attempts: 1, Body: []byte(`{"status":"SUCCESS","body":{"totalItems":3}}`)}, false,
		},
		"of a failure": {
			[]reply{says(403, `no`, "X-Correlation-Id", "c-1")},
			celcoin.Response{StatusCode: 403, RequestID: "c-1", Attempts: 1, Body: []byte("no")}, true,
		},
		"after a retry": {
			[]reply{says(500, "", "X-Request-Id", "first"), says(200, `{"status":"SUCCESS","body":{"totalItems":3}}`)},
			celcoin.Response{StatusCode: 200, Attempts: 2, Body: []byte(`{"status":"SUCCESS","body":{"totalItems":3}}`)}, false,
		},
		"of before the answer was lost": {
			[]reply{says(500, "x"), fails(errReset)},
			celcoin.Response{StatusCode: 500, Attempts: 4, Body: []byte("x")}, true,
		},
		"as it was, if there was no answer": {
			[]reply{fails(errReset)}, celcoin.Response{RequestID: "as it was"}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{call: tc.replies}
				got := celcoin.Response{RequestID: "as it was"}
				err := operations[0].do(t, f.client(t), celcoin.WithResponse(&got))
				assert.Equal(t, tc.fails, err != nil)
				got.Header = nil
				assert.Equal(t, tc.want, got)
			})
		})
	}
	t.Run("with its header", func(t *testing.T) {
		t.Parallel()
		f := &fake{call: []reply{says(200, `{"status":"SUCCESS","body":{"totalItems":3}}`, "X-Other", "o")}}
		var got celcoin.Response
		require.NoError(t, operations[0].do(t, f.client(t), celcoin.WithResponse(&got)))
		assert.Equal(t, "o", got.Header.Get("X-Other"))
	})
}
