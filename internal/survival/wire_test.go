package survival

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

type proto int

const (
	noSocket proto = iota
	http1
	http2
)

// wire is how requests get to the server.
type wire struct {
	name    string
	proto   proto
	virtual bool // no sockets, and a bubble's clock
}

var wires = []wire{
	{name: "over HTTP1", proto: http1},
	{name: "over HTTP2", proto: http2},
	{name: "in virtual time", proto: noSocket, virtual: true},
}

// network is a transport over sockets that knows its connections.
type network struct {
	*http.Transport
	opened, closed atomic.Int32
}

// newNetwork trusts a certificate, if there is one, and then speaks HTTP/2.
func newNetwork(trusted *x509.Certificate) *network {
	n := &network{}
	dialer := &net.Dialer{}
	n.Transport = &http.Transport{
		MaxIdleConnsPerHost: 64,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			n.opened.Add(1)
			return &counted{Conn: conn, of: n}, nil
		},
	}
	if trusted != nil {
		pool := x509.NewCertPool()
		pool.AddCert(trusted)
		n.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		n.ForceAttemptHTTP2 = true
	}
	return n
}

// counted tells its network when it is closed.
type counted struct {
	net.Conn
	of   *network
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.of.closed.Add(1) })
	return c.Conn.Close()
}

// requireNoneInUse closes what is idle, after which nothing may be left: a body
// that nobody closed would hold its connection. A stream of HTTP/2 that was
// cancelled is cleared away a moment later, so it asks more than once.
func (n *network) requireNoneInUse(tb testing.TB) {
	tb.Helper()
	awaitTrue(tb, "connections left in use", func() bool {
		n.CloseIdleConnections()
		return n.inUse() == 0
	})
}

func (n *network) inUse() int { return int(n.opened.Load() - n.closed.Load()) }

// gate sends some requests to where no connection can be had.
type gate struct {
	open, shut http.RoundTripper
	matches    func(*http.Request) bool
	left       atomic.Int32 // how many more are shut out
}

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if g.matches(r) && g.left.Add(-1) >= 0 {
		return g.shut.RoundTrip(r)
	}
	return g.open.RoundTrip(r)
}

// CloseIdleConnections is for http.Client.
func (g *gate) CloseIdleConnections() {}

// dead is a place where nobody listens.
type dead struct{}

func (dead) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// refusing is a transport all of whose connections are refused by the system.
func refusing() *http.Transport {
	return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}}
}

// withoutTLS is a transport whose connections lead to something that speaks
// HTTP where TLS is asked for.
func withoutTLS() *http.Transport {
	return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return &plain{answer: bytes.NewReader([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")), closed: make(chan struct{})}, nil
	}}
}

// plain swallows what it is sent, and has one answer.
type plain struct {
	answer *bytes.Reader
	once   sync.Once
	closed chan struct{}
}

func (p *plain) Read(b []byte) (int, error) {
	if p.answer.Len() > 0 {
		return p.answer.Read(b)
	}
	<-p.closed
	return 0, net.ErrClosed
}

func (p *plain) Write(b []byte) (int, error) {
	select {
	case <-p.closed:
		return 0, net.ErrClosed
	default:
		return len(b), nil
	}
}

func (p *plain) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *plain) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (p *plain) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (p *plain) SetDeadline(time.Time) error      { return nil }
func (p *plain) SetReadDeadline(time.Time) error  { return nil }
func (p *plain) SetWriteDeadline(time.Time) error { return nil }

func isToken(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/v5/token") }
