package survival

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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
)

// proxy tunnels every CONNECT to one place, and remembers what it saw: "CONNECT
// host:port" and the names of headers.
type proxy struct {
	target string
	mu     sync.Mutex
	seen   []string
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	line := r.Method + " " + r.Host
	for name := range r.Header {
		line += " " + name
	}
	p.mu.Lock()
	p.seen = append(p.seen, line)
	p.mu.Unlock()
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
	var both sync.WaitGroup
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
		_ = from.Close()
	}
	both.Go(func() { pipe(there, here) })
	pipe(here, there)
	both.Wait()
}

// The environment of the second process of TestProxiesOfTheEnvironment.
const (
	envPlain  = "SURVIVAL_PLAIN"
	envSecure = "SURVIVAL_SECURE"
)

// TestProxiesOfTheEnvironment starts a process of its own, as net/http reads the
// environment once. The client's own transport goes through the proxy to other
// machines, which sees where a connection goes and nothing of what goes over it,
// and never to this machine.
func TestProxiesOfTheEnvironment(t *testing.T) {
	t.Parallel()
	if base := os.Getenv(envPlain); base != "" {
		inAProxysEnvironment(t)
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("SSL_CERT_FILE is not read here")
	}
	plain := ceffutest.NewServer(t, ceffutest.WithUnknownWebhook("000000"))
	secure := ceffutest.NewServer(t, ceffutest.WithTLS(), ceffutest.WithUnknownWebhook("000000"))
	p := &proxy{target: strings.TrimPrefix(secure.URL, "https://")}
	server := httptest.NewServer(p)
	defer server.Close()
	trusted := filepath.Join(t.TempDir(), "cert.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	require.NoError(t, os.WriteFile(trusted, block, 0o600))

	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), self, "-test.run=^TestProxiesOfTheEnvironment$", "-test.count=1") // this very test
	child.Env = []string{
		"HTTP_PROXY=" + server.URL, "HTTPS_PROXY=" + server.URL, "NO_PROXY=",
		"SSL_CERT_FILE=" + trusted, "SSL_CERT_DIR=" + t.TempDir(),
		// The certificate of package httptest is for this name too. Nothing there
		// is called: the proxy leads to the simulator.
		envPlain + "=" + plain.URL, envSecure + "=https://example.com",
	}
	out, err := child.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, []string{"CONNECT example.com:443 User-Agent"}, p.seen)
	assert.Len(t, plain.Requests(), 1)
	require.Len(t, secure.Requests(), 1)
	assert.True(t, secure.Requests()[0].Processed)
}

// inAProxysEnvironment is the second process.
func inAProxysEnvironment(t *testing.T) {
	t.Helper()
	credentials := ceffutest.NewServer(t).Credentials()
	for _, name := range []string{envPlain, envSecure} {
		client, err := ceffu.New(credentials, ceffu.WithBaseURL(os.Getenv(name)), ceffu.WithRetryPolicy(ceffu.RetryPolicy{MaxRetries: -1}))
		require.NoError(t, err)
		_, err = client.ResendWebhooks(t.Context(), ceffu.ResendRequest{WebhookID: "1", EventType: "1", From: time.Unix(1, 0)})
		require.NoError(t, err)
	}
}
