package celcoin_test

import (
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

// discardLog keeps the complaints of servers about their clients out of the output.
var discardLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)

func TestCallsWorkOverTLSAndHTTP2(t *testing.T) {
	t.Parallel()
	for proto, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, success, func(s *httptest.Server) {
				s.EnableHTTP2 = http2
				s.StartTLS()
			})
			c := s.client(t)
			for _, op := range operations {
				require.NoError(t, op.do(t, c))
			}
			require.Len(t, s.calls(), 3)
			for _, r := range s.calls() {
				assert.Equal(t, proto, r.Proto)
			}
			assert.Equal(t, "{}", s.calls()[2].Body)
		})
	}
}

func TestTheBaseURLMayHaveAPathWithOrWithoutASlash(t *testing.T) {
	t.Parallel()
	const path = "/common/v1/webhook/replay/PIX/pix-payment-out?webhookId=f933b0b1"
	for base, want := range map[string]string{
		"https://celcoin.example":            path,
		"https://celcoin.example/":           path,
		"https://celcoin.example:8443/a":     "/a" + path,
		"https://celcoin.example/a/b/":       "/a/b" + path,
		"https://celcoin.example/a%2Fb/c%20": "/a%2Fb/c%20" + path,
		"http://localhost:1/a":               "/a" + path,
		"http://[::1]:1":                     path,
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			c, err := celcoin.New(celcoin.Credentials{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"})},
				celcoin.WithBaseURL(base), celcoin.WithHTTPClient(&http.Client{Transport: f}))
			require.NoError(t, err)
			_, err = c.ReplayWebhooks(t.Context(), one)
			require.NoError(t, err)
			u, err := url.Parse(base)
			require.NoError(t, err)
			assert.Equal(t, u.Host, f.calls()[0].Host)
			assert.Equal(t, want, f.calls()[0].URI)
		})
	}
}

func TestARedirectIsNeverFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("credentials went to another host")
	}))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			redirect := func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, elsewhere.URL+r.URL.RequestURI(), status) //nolint:gosec // that is the attack
			}
			s := newServer(t, redirect)
			c := s.client(t)
			for _, op := range operations {
				err := op.do(t, c)
				var e *celcoin.Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, status, e.StatusCode)
				assert.Contains(t, err.Error(), "a redirect is never followed")
				assert.NotContains(t, err.Error(), elsewhere.URL)
				require.NotErrorIs(t, err, celcoin.ErrOutcomeUnknown)
			}
			assert.Len(t, s.calls(), 3)

			// The token call's redirect, which would carry the secret.
			token := httptest.NewServer(http.HandlerFunc(redirect))
			t.Cleanup(token.Close)
			c, err := celcoin.New(creds, celcoin.WithBaseURL(token.URL))
			require.NoError(t, err)
			err = operations[0].do(t, c)
			var e *celcoin.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "token", e.Op)
			assert.Equal(t, status, e.StatusCode)
			token.CloseClientConnections()
		})
	}
}

func TestTheUsersHTTPClientIsUsedAndLeftAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "set-by-the-server"}) //nolint:gosec // over plain http, in a test
		success(w, r)
	})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	jar.SetCookies(u, []*http.Cookie{{Name: "sticky", Value: "of-the-user"}}) //nolint:gosec // over plain http, in a test
	mine := &http.Client{Transport: s.Client().Transport, Jar: jar, Timeout: time.Minute}
	before := *mine
	c := s.client(t, celcoin.WithHTTPClient(mine))
	for range 2 {
		require.NoError(t, operations[0].do(t, c))
	}
	assert.Equal(t, before.Transport, mine.Transport)
	assert.Equal(t, before.Timeout, mine.Timeout)
	assert.Nil(t, mine.CheckRedirect)
	assert.Equal(t, "sticky=of-the-user", s.calls()[0].Header.Get("Cookie"))
	assert.Contains(t, s.calls()[1].Header.Get("Cookie"), "session=set-by-the-server")
}

func TestOneConnectionServesCallsThatFollowEachOther(t *testing.T) {
	t.Parallel()
	s := newServer(t, success)
	conns := make(map[string]bool)
	s.Config.Handler = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conns[r.RemoteAddr] = true
			next.ServeHTTP(w, r)
		})
	}(s.Config.Handler)
	c := s.client(t)
	for _, op := range operations {
		require.NoError(t, op.do(t, c))
	}
	assert.Len(t, conns, 1)
}
