package transport_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// unsent carries out a once call that fails with nothing in doubt, after so many
// attempts.
func unsent(t *testing.T, rt http.RoundTripper, rawURL string, attempts int) error {
	t.Helper()
	s := hasty(rt)
	s.AttemptTimeout = 10 * time.Second
	out := newClient(s).Do(t.Context(), put(t, rawURL, transport.NonIdempotent))
	require.Error(t, out.Err)
	assert.Nil(t, out.Response)
	assert.False(t, out.InDoubt, "not in doubt: %v", out.Err)
	assert.Equal(t, attempts, out.Attempts, "%v", out.Err)
	return out.Err
}

// opaque hides what an http.Transport tells to a trace, as a user's own
// transport may do: the error alone has to prove that nothing was sent.
type opaque struct{ next http.RoundTripper }

func (o opaque) RoundTrip(req *http.Request) (*http.Response, error) {
	return o.next.RoundTrip(req.Clone(untraced{req.Context()})) //nolint:contextcheck // it is the same but for its values
}

// untraced is a context without values: the trace is one.
type untraced struct{ context.Context }

func (untraced) Value(any) any { return nil }

// wraps are the ways in which an http.Transport comes.
var wraps = map[string]func(http.RoundTripper) http.RoundTripper{
	"traced":   func(rt http.RoundTripper) http.RoundTripper { return rt },
	"untraced": func(rt http.RoundTripper) http.RoundTripper { return opaque{rt} },
}

func TestWhatNeverConnectsIsNotSent(t *testing.T) {
	t.Parallel()
	proxy := func(t *testing.T, tr *http.Transport, raw string) {
		t.Helper()
		u, err := url.Parse(raw)
		require.NoError(t, err)
		tr.Proxy = http.ProxyURL(u)
	}
	for _, tt := range []struct {
		name   string
		opaque bool // the error alone is proof
		setUp  func(t *testing.T, tr *http.Transport) (target string)
	}{
		{"a refused connection", true, func(t *testing.T, _ *http.Transport) string {
			t.Helper()
			return "http://" + closedPort(t) + "/?q=query-canary"
		}},
		{"a name that does not resolve", true, func(_ *testing.T, tr *http.Transport) string {
			tr.DialContext = (&net.Dialer{Resolver: &net.Resolver{
				PreferGo: true,
				Dial:     func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no name server") },
			}}).DialContext
			return "http://vendor.test/"
		}},
		{"a proxy that cannot be reached", true, func(t *testing.T, tr *http.Transport) string {
			t.Helper()
			proxy(t, tr, "http://"+closedPort(t))
			return "https://vendor.test/"
		}},
		{"a proxy that refuses to connect", false, func(t *testing.T, tr *http.Transport) string {
			t.Helper()
			proxy(t, tr, serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }).URL)
			return "https://vendor.test/"
		}},
		{"a certificate that is not trusted", true, func(t *testing.T, _ *http.Transport) string {
			t.Helper()
			return serveTLS(t, nil).URL
		}},
		{"a server without TLS", true, func(t *testing.T, _ *http.Transport) string {
			t.Helper()
			server := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
			return strings.Replace(server.URL, "http:", "https:", 1)
		}},
	} {
		for name, wrap := range wraps {
			if name == "traced" || tt.opaque {
				t.Run(tt.name+", "+name, func(t *testing.T) {
					t.Parallel()
					tr := wireTransport(t)
					err := unsent(t, wrap(tr), tt.setUp(t, tr), 3)
					assert.NotContains(t, err.Error(), "query-canary")
				})
			}
		}
	}
}

// TestAClientCertificateThatIsRefusedIsNotSent: under TLS 1.3 the client has
// sent its request by the time it learns of that, but the server has not read it.
func TestAClientCertificateThatIsRefusedIsNotSent(t *testing.T) {
	t.Parallel()
	for version, name := range map[uint16]string{tls.VersionTLS12: "TLS 1.2", tls.VersionTLS13: "TLS 1.3"} {
		for _, http2 := range []bool{false, true} {
			for wrapped, wrap := range wraps {
				t.Run(fmt.Sprintf("%s, HTTP/2 %v, %s", name, http2, wrapped), func(t *testing.T) {
					t.Parallel()
					server := serveTLS(t, func(s *httptest.Server) {
						s.EnableHTTP2 = http2
						s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: version, MaxVersion: version}
					})
					tr := wireTransport(t)
					tr.ForceAttemptHTTP2 = http2
					pool := x509.NewCertPool()
					pool.AddCert(server.Certificate())
					tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
					s := hasty(wrap(tr))
					out := newClient(s).Do(t.Context(), put(t, server.URL, transport.NonIdempotent))
					require.Error(t, out.Err)
					assert.Regexp(t, "certificate required|handshake failure|requires a client certificate", out.Err.Error())
					assert.False(t, out.InDoubt)
					assert.Zero(t, server.requests.Load())
				})
			}
		}
	}
}

// TestAnAlertOnAConnectionThatHasServedIsNoProof: what has been agreed is not
// refused any more, whatever the alert says.
func TestAnAlertOnAConnectionThatHasServedIsNoProof(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, tr := serveMemory(t, func(http.ResponseWriter, *http.Request) {})
		alert := &net.OpError{Op: "remote error", Err: tls.AlertError(42)}
		m.dial = func(int) (func(net.Conn) net.Conn, error) {
			return func(c net.Conn) net.Conn { return &dying{Conn: c, readErr: alert} }, nil
		}
		s := settings(tr)
		s.AttemptTimeout = time.Minute
		c := newClient(s)
		require.NoError(t, c.Do(t.Context(), put(t, "http://vendor.test/", transport.NonIdempotent)).Err)
		synctest.Wait()
		out := c.Do(t.Context(), put(t, "http://vendor.test/", transport.NonIdempotent))
		require.ErrorIs(t, out.Err, alert)
		assert.True(t, out.InDoubt)
		assert.Equal(t, 1, out.Attempts)
	})
}

// TestGarbageInsteadOfAnAnswerIsInDoubt: also such as TLS itself cannot read.
func TestGarbageInsteadOfAnAnswerIsInDoubt(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		tls.RecordHeaderError{Msg: "oversized record received with length 20527"}, // after the handshake
		&net.OpError{Op: "remote error", Err: tls.AlertError(80)},                 // the server's own trouble
		&net.OpError{Op: "remote error", Err: tls.AlertError(0)},                  // the connection is closed
		&net.OpError{Op: "local error", Err: tls.AlertError(42)},                  // an alert of this side
	} {
		out := newClient(settings(play(fails(err)))).Do(t.Context(), put(t, somewhere, transport.NonIdempotent))
		assert.Equal(t, 1, out.Attempts)
		assert.True(t, out.InDoubt, "%v", err)
	}
}

// serveTLS is serve over TLS; set may change the server before it starts.
func serveTLS(t *testing.T, set func(*httptest.Server)) *wireServer {
	t.Helper()
	s := &wireServer{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { s.requests.Add(1) }))
	s.Config.ErrorLog = discard()
	s.Listener = lingering{s.Listener}
	if set != nil {
		set(s.Server)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// lingering connections are closed gracefully: a reset, which a close over
// unread bytes is, may overtake the alert that was written before it. Whether
// an attempt was refused is then not known, and no test of that.
type lingering struct{ net.Listener }

func (l lingering) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingeringConn{Conn: c}, nil
}

type lingeringConn struct {
	net.Conn

	once sync.Once
}

func (c *lingeringConn) Close() error {
	c.once.Do(func() {
		if tcp, ok := c.Conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
			_ = tcp.SetReadDeadline(time.Now().Add(time.Minute)) // the client leaves much earlier
			_, _ = io.Copy(io.Discard, tcp)
		}
	})
	return c.Conn.Close()
}
