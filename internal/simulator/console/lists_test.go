package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

const evil = `"><script>alert('x')</script>`

// busy is a stage with many requests and deliveries, some of them hostile.
func busy() *stage {
	s := new(stage)
	for i := range 120 {
		s.requests = append(s.requests, simulator.Record{
			Time: noon.Add(time.Duration(i) * time.Second), Operation: "ask", Method: "GET", URL: fmt.Sprintf("/x?n=%d", i),
			Host: "h", Proto: "HTTP/1.1", Attempt: 1, Verdict: "ok", Processed: true, Status: 200, Body: []byte("b"),
		})
		s.deliveries = append(s.deliveries, simulator.Delivery{
			Time: noon, URL: "http://receiver.example/", WebhookID: strconv.Itoa(i), Event: "e", Attempt: 1, Status: 200,
		})
	}
	s.requests = append(s.requests, simulator.Record{
		Time: noon.Add(time.Hour), Method: evil, URL: "/" + evil, Host: evil, Verdict: evil, Fault: evil,
		Header: http.Header{"X-" + evil: {evil, "b"}, "A": {"1"}}, Body: []byte(evil), RequestID: evil,
	})
	s.deliveries = append(s.deliveries, simulator.Delivery{
		Time: noon, URL: evil, WebhookID: evil, Event: evil, Err: evil, Body: []byte(evil), Response: []byte(evil),
	})
	return s
}

type page struct {
	Total int              `json:"total"`
	Page  int              `json:"page"`
	Pages int              `json:"pages"`
	Items []map[string]any `json:"items"`
}

func decode(t *testing.T, w *httptest.ResponseRecorder) page {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	var p page
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	return p
}

// pages are all pages that there are, with the detail of the newest request.
func pages(t *testing.T, c http.Handler) []string {
	t.Helper()
	newest := decode(t, ask(t, c, http.MethodGet, "/_sim/requests.json", "")).Items[0]
	return []string{
		"/_sim/", "/_sim/things", "/_sim/requests", "/_sim/deliveries", "/_sim/nowhere",
		fmt.Sprint("/_sim/requests/", newest["id"]),
	}
}

func TestWhateverARequestBroughtAlongIsEscaped(t *testing.T) {
	t.Parallel()
	c := open(t, busy())
	for _, target := range pages(t, c) {
		body := look(t, c, target).Body.String()
		assert.NotContains(t, body, "<script", target)
		assert.NotContains(t, body, "<b>fine", target)
	}
	detail := look(t, c, pages(t, c)[5])
	assert.Equal(t, "text/html; charset=utf-8", detail.Header().Get("Content-Type"))
	assert.Contains(t, detail.Body.String(), "A: 1\nX-&#34;&gt;&lt;script&gt;")
}

func TestListsAreNewestFirstAndPaged(t *testing.T) {
	t.Parallel()
	c := open(t, busy())
	for _, list := range []string{"requests", "deliveries"} {
		first := decode(t, ask(t, c, http.MethodGet, "/_sim/"+list+".json", ""))
		assert.Equal(t, 121, first.Total)
		assert.Equal(t, 3, first.Pages)
		assert.Len(t, first.Items, 50)
		last := decode(t, ask(t, c, http.MethodGet, "/_sim/"+list+".json?page=3", ""))
		assert.Len(t, last.Items, 21)
		assert.Equal(t, last, decode(t, ask(t, c, http.MethodGet, "/_sim/"+list+".json?page=99", "")), "beyond the last is the last")
	}
	items := decode(t, ask(t, c, http.MethodGet, "/_sim/requests.json?page=3", "")).Items
	assert.Equal(t, "/x?n=0", items[20]["url"])

	body := look(t, c, "/_sim/requests?page=2").Body.String()
	assert.Contains(t, body, "51 to 100 of 121, page 2 of 3")
	assert.Contains(t, body, `href="/_sim/requests?page=1"`)
	assert.Contains(t, body, `href="/_sim/requests?page=3"`)
	assert.Equal(t, http.StatusBadRequest, ask(t, c, http.MethodGet, "/_sim/requests?page=x", "").Code)
}

func TestAListingIsNarrowedByItsFilters(t *testing.T) {
	t.Parallel()
	c := open(t, new(stage))
	p := decode(t, ask(t, c, http.MethodGet, "/_sim/things.json?kind=even&page=2", ""))
	assert.Equal(t, 60, p.Total)
	assert.Len(t, p.Items, 10)
	assert.InDelta(t, 102, p.Items[0]["n"], 0)
	assert.Equal(t, "</pre><script>50", p.Items[0]["words"])

	body := look(t, c, "/_sim/things?kind=even&page=2").Body.String()
	assert.Contains(t, body, `<option value="even" selected>`)
	assert.Contains(t, body, `href="/_sim/things?kind=even&amp;page=1"`)
	assert.Contains(t, body, `href="/_sim/things.json?kind=even&amp;page=2"`)
	for _, target := range []string{"/_sim/things?kind=odd", "/_sim/things?colour=red", "/_sim/things?page=0"} {
		assert.Equal(t, http.StatusBadRequest, ask(t, c, http.MethodGet, target, "").Code, target)
	}
}

func TestADetailHasHeadersAndTheRawBody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		body         []byte
		shown        string
		text, base64 any
	}{
		{"text", []byte("{\"a\":1}"), "{&#34;a&#34;:1}", "{\"a\":1}", nil},
		{"bytes that are no text", []byte{0xff, 0xfe}, "(base64) //4=", nil, "//4="},
		{"nothing", nil, "(empty)", nil, nil},
		{"much", []byte(strings.Repeat("ä", 100_000)), strings.Repeat("ä", 100_000), strings.Repeat("ä", 100_000), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &stage{requests: []simulator.Record{{Time: noon, Method: "POST", URL: "/", Body: test.body, Header: http.Header{"X": {"1"}}}}}
			c := open(t, s)
			id := decode(t, ask(t, c, http.MethodGet, "/_sim/requests.json", "")).Items[0]["id"]
			assert.Contains(t, look(t, c, fmt.Sprint("/_sim/requests/", id)).Body.String(), test.shown)

			var detail map[string]any
			w := ask(t, c, http.MethodGet, fmt.Sprint("/_sim/requests/", id, ".json"), "")
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &detail))
			assert.Equal(t, test.text, detail["body"])
			assert.Equal(t, test.base64, detail["bodyBase64"])
			assert.InDelta(t, len(test.body), detail["bodyBytes"], 0)
			assert.Equal(t, map[string]any{"X": []any{"1"}}, detail["header"])
		})
	}
	assert.Equal(t, http.StatusNotFound, ask(t, open(t, new(stage)), http.MethodGet, "/_sim/requests/x-y", "").Code)
}

func TestAListShowsTheBeginningOfALongBody(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"even": strings.Repeat("ä", 50_000), "odd": "a" + strings.Repeat("ä", 50_000)} {
		c := open(t, &stage{requests: []simulator.Record{{Time: noon, Body: []byte(body)}}})
		item := decode(t, ask(t, c, http.MethodGet, "/_sim/requests.json", "")).Items[0]
		text, _ := item["body"].(string)
		assert.InDelta(t, 64<<10, len(text), 2, name)
		assert.True(t, strings.HasPrefix(body, text), name)
		assert.Equal(t, true, item["bodyCut"])
		assert.InDelta(t, len(body), item["bodyBytes"], 0)
	}
}
