// Package server answers the calls of both vendors with fixed answers, as fast
// as it can, so that what is measured is the client. It checks nothing: the
// simulators that do so are celcointest and ceffutest.
package server

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// The answers.
const (
	resent   = `{"data":true,"code":"000000","message":"Success"}`
	token    = `{"access_token":"token-for-benchmarks-only","expires_in":2400,"token_type":"bearer"}`
	noToken  = `{"error":"invalid_client","error_description":"for benchmarks only"}` //nolint:gosec // no credentials
	replayed = `{"body":{"onlyPending":false,"entity":"pix-payment-in","dateFrom":"2026-11-01T03:00:00Z","dateTo":"2026-11-30T03:00:00Z","totalItems":1},"status":"SUCCESS","version":"1.0.0"}`
)

// Behaviour is how a listener differs from one that answers at once.
type Behaviour struct {
	Latency      time.Duration // before each answer
	TokenLatency time.Duration // before each token
	TokenRefused bool
	// Unavailable answers every other call with a 503 whose body has this many
	// bytes.
	Unavailable int
	// Endless makes the answer of details this long, without a Content-Length
	// unless Announced.
	Endless   int64
	Announced bool
}

// Counts is what a listener has seen so far.
type Counts struct {
	Connections int64 `json:"connections"`
	Requests    int64 `json:"requests"` // without those for tokens
	Tokens      int64 `json:"tokens"`
}

type handler struct {
	Behaviour
	pages                         *pages
	connections, requests, tokens atomic.Int64
}

// NewHandler answers as b says. Below a prefix /n-800 a listing has 800 webhooks
// instead of one page of them.
func NewHandler(b Behaviour) http.Handler { return &handler{Behaviour: b, pages: newPages()} }

func (h *handler) counts() Counts {
	return Counts{h.connections.Load(), h.requests.Load(), h.tokens.Load()}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body) //nolint:errcheck,gosec // a client that leaves gets no answer, which is all there is to do
	if strings.HasSuffix(r.URL.Path, "/v5/token") {
		h.token(w, r)
		return
	}
	turn := h.requests.Add(1)
	if !pause(r, h.Latency) {
		return
	}
	if h.Unavailable > 0 && turn%2 == 1 {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write(bytes.Repeat([]byte("x"), h.Unavailable)) //nolint:errcheck,gosec // as above
		return
	}
	switch {
	case r.Method == http.MethodPost:
		answer(w, http.StatusOK, []byte(resent))
	case r.Method == http.MethodPut:
		answer(w, http.StatusOK, []byte(replayed))
	case h.Endless > 0:
		h.endless(w)
	default:
		h.details(w, r)
	}
}

func (h *handler) token(w http.ResponseWriter, r *http.Request) {
	h.tokens.Add(1)
	if !pause(r, h.TokenLatency) {
		return
	}
	if h.TokenRefused {
		answer(w, http.StatusUnauthorized, []byte(noToken))
		return
	}
	answer(w, http.StatusOK, []byte(token))
}

func (h *handler) details(w http.ResponseWriter, r *http.Request) {
	total := PageSize
	if prefix, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); strings.HasPrefix(prefix, "n-") {
		total, _ = strconv.Atoi(prefix[2:]) // 0, nothing to list, if it is no number
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("Page")) // 0, the first, if it is no number
	b, ok := h.pages.free.Get().(*bytes.Buffer)
	if !ok {
		b = new(bytes.Buffer)
	}
	defer h.pages.free.Put(b)
	b.Reset()
	h.pages.write(b, max(page, 1), total)
	answer(w, http.StatusOK, b.Bytes())
}

// endless begins like a page, and goes on in a string.
func (h *handler) endless(w http.ResponseWriter) {
	const begin = `{"status":"SUCCESS","body":{"totalItems":1,"webhookDetails":[{"request":"`
	w.Header().Set("Content-Type", "application/json")
	if h.Announced {
		w.Header().Set("Content-Length", strconv.FormatInt(h.Endless, 10))
	}
	rest := h.Endless - int64(len(begin))
	if _, err := io.WriteString(w, begin); err != nil {
		return
	}
	for chunk := bytes.Repeat([]byte("x"), 64<<10); rest > 0; rest -= int64(len(chunk)) {
		if _, err := w.Write(chunk[:min(int64(len(chunk)), rest)]); err != nil {
			return // the client has seen enough
		}
	}
}

func answer(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck,gosec // as above
}

// pause waits, unless the client leaves first.
func pause(r *http.Request, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
