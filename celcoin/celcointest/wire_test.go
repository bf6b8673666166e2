package celcointest

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the middle of the day at which the tests' clocks stand still.
var noon = time.Date(2026, 3, 10, 15, 0, 0, 0, time.UTC)

func at(t time.Time) Option { return WithClock(func() time.Time { return t }) }

// wire speaks to a server in raw requests, so that what is tested is the bytes.
type wire struct {
	t      *testing.T
	client *http.Client
	base   string
	token  string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// direct speaks through Transport, with a token.
func direct(t *testing.T, s *Server) *wire {
	t.Helper()
	w := &wire{t: t, client: &http.Client{Transport: s.Transport()}, base: s.URL}
	w.login(s)
	return w
}

// socket speaks over the network, with a token.
func socket(t *testing.T, s *Server) *wire {
	t.Helper()
	w := &wire{t: t, client: s.HTTPClient(), base: s.URL}
	w.login(s)
	return w
}

func (w *wire) login(s *Server) {
	w.t.Helper()
	w.token = ""
	got := w.askToken(form(s.Credentials()).Encode(), "application/x-www-form-urlencoded")
	require.Equal(w.t, http.StatusOK, got.status, got.body)
	var token tokenAnswer
	got.into(w.t, &token)
	w.token = token.AccessToken
}

func form(c celcoin.Credentials) url.Values {
	return url.Values{
		"client_id":     {c.ClientID},
		"client_secret": {c.ClientSecret},
		"grant_type":    {"client_credentials"},
	}
}

func (w *wire) get(path string) answer { return w.do(http.MethodGet, path, "", nil) }

func (w *wire) put(path, body string) answer {
	return w.do(http.MethodPut, path, body, http.Header{"Content-Type": {"application/json"}})
}

func (w *wire) askToken(body, contentType string) answer {
	return w.do(http.MethodPost, tokenPath, body, http.Header{"Content-Type": {contentType}})
}

func (w *wire) do(method, path, body string, header http.Header) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, w.base+path, strings.NewReader(body))
	require.NoError(w.t, err)
	if w.token != "" {
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	maps.Copy(r.Header, header)
	response, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	return answer{status: response.StatusCode, header: response.Header, body: string(text)}
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(a.body), v), a.body)
}

// code is the vendor's error code, or "" in any other answer.
func (a answer) code(t *testing.T) string {
	t.Helper()
	var e struct{ Error struct{ ErrorCode string } }
	a.into(t, &e)
	return e.Error.ErrorCode
}

// total is totalItems of a successful answer.
func (a answer) total(t *testing.T) int {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, a.body)
	var e envelope[summary]
	a.into(t, &e)
	return e.Body.TotalItems
}

// page is a successful answer of details.
func (a answer) page(t *testing.T) detailsPage {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, a.body)
	var e envelope[detailsPage]
	a.into(t, &e)
	return e.Body
}

// ids are those on a page, in its order.
func (p detailsPage) ids() []string {
	ids := []string{}
	for _, d := range p.WebhookDetails {
		ids = append(ids, *d.WebhookID)
	}
	return ids
}

const (
	paymentIn  = "/common/v1/webhook/replay/PIX/pix-payment-in"
	paymentOut = "/common/v1/webhook/replay/PIX/pix-payment-out"
)

// day is the query of a window that holds noon and the day before.
func day(more ...string) string {
	return window(noon.Add(-24*time.Hour), noon.Add(time.Hour), more...)
}

func window(from, to time.Time, more ...string) string {
	q := url.Values{"DateFrom": {from.Format(time.RFC3339Nano)}, "DateTo": {to.Format(time.RFC3339Nano)}}
	for _, pair := range more {
		name, value, _ := strings.Cut(pair, "=")
		q.Set(name, value)
	}
	return "?" + q.Encode()
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	Error       string `json:"error"`
}

type envelope[T any] struct {
	Body   T      `json:"body"`
	Status string `json:"status"`
}
