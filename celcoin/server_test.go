package celcoin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// prefix is the path that all fakes live under, so that a path which forgets
// that of the base URL fails loudly.
const prefix = "/behind/a-proxy"

var (
	creds = celcoin.Credentials{ClientID: "fake-client", ClientSecret: "fake-secret-for-tests-only"}

	brasilia  = time.FixedZone("BRT", -3*60*60)
	from      = time.Date(2023, 11, 3, 6, 30, 0, 0, brasilia)
	to        = time.Date(2023, 11, 28, 6, 30, 0, 0, brasilia)
	somewhere = celcoin.Query{Entity: celcoin.EntityPixPaymentOut, From: from, To: to}
	one       = celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentOut, WebhookID: "f933b0b1"}
)

// request is one that arrived.
type request struct {
	Method, URI, Proto, Host string
	Header                   http.Header
	Body                     string
}

func (r *request) isToken() bool { return r.URI == prefix+"/v5/token" }

// record keeps what arrived.
type record struct {
	mu       sync.Mutex
	requests []request
}

func (rec *record) keep(r *http.Request) (kept request, n int) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	uri := r.RequestURI
	if uri == "" {
		uri = r.URL.RequestURI()
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	kept = request{Method: r.Method, URI: uri, Proto: r.Proto, Host: host, Header: r.Header.Clone(), Body: string(body)}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.requests = append(rec.requests, kept)
	for i := range rec.requests {
		if rec.requests[i].isToken() == kept.isToken() {
			n++
		}
	}
	return kept, n
}

func (rec *record) which(tokens bool) []request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(rec.requests), func(r request) bool { return r.isToken() != tokens })
}

// calls are the requests other than the token calls.
func (rec *record) calls() []request { return rec.which(false) }

func (rec *record) tokens() []request { return rec.which(true) }

// server is a real one. It gives out the tokens token-1, token-2, … itself.
type server struct {
	*httptest.Server
	record
}

// newServer starts a server whose calls are answered by handler.
func newServer(t *testing.T, handler http.HandlerFunc, setUp ...func(*httptest.Server)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, n := s.keep(r)
		switch {
		case got.isToken():
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":2400,"token_type":"bearer"}`, n) //nolint:errcheck // the client may have gone
		case strings.HasPrefix(got.URI, prefix+"/"):
			handler(w, r)
		default:
			t.Errorf("a request outside of the base URL's path: %s", got.URI)
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	for _, f := range setUp {
		f(s.Server)
	}
	if s.URL == "" {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// client is one of the server, whose certificate it trusts.
func (s *server) client(t *testing.T, opts ...celcoin.Option) *celcoin.Client {
	t.Helper()
	c, err := celcoin.New(creds, append([]celcoin.Option{
		celcoin.WithBaseURL(s.URL + prefix), celcoin.WithHTTPClient(s.Client()),
	}, opts...)...)
	require.NoError(t, err)
	return c
}

// fixture is a file of testdata/celcoin.
func fixture(tb testing.TB, name string) string {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "celcoin", name))
	require.NoError(tb, err)
	return string(data)
}

// serve answers with one status and body.
func serve(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body) //nolint:errcheck // the client may have gone
	}
}

// success answers any of the three calls: nothing found, nothing wrong.
var success = serve(http.StatusOK, `{"body":{"totalItems":0},"status":"SUCCESS"}`)

// operation is one of the three calls, with what is common to all.
type operation struct {
	name   string
	replay bool
	do     func(t *testing.T, c *celcoin.Client, opts ...celcoin.CallOption) error
}

var operations = []operation{
	{"count webhooks", false, func(t *testing.T, c *celcoin.Client, opts ...celcoin.CallOption) error {
		t.Helper()
		s, err := c.CountWebhooks(t.Context(), somewhere, opts...)
		assert.Equal(t, err == nil, s != nil)
		return err
	}},
	{"list webhooks", false, func(t *testing.T, c *celcoin.Client, opts ...celcoin.CallOption) error {
		t.Helper()
		p, err := c.ListWebhooks(t.Context(), somewhere, celcoin.PageOptions{}, opts...)
		assert.Equal(t, err == nil, p != nil)
		return err
	}},
	{"replay webhooks", true, func(t *testing.T, c *celcoin.Client, opts ...celcoin.CallOption) error {
		t.Helper()
		s, err := c.ReplayWebhooks(t.Context(), one, opts...)
		assert.Equal(t, err == nil, s != nil)
		return err
	}},
}

// jsonOf is v as JSON.
func jsonOf(tb testing.TB, v any) string {
	tb.Helper()
	data, err := json.Marshal(v)
	require.NoError(tb, err)
	return string(data)
}
