package ceffu_test

import (
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

func TestTheSignedRequestArrivesOverEveryProtocol(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server func() *backend
		proto  string
	}{
		"plain HTTP/1.1 to loopback": {func() *backend { return serving(t, code(500, "G20001"), accepted) }, "HTTP/1.1"},
		"HTTP/1.1 over TLS":          {func() *backend { return servingTLS(t, false, code(500, "G20001"), accepted) }, "HTTP/1.1"},
		"HTTP/2 over TLS":            {func() *backend { return servingTLS(t, true, code(500, "G20001"), accepted) }, "HTTP/2.0"},
	} {
		server := tt.server()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, ceffu.WithBaseURL(server.URL+"/base/"), ceffu.WithHTTPClient(server.Client()), soon())
			result, err := c.ResendWebhooks(t.Context(), testRequest())
			require.NoError(t, err)
			assert.True(t, result.Accepted)
			require.Len(t, server.requests(), 2)
			for _, r := range server.requests() {
				assert.Equal(t, tt.proto, r.Proto)
				assert.Equal(t, "/base"+resendPath, r.Path)
				assert.Equal(t, testAPIKey, r.Header.Get("open-apikey"))
				assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
				assertSigned(t, r)
			}
			assert.EqualValues(t, 1, server.connections.Load(), "connections")
		})
	}
}

// soon is a policy that hardly waits, for tests over real connections.
func soon() ceffu.Option {
	return ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond})
}

func TestAServerWithAStrangersCertificateSeesNothing(t *testing.T) {
	t.Parallel()
	server := servingTLS(t, true, accepted)
	c := newClient(t, ceffu.WithBaseURL(server.URL), soon())
	_, err := c.ResendWebhooks(t.Context(), testRequest())
	require.ErrorContains(t, err, "certificate")
	require.NotErrorIs(t, err, ceffu.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "4 attempts", "what was not sent is retried")
	assert.Empty(t, server.requests())
}

func TestARedirectIsNeverFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			other := serving(t, accepted)
			here := serving(t, answer{status: status}.with("Location", other.URL+resendPath))
			followed := false
			c := newClient(t, ceffu.WithBaseURL(here.URL), ceffu.WithHTTPClient(&http.Client{
				CheckRedirect: func(*http.Request, []*http.Request) error { followed = true; return nil },
			}))
			_, err := c.ResendWebhooks(t.Context(), testRequest())
			var e *ceffu.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, status, e.StatusCode)
			require.ErrorContains(t, err, "a redirect is never followed")
			assert.NotContains(t, err.Error(), other.URL)
			assert.Len(t, here.requests(), 1)
			assert.Empty(t, other.requests(), "credentials went to another host")
			assert.False(t, followed)
		})
	}
}

func TestARedirectToTheSameHostIsNotFollowedEither(t *testing.T) {
	t.Parallel()
	server := serving(t, answer{status: http.StatusTemporaryRedirect}.with("Location", "/elsewhere"), accepted)
	_, err := newClient(t, ceffu.WithBaseURL(server.URL)).ResendWebhooks(t.Context(), testRequest())
	require.ErrorContains(t, err, "307 Temporary Redirect")
	assert.Len(t, server.requests(), 1)
}

func TestRetriesWithLongBodiesKeepTheirConnection(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 8<<10)
	server := serving(t, answer{status: 503, body: long}, answer{status: 500, body: long}, accepted)
	c := newClient(t, ceffu.WithBaseURL(server.URL), soon())
	for range 20 {
		_, err := c.ResendWebhooks(t.Context(), testRequest())
		require.NoError(t, err)
	}
	assert.Len(t, server.requests(), 22)
	assert.EqualValues(t, 1, server.connections.Load(), "connections")
}

func TestManyGoroutinesReuseTheirConnections(t *testing.T) {
	t.Parallel()
	server := serving(t, accepted)
	c := newClient(t, ceffu.WithBaseURL(server.URL))
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for range 10 {
				_, err := c.ResendWebhooks(t.Context(), testRequest())
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	assert.Len(t, server.requests(), 320)
	assert.LessOrEqual(t, server.connections.Load(), int64(64), "connections")
}

func TestTheCookieJarIsUsedOnceAnAttempt(t *testing.T) {
	t.Parallel()
	server := serving(t, code(500, "G20001").with("Set-Cookie", "node=a"), code(500, "G20001"), accepted)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c := newClient(t, ceffu.WithBaseURL(server.URL), ceffu.WithHTTPClient(&http.Client{Jar: jar}), soon())
	_, err = c.ResendWebhooks(t.Context(), testRequest())
	require.NoError(t, err)
	var cookies []string
	for _, r := range server.requests() {
		cookies = append(cookies, r.Header.Get("Cookie"))
	}
	assert.Equal(t, []string{"", "node=a", "node=a"}, cookies)
}

func TestAnotherProtocolThanHTTPDoesNotHang(t *testing.T) {
	t.Parallel()
	left := make(chan bool, 1)
	server := hijacking(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n", left)
	_, err := newClient(t, ceffu.WithBaseURL(server.URL)).ResendWebhooks(t.Context(), testRequest())
	var e *ceffu.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, http.StatusSwitchingProtocols, e.StatusCode)
	assert.True(t, <-left, "the client keeps the connection")
}
