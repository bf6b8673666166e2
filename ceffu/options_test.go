package ceffu_test

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"net/http/cookiejar"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

func TestAnOptionThatMakesNoSenseIsAnErrorOfNew(t *testing.T) {
	t.Parallel()
	const form = "base URL: want https://host, with or without a path"
	tests := map[string]struct {
		option ceffu.Option
		want   string
	}{
		"an empty base URL":                 {ceffu.WithBaseURL(""), form},
		"a base URL without a scheme":       {ceffu.WithBaseURL("open-api.ceffu.com"), form},
		"a base URL without a host":         {ceffu.WithBaseURL("https:///path"), form},
		"a base URL with a port alone":      {ceffu.WithBaseURL("https://:443"), form},
		"a base URL that is none":           {ceffu.WithBaseURL("https://a b"), form},
		"a base URL that is opaque":         {ceffu.WithBaseURL("https:open-api.ceffu.com"), form},
		"a base URL of another scheme":      {ceffu.WithBaseURL("ftp://open-api.ceffu.com"), "base URL: the scheme must be https"},
		"a base URL without TLS":            {ceffu.WithBaseURL("http://open-api.ceffu.com"), "base URL: must be https, as credentials go there; http only to a loopback address"},
		"a host that only looks like ours":  {ceffu.WithBaseURL("http://127.0.0.1.example.com"), "base URL: must be https, as credentials go there; http only to a loopback address"},
		"a base URL with a password":        {ceffu.WithBaseURL("https://u:hunter2@open-api.ceffu.com"), "base URL: must not hold a user name or password"},
		"a base URL with a query":           {ceffu.WithBaseURL("https://open-api.ceffu.com?key=hunter2"), "base URL: must not have a query or fragment"},
		"a base URL with an empty query":    {ceffu.WithBaseURL("https://open-api.ceffu.com?"), "base URL: must not have a query or fragment"},
		"a base URL with a fragment":        {ceffu.WithBaseURL("https://open-api.ceffu.com#a"), "base URL: must not have a query or fragment"},
		"a base URL that climbs":            {ceffu.WithBaseURL("https://open-api.ceffu.com/a/../b"), "base URL: must not have . or .. in its path"},
		"no http client":                    {ceffu.WithHTTPClient(nil), "http client: is nil"},
		"a negative MinWait":                {ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: -1}), "retry policy: a wait must not be negative"},
		"a negative MaxWait":                {ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxWait: -1}), "retry policy: a wait must not be negative"},
		"a negative MaxRetryAfter":          {ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetryAfter: -1}), "retry policy: a wait must not be negative"},
		"waits in the wrong order":          {ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: 2, MaxWait: 1}), "retry policy: MinWait (2ns) is above MaxWait (1ns)"},
		"a negative attempt timeout":        {ceffu.WithAttemptTimeout(-1), "attempt timeout: must not be negative"},
		"a rate of 0":                       {ceffu.WithRateLimit(0, 1), "rate limit: want a rate above 0 a second and a burst of at least 1"},
		"a negative rate":                   {ceffu.WithRateLimit(-1, 1), "rate limit: want a rate above 0 a second and a burst of at least 1"},
		"a rate that is no number":          {ceffu.WithRateLimit(math.NaN(), 1), "rate limit: want a rate above 0 a second and a burst of at least 1"},
		"an infinite rate":                  {ceffu.WithRateLimit(math.Inf(1), 1), "rate limit: want a rate above 0 a second and a burst of at least 1"},
		"a burst of 0":                      {ceffu.WithRateLimit(1, 0), "rate limit: want a rate above 0 a second and a burst of at least 1"},
		"no logger":                         {ceffu.WithLogger(nil), "logger: is nil"},
		"an empty user agent":               {ceffu.WithUserAgent(" "), "user agent: is empty"},
		"a user agent that splits a header": {ceffu.WithUserAgent("app\r\nX: y"), "user agent: only printable ASCII can be sent"},
		"a user agent beyond ASCII":         {ceffu.WithUserAgent("ação/1"), "user agent: only printable ASCII can be sent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := ceffu.New(testCredentials(), tt.option)
			require.EqualError(t, err, "ceffu: "+tt.want)
			assert.Nil(t, c)
		})
	}
}

func TestLoopbackMayGoWithoutTLS(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://127.0.0.1:8081", "http://[::1]:8081/base", "http://localhost", "http://LOCALHOST:80/", "http://127.1.2.3"} {
		_, err := ceffu.New(testCredentials(), ceffu.WithBaseURL(url))
		assert.NoError(t, err, url)
	}
}

func TestNilOptionsAreSkippedAndTheLastOfAKindWins(t *testing.T) {
	t.Parallel()
	server := serving(t, accepted)
	c := newClient(t, nil, ceffu.WithBaseURL("https://elsewhere.example"), nil, ceffu.WithBaseURL(server.URL), nil)
	_, err := c.ResendWebhooks(t.Context(), testRequest(), nil)
	require.NoError(t, err)
	assert.Len(t, server.requests(), 1)
}

// closable counts what a transport of the user's must not be asked.
type closable struct {
	*script

	closed atomic.Int64
}

func (c *closable) CloseIdleConnections() { c.closed.Add(1) }

func TestTheCallersHTTPClientIsNotChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &closable{script: answering(code(500, "G20001"), lost, unsent, code(400, "G20005"))}
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		theirs := http.Client{Transport: transport, Jar: jar, Timeout: time.Minute}
		before := theirs
		c := newClient(t, ceffu.WithHTTPClient(&theirs), ceffu.WithBaseURL("https://127.0.0.1"))
		_, err = c.ResendWebhooks(t.Context(), testRequest())
		require.ErrorIs(t, err, ceffu.ErrInvalidRequest)
		assert.Equal(t, before, theirs)
		assert.Nil(t, theirs.CheckRedirect)
		assert.Zero(t, transport.closed.Load(), "their idle connections were closed")
		assert.Len(t, transport.requests(), 4)
	})
}

func TestAChangeOfTheHTTPClientAfterNewDoesNotMatter(t *testing.T) {
	t.Parallel()
	vendor := answering(accepted)
	theirs := &http.Client{Transport: vendor}
	c := newClient(t, ceffu.WithHTTPClient(theirs))
	theirs.Transport = answering(code(500, "G20001"))
	_, err := c.ResendWebhooks(t.Context(), testRequest())
	require.NoError(t, err)
	assert.Len(t, vendor.requests(), 1)
}

func TestTheHTTPClientsTimeoutBoundsAnAttemptIfItIsShorter(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		theirs, own, want time.Duration
	}{
		"shorter than the default": {time.Second, 30 * time.Second, time.Second},
		"longer than ours":         {time.Hour, 2 * time.Second, 2 * time.Second},
		"with none of ours":        {3 * time.Second, 0, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				c := newClient(t, ceffu.WithAttemptTimeout(tt.own),
					ceffu.WithHTTPClient(&http.Client{Transport: answering(accepted.after(24 * time.Hour)), Timeout: tt.theirs}))
				_, err := c.ResendWebhooks(t.Context(), testRequest(), ceffu.WithMaxRetries(0))
				require.ErrorIs(t, err, ceffu.ErrOutcomeUnknown)
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, tt.want, time.Since(begin))
			})
		})
	}
}

func TestTheRateLimitHoldsCallsAndRetriesTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		vendor := answering(code(500, "G20001"), code(500, "G20001"), accepted)
		c := over(t, vendor, ceffu.WithRateLimit(0.5, 2), ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: 1, MaxWait: 1}))
		for range 3 {
			_, err := c.ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
		}
		require.Len(t, vendor.requests(), 5)
		assert.Equal(t, 6*time.Second, time.Since(begin).Round(time.Second), "2 at once, 3 every 2 s")
	})
}

func TestARateBeyondTheDeadlineSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := answering(accepted)
		c := over(t, vendor, ceffu.WithRateLimit(0.01, 1))
		_, err := c.ResendWebhooks(t.Context(), testRequest())
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		_, err = c.ResendWebhooks(ctx, testRequest())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err,
			"ceffu: resend webhooks: the rate limit's next turn comes after the deadline: context deadline exceeded, before the first attempt")
		assert.Zero(t, time.Since(begin))
		assert.Len(t, vendor.requests(), 1)
	})
}

func TestTheUserAgentNamesTheLibraryAndTheApplication(t *testing.T) {
	t.Parallel()
	own := "reenvio-go/0.1.0 " + runtime.Version()
	for name, tt := range map[string]struct {
		options []ceffu.Option
		want    string
	}{
		"the library alone":     {nil, own},
		"after the application": {[]ceffu.Option{ceffu.WithUserAgent("payments/2.1 (ops@example.com)")}, "payments/2.1 (ops@example.com) " + own},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendor := answering(accepted)
			_, err := over(t, vendor, tt.options...).ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
			assert.Equal(t, tt.want, vendor.requests()[0].Header.Get("User-Agent"))
		})
	}
}

func TestNewDoesNotUseTheNetwork(t *testing.T) {
	t.Parallel()
	vendor := answering(accepted)
	over(t, vendor, ceffu.WithLogger(slog.New(slog.DiscardHandler)), ceffu.WithRateLimit(1, 1))
	assert.Empty(t, vendor.requests())
}
