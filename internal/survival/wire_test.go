package survival

import (
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
)

// wire is how requests get to the server.
type wire struct {
	name    string
	virtual bool // no sockets, and a bubble's clock
}

var (
	sockets = wire{name: "over sockets"}
	direct  = wire{name: "in virtual time", virtual: true}
)

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

func isToken(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/v5/token") }
