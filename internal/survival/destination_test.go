package survival

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// lure is a server that nobody should come to.
type lure struct {
	*http.Server
	addr string
	mu   sync.Mutex
	got  []string
}

func setLure(tb testing.TB) *lure {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	l := &lure{addr: listener.Addr().String()}
	l.Server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.got = append(l.got, r.Method+" "+r.Host+r.URL.String())
	})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = l.Serve(listener) })
	tb.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
	return l
}

func (l *lure) visitors() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.got...)
}

// dialed is a transport over sockets that remembers whom it called.
type dialed struct {
	*http.Transport
	mu    sync.Mutex
	addrs map[string]bool
}

func newDialed(tb testing.TB) *dialed {
	tb.Helper()
	d := &dialed{addrs: make(map[string]bool)}
	dialer := &net.Dialer{}
	d.Transport = &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		d.mu.Lock()
		d.addrs[addr] = true
		d.mu.Unlock()
		return dialer.DialContext(ctx, network, addr)
	}}
	tb.Cleanup(d.CloseIdleConnections)
	return d
}

func (d *dialed) requireOnly(tb testing.TB, url string) {
	tb.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	assert.Equal(tb, map[string]bool{strings.TrimPrefix(url, "http://"): true}, d.addrs, "who was called")
}

func TestARedirectTakesNobodyAnywhere(t *testing.T) {
	t.Parallel()
	elsewhere := setLure(t)
	for name, location := range map[string]string{
		"to another host":              "http://" + elsewhere.addr + "/open-api/entity/webhook/resend",
		"without a scheme":             "//" + elsewhere.addr + "/",
		"to a relative path":           "again",
		"to an absolute path":          "/v5/token",
		"up":                           "../../..",
		"to a host behind a user":      "http://user:password@" + elsewhere.addr + "/",
		"with a backslash":             `\\` + elsewhere.addr + `\`,
		"to an address without an end": "http://[::1",
		"to a bad escape":              "http://" + elsewhere.addr + "/%zz",
		"to a file":                    "file:///etc/passwd",
		"to nothing":                   "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{301, 302, 303, 307, 308, 300, 399} {
				f := simulator.Fault{Status: status, Body: []byte{}, Times: always, Header: http.Header{"Location": {location}}}
				network := newDialed(t)
				resender, err := ceffutest.Start()
				require.NoError(t, err)
				require.NoError(t, resender.Inject(ceffutest.Fault(f)))
				c1, err := resender.Client(ceffu.WithHTTPClient(&http.Client{Transport: network}))
				require.NoError(t, err)
				_, err = c1.ResendWebhooks(t.Context(), ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: time.Unix(1, 0)})
				var e1 *ceffu.Error
				require.ErrorAs(t, err, &e1)
				assert.Equal(t, status, e1.StatusCode)
				assert.NotContains(t, err.Error(), elsewhere.addr)
				assert.Len(t, resender.Requests(), 1)
				network.requireOnly(t, resender.URL)
				resender.Close()

				for _, operation := range []string{"token", "replay", "count"} {
					redirectCelcoin(t, f, operation, elsewhere.addr)
				}
			}
			assert.Empty(t, elsewhere.visitors())
		})
	}
}

func redirectCelcoin(t *testing.T, f simulator.Fault, operation, elsewhere string) {
	t.Helper()
	network := newDialed(t)
	server, err := celcointest.Start()
	require.NoError(t, err)
	defer server.Close()
	f.Operation = operation
	require.NoError(t, server.Inject(celcointest.Fault(f)))
	client, err := server.Client(celcoin.WithHTTPClient(&http.Client{Transport: network}))
	require.NoError(t, err)
	if operation == "count" {
		_, err = client.CountWebhooks(t.Context(), celcoin.Query{Entity: "pix-payment-in", From: time.Unix(0, 0), To: time.Unix(1, 0)})
	} else {
		_, err = client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Entity: "pix-payment-in", WebhookID: "1"})
	}
	var e *celcoin.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, f.Status, e.StatusCode)
	assert.NotContains(t, err.Error(), elsewhere)
	seen := 2 // the token's request too
	if operation == "token" {
		seen = 1
	}
	assert.Len(t, server.Requests(), seen)
	network.requireOnly(t, server.URL)
}

// Whatever an entity or a product says, it is a segment of a path on the base
// URL's host.
func TestNoEntityLeadsAnywhereElse(t *testing.T) {
	t.Parallel()
	server := celcointest.NewServer(t, celcointest.WithProducts(celcoin.ProductPix))
	network := newDialed(t)
	client, err := server.Client(celcoin.WithHTTPClient(&http.Client{Transport: network}))
	require.NoError(t, err)
	from, to := time.Unix(0, 0), time.Unix(1, 0)
	for _, name := range []string{
		"//evil.invalid", "//evil.invalid/", "http://evil.invalid/", "@evil.invalid", "user:password@evil.invalid",
		"/../../../v5/token", "../../v5/token", "..%2f..%2fv5%2ftoken", "%2e%2e", "%2e%2e/%2e%2e", `..\..\evil`, `\\evil.invalid`,
		"x?DateFrom=1#", "x#y", "x;y=z", "x y", "x%00", "...", ".../..", "%", "%zz", "\u2024\u2024/evil", "\uff0f\uff0fevil.invalid",
	} {
		_, err := client.CountWebhooks(t.Context(), celcoin.Query{Entity: celcoin.Entity(name), From: from, To: to})
		require.Error(t, err, "%q", name)
		_, err = client.CountWebhooks(t.Context(), celcoin.Query{Product: celcoin.Product(name), Entity: "pix-payment-in", From: from, To: to})
		require.Error(t, err, "%q", name)
		_, err = client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Entity: celcoin.Entity(name), Product: celcoin.ProductBaaS, WebhookID: name})
		require.Error(t, err, "%q", name)
	}
	for _, name := range []string{".", "..", "", "x\x00", "x\r\nHost: evil.invalid", "\xff"} {
		_, err := client.CountWebhooks(t.Context(), celcoin.Query{Entity: celcoin.Entity(name), From: from, To: to})
		require.ErrorIs(t, err, celcoin.ErrInvalidRequest, "%q", name)
	}
	for _, r := range server.Requests() {
		assert.Equal(t, strings.TrimPrefix(server.URL, "http://"), r.Host)
		path, _, _ := strings.Cut(r.URL, "?")
		switch {
		case path == "/v5/token":
			assert.Equal(t, "token", r.Operation)
		case strings.HasPrefix(path, "/baas/v2/webhook/replay/"):
			assert.Equal(t, 5, strings.Count(path, "/"), path)
		default:
			assert.True(t, strings.HasPrefix(path, "/common/v1/webhook/replay/"), path)
			assert.Equal(t, 6, strings.Count(path, "/"), path)
		}
	}
	network.requireOnly(t, server.URL)
}

func TestABaseURLWithCredentialsOrWithoutTLSIsRefused(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"https://user@api.example.com", "https://user:password@api.example.com", "https://:@api.example.com",
		"http://api.example.com", "http://127.0.0.1.example.com", "http://127.0.0.1@example.com", "http://localhost.example.com",
		"http://0.0.0.0", "http://[::]", "http://2130706433", "http://127.1", "http://10.0.0.1", "//api.example.com", "api.example.com",
		"ftp://api.example.com", "https:api.example.com", "https://", "https://api.example.com/?key=secret", "https://api.example.com/#x",
		"https://api.example.com/../x", "https://api.example.com/%2e%2e/x", "https://api.example.com\\@evil.invalid", "https://a b/", "javascript:0",
		"https://api.example.com/\r\nX: y", "unix:///var/run/docker.sock", "https://user:secret@api.example.com:port",
	} {
		_, err := ceffu.New(ceffutest.NewServer(t).Credentials(), ceffu.WithBaseURL(url))
		require.ErrorContains(t, err, "base URL: ", url)
		assert.NotContains(t, err.Error(), "example.com", "a refused URL is not repeated: it may hold a password")
		_, err = celcoin.New(celcoin.Credentials{ClientID: "a", ClientSecret: "b"}, celcoin.WithBaseURL(url))
		require.ErrorContains(t, err, "base URL: ", url)
		assert.NotContains(t, err.Error(), "example.com")
	}
}
