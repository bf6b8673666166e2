package transport_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// counted is a user's transport that notices when it is told to let go.
type counted struct {
	http.RoundTripper

	closed atomic.Int64
}

func (c *counted) CloseIdleConnections() { c.closed.Add(1) }

func TestTheUsersConnectionsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]step{
		"after retries": answers(503, ""), "after a lost answer": fails(errReset), "after an attempt timeout": hangs(true),
		"after a cancelled wait": answers(429, "", "Retry-After", "60"),
	} {
		bubble(t, name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(10*time.Second, cancel)
			user := &counted{RoundTripper: play(s)}
			set := settings(user)
			set.AttemptTimeout = time.Second
			newClient(set).Do(ctx, get(t, somewhere))
			assert.Zero(t, user.closed.Load())
		})
	}
}

// TestTheUsersCookieJarIsUsed on every attempt, as a gateway in front of a
// vendor may set a cookie to find its way back. The http.Client is not changed.
func TestTheUsersCookieJarIsUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(answers(503, "", "Set-Cookie", "node=7"), answers(503, ""), answers(200, "{}"))
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		user := &http.Client{Transport: server, Jar: jar, Timeout: time.Minute}
		before, s := *user, settings(nil)
		require.NoError(t, s.SetHTTPClient(user))
		newClient(s).Do(t.Context(), get(t, somewhere))
		var sent [][]string
		for _, a := range server.arrivals {
			sent = append(sent, a.header["Cookie"])
		}
		assert.Equal(t, [][]string{nil, {"node=7"}, {"node=7"}}, sent)
		assert.Equal(t, before, *user)
	})
}

// TestNoErrorShowsAURL: its query holds document numbers.
func TestNoErrorShowsAURL(t *testing.T) {
	t.Parallel()
	inner := &url.Error{Op: "Get", URL: somewhere, Err: errReset}
	for _, err := range []error{
		inner, fmt.Errorf("user's transport: %w", inner), &url.Error{Op: "Get", URL: somewhere, Err: fmt.Errorf("inner: %w", inner)},
	} {
		s := settings(play(fails(err)))
		s.Policy.MaxRetries = -1
		out := newClient(s).Do(t.Context(), get(t, somewhere))
		require.ErrorIs(t, out.Err, errReset)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", out.Err, out.Err, out.Err), "query-canary")
	}
}

// TestATransportMayChangeTheURLOfItsRequest, as one does that sends to another
// host, without a race and without an effect on other attempts.
func TestATransportMayChangeTheURLOfItsRequest(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]int{}
	s := hasty(roundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		seen[r.URL.String()]++
		mu.Unlock()
		r.URL.Host, r.URL.Path, r.URL.RawQuery = "elsewhere.test", "/", ""
		return answers(500, "")(r)
	}))
	c, call := newClient(s), get(t, somewhere)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() { c.Do(t.Context(), call) })
	}
	callers.Wait()
	assert.Equal(t, map[string]int{somewhere: 24}, seen)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWrappersSendEachAttemptInTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(answers(500, ""), answers(200, "{}"))
		s := settings(server)
		var order []string
		for _, name := range []string{"inner", "outer"} {
			require.NoError(t, s.AddWrapper(func(base http.RoundTripper) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) {
					order = append(order, name)
					return base.RoundTrip(r)
				})
			}))
		}
		require.NoError(t, newClient(s).Do(t.Context(), get(t, somewhere)).Err)
		assert.Equal(t, []string{"outer", "inner", "outer", "inner"}, order)
		assert.Equal(t, 2, server.requests())

		require.Error(t, s.AddWrapper(nil))
		require.NoError(t, s.AddWrapper(func(http.RoundTripper) http.RoundTripper { return nil }))
		_, err := transport.New(s)
		require.Error(t, err)
	})
}
