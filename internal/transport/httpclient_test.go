package transport_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// counted is a user's transport that notices when it is told to let go.
type counted struct {
	http.RoundTripper

	mu     sync.Mutex
	closed int
}

func (c *counted) CloseIdleConnections() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed++
}

func TestTheUsersConnectionsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		step step
	}{
		{"after a success", answers(200, "{}")},
		{"after a refusal", answers(400, "")},
		{"after retries", answers(503, "")},
		{"after a lost answer", fails(errReset)},
		{"after an attempt timeout", hangs(true)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				user := &counted{RoundTripper: play(tt.step)}
				s := settings(user)
				s.AttemptTimeout = time.Second
				newClient(s).Do(t.Context(), get(t, somewhere))
				assert.Zero(t, user.closed)
			})
		})
	}
	t.Run("after a cancelled wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			user := &counted{RoundTripper: play(answers(429, "", "Retry-After", "60"))}
			out := newClient(settings(user)).Do(ctx, get(t, somewhere))
			require.ErrorIs(t, out.Err, context.Canceled)
			assert.Zero(t, user.closed)
		})
	})
}

func TestTheUsersHTTPClientIsNotChanged(t *testing.T) {
	t.Parallel()
	server := play(answers(200, "{}"))
	j := &jar{}
	user := &http.Client{
		Transport:     server,
		Jar:           j,
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errBoom },
	}
	s := settings(nil)
	require.NoError(t, s.SetHTTPClient(user))
	out := newClient(s).Do(t.Context(), get(t, somewhere))
	require.NoError(t, out.Err)
	assert.Same(t, server, user.Transport)
	assert.Same(t, j, user.Jar)
	assert.Equal(t, time.Minute, user.Timeout)
	assert.ErrorIs(t, user.CheckRedirect(nil, nil), errBoom)
}

// jar keeps cookies, whatever they are.
type jar struct {
	mu      sync.Mutex
	cookies []*http.Cookie
}

func (j *jar) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cookies = append(j.cookies, cookies...)
}

func (j *jar) Cookies(*url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cookies
}

// TestTheUsersCookieJarIsUsed on every attempt, as a gateway in front of a
// vendor may set a cookie to find its way back.
func TestTheUsersCookieJarIsUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(answers(503, "", "Set-Cookie", "node=7"), answers(503, ""), answers(200, "{}"))
		s := settings(server)
		s.HTTPClient.Jar = &jar{cookies: []*http.Cookie{{Name: "a", Value: "1"}}}
		newClient(s).Do(t.Context(), get(t, somewhere))
		var sent [][]string
		for _, a := range server.arrivals {
			sent = append(sent, a.header["Cookie"])
		}
		assert.Equal(t, [][]string{{"a=1"}, {"a=1; node=7"}, {"a=1; node=7"}}, sent)
	})
}

// TestARequestAsItLeaves has what was asked for, and nothing of net/http's.
func TestARequestAsItLeaves(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	var got *http.Request
	mock.RegisterResponder(http.MethodPut, "https://vendor.test/base/things/1?q=query-canary",
		func(r *http.Request) (*http.Response, error) {
			got = r
			return httpmock.NewStringResponse(200, "{}"), nil
		})
	s := settings(mock)
	require.NoError(t, s.SetApp("receiver/1.2"))
	out := newClient(s).Do(t.Context(), put(t, somewhere, transport.NonIdempotent))
	require.NoError(t, out.Err)
	require.NotNil(t, got)
	assert.Equal(t, "vendor.test", got.Host)
	assert.Equal(t, int64(len(`{"thing":1}`)), got.ContentLength)
	assert.NotNil(t, got.GetBody)
	assert.Equal(t, []string{"application/json"}, got.Header["Accept"])
	assert.Regexp(t, `^receiver/1\.2 reenvio-go/\d+\.\d+\.\d+ go1\.`, got.Header.Get("User-Agent"))
	assert.Len(t, got.Header, 2)
	assert.Equal(t, 1, mock.GetTotalCallCount())
}

// TestNoErrorShowsAURL: its query holds document numbers.
func TestNoErrorShowsAURL(t *testing.T) {
	t.Parallel()
	inner := &url.Error{Op: "Get", URL: somewhere, Err: errReset}
	for _, tt := range []struct {
		name string
		err  error
	}{
		{"an http.Client behind the transport", inner},
		{"two of them", &url.Error{Op: "Get", URL: somewhere, Err: fmt.Errorf("inner: %w", inner)}},
		{"wrapped", fmt.Errorf("user's transport: %w", inner)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := settings(play(fails(tt.err)))
			s.Policy.MaxRetries = -1
			out := newClient(s).Do(t.Context(), get(t, somewhere))
			require.ErrorIs(t, out.Err, errReset)
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", out.Err, out.Err, out.Err), "query-canary")
		})
	}
}
