package console_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/reenvio/reenvio-go/internal/simulator"
	"github.com/reenvio/reenvio-go/internal/simulator/console"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// stage is a simulator without a vendor.
type stage struct {
	mu          sync.Mutex
	requests    []simulator.Record
	deliveries  []simulator.Delivery
	faults      []simulator.ArmedFault
	certificate *x509.Certificate
	said        []string // what its action "say" was told
}

func (s *stage) Requests() []simulator.Record { return append([]simulator.Record(nil), s.requests...) }
func (s *stage) Deliveries() []simulator.Delivery {
	return append([]simulator.Delivery(nil), s.deliveries...)
}
func (s *stage) Faults() []simulator.ArmedFault { return s.faults }
func (s *stage) ClearFaults()                   { s.faults = nil }
func (s *stage) ResetRecords()                  { s.requests, s.deliveries = nil, nil }
func (s *stage) Certificate() *x509.Certificate { return s.certificate }
func (s *stage) Inject(f simulator.Fault) error {
	s.faults = append(s.faults, simulator.ArmedFault{Fault: f})
	return f.Check()
}

// panel shows the stage, with everything that a panel can have.
func (s *stage) panel() console.Panel {
	return console.Panel{
		Vendor: "acme", Title: "Acme", URL: "http://127.0.0.1:1", Operations: []string{"ask", "tell"},
		Simulator: s, Clock: new(console.Clock),
		State: func() console.State {
			return console.State{
				Facts: []console.Fact{{Key: "mood", Label: "mood", Value: "<b>fine</b>"}},
				Tables: []console.Table{{
					Key: "counts", Title: "Counts", Columns: []console.Column{{Key: "what", Label: "what"}, {Key: "when", Label: "when"}},
					Rows: []console.Row{{
						Values: []any{"<script>alert(1)</script>", time.Time{}}, Link: "/_sim/things?kind=even",
						Buttons: []console.Button{{Action: "say", Label: "Say it", Values: []console.Pair{{Name: "word", Value: `"><script>`}}}},
					}},
				}},
			}
		},
		Calls: func() []console.Call {
			return []console.Call{{About: "ask", Line: "curl 'http://127.0.0.1:1/?a=1&b=<2>'"}}
		},
		Listings: []console.Listing{things()},
		Actions: []console.Action{{
			Name: "say", Label: "Say", About: "Say a word.",
			Fields: []console.Field{
				{Name: "word", Label: "word", Value: "hello"},
				{Name: "tone", Label: "tone", Value: "low", Options: []string{"low", "high"}},
			},
			Do: func(values console.Values) (string, error) {
				if values["word"] == "nothing" {
					return "", errors.New("there is <nothing> to say")
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				s.said = append(s.said, values["word"]+" "+values["tone"])
				return "said <i>" + values["word"] + "</i>", nil
			},
		}},
	}
}

// things are the numbers up to 120, or the even ones among them.
func things() console.Listing {
	return console.Listing{
		Name: "things", Title: "Things", Columns: []console.Column{{Key: "n", Label: "n"}},
		Filters: []console.Field{{Name: "kind", Label: "kind", Options: []string{"", "even"}}},
		Page: func(filter console.Values, skip, n int) (rows []console.Row, total int, err error) {
			step, total := 1, 120
			if filter["kind"] == "even" {
				step, total = 2, 60
			}
			for i := skip; i < min(skip+n, total); i++ {
				rows = append(rows, console.Row{
					Values: []any{(i + 1) * step},
					Texts:  []console.Text{{Key: "words", Label: "in words", Body: fmt.Sprintf("</pre><script>%d", i)}},
				})
			}
			return rows, total, nil
		},
	}
}

// open gives the console of a stage.
func open(t *testing.T, s *stage) http.Handler {
	t.Helper()
	c, err := console.New()
	require.NoError(t, err)
	require.NoError(t, c.Attach(s.panel()))
	return c
}

// ask sends a request as curl would, but for the headers given in pairs.
func ask(t *testing.T, c http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:8081"+target, strings.NewReader(body))
	r.Header.Set("Accept", "*/*")
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

const html = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"

// look gets a page as a browser would.
func look(t *testing.T, c http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, c, http.MethodGet, target, "", "Accept", html)
}

func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}
