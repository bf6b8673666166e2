package simulator_test

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// trueAnswer is what the shop answers when nothing fails.
const trueAnswer = `{"sold":"a bicycle, with lights and a bell"}`

// shop is a vendor with one call, POST /buy, of which X-Call names the call.
type shop struct {
	core    *simulator.Core
	sold    atomic.Int64
	revoked atomic.Int64
}

func (s *shop) Operation(r *http.Request) string {
	if r.URL.Path == "/buy" {
		return "buy"
	}
	return ""
}

func (s *shop) Key(r *simulator.Request) string { return r.Header.Get("X-Call") }

func (s *shop) Serve(r *simulator.Request) simulator.Reply {
	if r.Operation != "buy" {
		return simulator.Reply{Status: http.StatusNotFound, Verdict: "no such call"}
	}
	s.sold.Add(1)
	return simulator.Reply{Status: http.StatusOK, Body: []byte(trueAnswer), Verdict: simulator.VerdictOK}
}

func (s *shop) Error(status int, code, message string) (int, []byte) {
	status = cmp.Or(status, 400)
	return status, fmt.Appendf(nil, `{"code":%q,"message":%q,"status":%d}`, code, message, status)
}

func (s *shop) RevokeToken() { s.revoked.Add(1) }

// open starts a shop with a simulator around it.
func open(t *testing.T, change ...func(*simulator.Config)) (*simulator.Core, *shop) {
	t.Helper()
	s := &shop{}
	cfg := simulator.Config{Vendor: s, Records: 1000, RequestIDHeader: "X-Request-Id"}
	for _, f := range change {
		f(&cfg)
	}
	core, err := simulator.Start(cfg)
	require.NoError(t, err)
	t.Cleanup(core.Close)
	s.core = core
	return core, s
}

func withTLS(cfg *simulator.Config) { cfg.TLS = true }

// way is one way into a simulator.
type way struct {
	name   string
	proto  int
	secure bool
	client func(t *testing.T, core *simulator.Core) *http.Client
}

func (w way) open(t *testing.T, change ...func(*simulator.Config)) (*simulator.Core, *shop) {
	t.Helper()
	if w.secure {
		change = append(change, withTLS)
	}
	return open(t, change...)
}

// ways are all ways into a simulator: on each, everything must work.
func ways() []way {
	return []way{
		{"HTTP/1.1", 1, false, overSocket(func(p *http.Protocols) { p.SetHTTP1(true) })},
		{"HTTP/1.1 over TLS", 1, true, overSocket(func(p *http.Protocols) { p.SetHTTP1(true) })},
		{"HTTP/2 in plain text", 2, false, overSocket(func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })},
		{"HTTP/2 over TLS", 2, true, overSocket(func(p *http.Protocols) { p.SetHTTP2(true) })},
		{"Transport", 1, false, func(_ *testing.T, core *simulator.Core) *http.Client {
			return &http.Client{Transport: core.Transport(), CheckRedirect: stay}
		}},
	}
}

func overSocket(choose func(*http.Protocols)) func(*testing.T, *simulator.Core) *http.Client {
	return func(t *testing.T, core *simulator.Core) *http.Client {
		t.Helper()
		protocols := new(http.Protocols)
		choose(protocols)
		transport := &http.Transport{Protocols: protocols}
		if outside, ok := core.HTTPClient().Transport.(*http.Transport); ok && outside.TLSClientConfig != nil {
			transport.TLSClientConfig = &tls.Config{RootCAs: outside.TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12}
		}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport, CheckRedirect: stay}
	}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// buy makes the shop's call.
func buy(t *testing.T, client *http.Client, core *simulator.Core, header ...string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, core.URL+"/buy?size=L", strings.NewReader(`{"n":1}`))
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return client.Do(r)
}

// bought makes the call and reads its answer to the end.
func bought(t *testing.T, client *http.Client, core *simulator.Core, header ...string) (status int, body string, err error) {
	t.Helper()
	response, err := buy(t, client, core, header...)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	return response.StatusCode, string(raw), err
}
