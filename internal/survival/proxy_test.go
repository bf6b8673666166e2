package survival

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
)

// proxy tunnels every CONNECT to one place, and remembers what it saw.
type proxy struct {
	url    string
	target string
	mu     sync.Mutex
	seen   []string // "CONNECT host:port" and the names of headers
	tunnel sync.WaitGroup
}

func startProxy(tb testing.TB, target string) *proxy {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	p := &proxy{url: "http://" + listener.Addr().String(), target: target}
	server := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	p.tunnel.Go(func() { _ = server.Serve(listener) })
	tb.Cleanup(func() {
		_ = server.Close()
		p.tunnel.Wait()
	})
	return p
}

// ServeHTTP implements http.Handler.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	line := r.Method + " " + r.Host
	for name := range r.Header {
		line += " " + name
	}
	p.mu.Lock()
	p.seen = append(p.seen, line)
	p.mu.Unlock()
	if r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	there, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", p.target)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
		_ = from.Close()
	}
	p.tunnel.Go(func() { pipe(there, here) })
	p.tunnel.Go(func() { pipe(here, there) })
}

func (p *proxy) sights() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.seen...)
}

// A proxy in between sees where a connection goes, and nothing of what goes
// over it.
func TestAProxySeesNothingButConnect(t *testing.T) {
	t.Parallel()
	resender := ceffutest.NewServer(t, ceffutest.WithTLS(), ceffutest.WithUnknownWebhook("000000"))
	replayer := celcointest.NewServer(t, celcointest.WithTLS())
	for _, target := range []struct {
		url  string
		cert *x509.Certificate
		call func(ctx context.Context, c *http.Client) error
	}{
		{resender.URL, resender.Certificate(), func(ctx context.Context, c *http.Client) error {
			return viaCeffu(ctx, resender, ceffu.WithHTTPClient(c))
		}},
		{replayer.URL, replayer.Certificate(), func(ctx context.Context, c *http.Client) error {
			return viaCelcoin(ctx, replayer, celcoin.WithHTTPClient(c))
		}},
	} {
		host := strings.TrimPrefix(target.url, "https://")
		p := startProxy(t, host)
		pool := x509.NewCertPool()
		pool.AddCert(target.cert)
		through, err := url.Parse(p.url)
		require.NoError(t, err)
		transport := &http.Transport{
			Proxy:             http.ProxyURL(through),
			TLSClientConfig:   &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2: true,
		}
		require.NoError(t, target.call(t.Context(), &http.Client{Transport: transport}))
		transport.CloseIdleConnections()
		assert.Equal(t, []string{"CONNECT " + host + " User-Agent"}, p.sights())
	}
}

func viaCeffu(ctx context.Context, server *ceffutest.Server, opts ...ceffu.Option) error {
	client, err := server.Client(append(opts, ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: -1}))...)
	if err != nil {
		return err
	}
	_, err = client.ResendWebhooks(ctx, ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: time.Unix(1, 0)})
	return err
}

func viaCelcoin(ctx context.Context, server *celcointest.Server, opts ...celcoin.Option) error {
	client, err := server.Client(append(opts, celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: -1}))...)
	if err != nil {
		return err
	}
	_, err = client.CountWebhooks(ctx, celcoin.Query{Entity: "pix-payment-in", From: time.Unix(0, 0), To: time.Unix(1, 0)})
	return err
}

// The environment of TestProxiesOfTheEnvironment's second process.
const (
	envPlain  = "SURVIVAL_PLAIN"
	envSecure = "SURVIVAL_SECURE"
)

// TestProxiesOfTheEnvironment starts a process of its own, as net/http reads the
// environment once. The default transport is used there: it goes through the
// proxy to other machines, and never to this one.
func TestProxiesOfTheEnvironment(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("SSL_CERT_FILE is not read here")
	}
	plain := ceffutest.NewServer(t, ceffutest.WithUnknownWebhook("000000"))
	secure := ceffutest.NewServer(t, ceffutest.WithTLS(), ceffutest.WithUnknownWebhook("000000"))
	p := startProxy(t, strings.TrimPrefix(secure.URL, "https://"))
	trusted := filepath.Join(t.TempDir(), "cert.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	require.NoError(t, os.WriteFile(trusted, block, 0o600))

	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), self, "-test.run=^TestInAProxysEnvironment$", "-test.count=1") // this very test
	child.Env = []string{
		"HTTP_PROXY=" + p.url, "HTTPS_PROXY=" + p.url, "http_proxy=" + p.url, "https_proxy=" + p.url, "NO_PROXY=", "no_proxy=",
		"SSL_CERT_FILE=" + trusted, "SSL_CERT_DIR=" + t.TempDir(),
		// The certificate of package httptest is for this name too. Nothing there
		// is called: the proxy leads to the simulator.
		envPlain + "=" + plain.URL, envSecure + "=https://example.com",
	}
	out, err := child.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, []string{"CONNECT example.com:443 User-Agent"}, p.sights())
	assert.Len(t, plain.Requests(), 1)
	require.Len(t, secure.Requests(), 1)
	assert.Equal(t, "example.com", secure.Requests()[0].Host)
	assert.True(t, secure.Requests()[0].Processed)
}

// TestInAProxysEnvironment is the second process.
func TestInAProxysEnvironment(t *testing.T) {
	t.Parallel()
	credentials := ceffutest.NewServer(t).Credentials()
	for _, name := range []string{envPlain, envSecure} {
		base := os.Getenv(name)
		if base == "" {
			t.Skip("TestProxiesOfTheEnvironment runs this")
		}
		client, err := ceffu.New(credentials, ceffu.WithBaseURL(base), ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: -1}))
		require.NoError(t, err)
		_, err = client.ResendWebhooks(t.Context(), ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: time.Unix(1, 0)})
		require.NoError(t, err)
	}
}
