package simulator

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"testing/synctest"
)

// insideBubble says whether the calling goroutine is inside a testing/synctest
// bubble. No function tells, but outside of one synctest.Wait panics, as its
// documentation has it. Inside it also panics, with another text, if another
// goroutine waits already.
func insideBubble() (inside bool) {
	const outside = "goroutine is not in a bubble"
	defer func() { inside = recover() != any(outside) }()
	synctest.Wait()
	return true
}

// listen opens the socket and serves it, unless the simulator lives in a bubble:
// its URL then has port 0, at which no one can listen.
func (c *Core) listen() error {
	addr := cmp.Or(c.cfg.Addr, "127.0.0.1:0")
	if err := checkLoopback(addr); err != nil {
		return err
	}
	scheme, secure := "http://", c.cfg.TLS || c.cfg.ClientCAs != nil
	if secure {
		scheme = "https://"
	}
	if c.bubble {
		c.url, c.outside = scheme+addr, c.inside
		return nil
	}
	socket, err := net.Listen("tcp", addr) //nolint:noctx // a loopback socket opens at once
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	c.url = scheme + socket.Addr().String()
	var handler http.Handler = c
	if c.cfg.Middleware != nil {
		handler = c.cfg.Middleware(c)
	}
	server := c.newServer(handler)
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetHTTP2(secure)
	server.Protocols.SetUnencryptedHTTP2(!secure)
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			c.connections.Add(1)
		}
	}
	serve := server.Serve
	c.outside = &http.Transport{MaxIdleConnsPerHost: 64, ForceAttemptHTTP2: true}
	if secure {
		server.TLSConfig, c.outside.TLSClientConfig = c.tlsConfigs()
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	c.serving.Go(func() { _ = serve(socket) }) // until Close
	return nil
}

// Connections is how many connections were opened so far. Transport opens none.
func (c *Core) Connections() int { return int(c.connections.Load()) }

// checkLoopback refuses addresses that others could reach: a simulator gives
// out its credentials to whoever asks.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("listen: %q is not a loopback address", addr)
	}
	return nil
}
