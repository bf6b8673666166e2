package transport_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wireTransport is an http.Transport that leaves nothing behind.
func wireTransport(t *testing.T) *http.Transport {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// serve runs a real server, and counts its requests and connections.
func serve(t *testing.T, handler http.HandlerFunc) *wireServer {
	t.Helper()
	s := &wireServer{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		handler(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

type wireServer struct {
	*httptest.Server

	requests, connections atomic.Int64
}

// closedPort is an address of this machine where nothing listens. It is the
// near end of a connection, so that no other program can take it meanwhile.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String()
}

// memory is a network of pipes, for real HTTP in virtual time. Each dial is
// first put to its hook, if it has one.
type memory struct {
	dial func(n int) (wrap func(net.Conn) net.Conn, err error)

	conns chan net.Conn
	dials atomic.Int64
	once  sync.Once
}

// serveMemory serves a handler on pipes, inside the bubble of the test.
func serveMemory(t *testing.T, handler http.HandlerFunc) (*memory, *http.Transport) {
	t.Helper()
	m := &memory{conns: make(chan net.Conn)}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Hour}
	go func() { _ = server.Serve(m) }()
	tr := &http.Transport{DialContext: m.DialContext}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		_ = server.Close()
	})
	return m, tr
}

func (m *memory) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	n := int(m.dials.Add(1))
	wrap := func(c net.Conn) net.Conn { return c }
	if m.dial != nil {
		w, err := m.dial(n)
		if err != nil {
			return nil, err // bare: only a trace shows that it is of a dial
		}
		if w != nil {
			wrap = w
		}
	}
	here, there := net.Pipe()
	select {
	case m.conns <- there:
		return wrap(here), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *memory) Accept() (net.Conn, error) {
	c, ok := <-m.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.conns) })
	return nil
}

func (*memory) Addr() net.Addr { return &net.TCPAddr{} }
