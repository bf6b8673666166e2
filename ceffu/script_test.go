package ceffu_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// answer is what a script says to one attempt: err, or a response after delay.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
	delay  time.Duration
}

// code is an answer of Ceffu's own.
func code(status int, code string) answer {
	return answer{status: status, body: `{"data":null,"code":"` + code + `","message":"Said by a test"}`}
}

func (a answer) with(name, value string) answer {
	a.header = a.header.Clone()
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
	return a
}

func (a answer) after(d time.Duration) answer { a.delay = d; return a }

var accepted = answer{status: http.StatusOK, body: success}

// script is a transport that answers attempt after attempt, the last answer
// again and again, and remembers what arrived. It needs no network and so
// works in virtual time.
type script struct {
	mu      sync.Mutex
	answers []answer
	seen    []sent
}

func answering(answers ...answer) *script { return &script{answers: answers} }

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	in := received(r)
	s.mu.Lock()
	a := s.answers[min(len(s.seen), len(s.answers)-1)]
	s.seen = append(s.seen, in)
	s.mu.Unlock()
	return a.response(r)
}

func (a answer) response(r *http.Request) (*http.Response, error) {
	if a.delay > 0 {
		pause := time.NewTimer(a.delay)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	h := a.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{
		StatusCode: a.status, Header: h, Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

// requests are those that arrived so far.
func (s *script) requests() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sent(nil), s.seen...)
}

// backend is a server that answers by a script over real connections.
type backend struct {
	*httptest.Server

	script *script
}

func serving(tb testing.TB, answers ...answer) *backend {
	tb.Helper()
	b := newBackend(answers...)
	b.Start()
	tb.Cleanup(b.Close)
	return b
}

func newBackend(answers ...answer) *backend {
	b := &backend{script: answering(answers...)}
	b.Server = httptest.NewUnstartedServer(b)
	return b
}

func (b *backend) requests() []sent { return b.script.requests() }

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resp, err := b.script.RoundTrip(r)
	if err != nil {
		panic(http.ErrAbortHandler) // how a handler breaks its connection off
	}
	defer resp.Body.Close()
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body) //nolint:errcheck // the client may have gone
}
