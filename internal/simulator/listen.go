package simulator

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"testing/synctest"
)

// insideBubble says whether the calling goroutine is inside a testing/synctest
// bubble. There is no question to ask for that, but synctest.Wait panics outside
// of one, by its documentation. Inside, it also panics if another goroutine
// waits already, with another text.
func insideBubble() (inside bool) {
	const outside = "goroutine is not in a bubble"
	defer func() {
		if recover() == any(outside) {
			inside = false
		}
	}()
	inside = true
	synctest.Wait()
	return inside
}

// listen opens the socket and serves it, unless the simulator lives in a bubble:
// its URL then has port 0, at which no one can listen.
func (c *Core) listen() error {
	addr := c.cfg.Addr
	if addr == "" {
		addr = "127.0.0.1:0" // which asks for a free port
	}
	if err := checkLoopback(addr); err != nil {
		return err
	}
	secure := c.tlsConfig()
	scheme := "http://"
	if secure != nil {
		scheme = "https://"
	}
	c.url = scheme + addr
	if c.bubble {
		return nil
	}
	socket, err := net.Listen("tcp", addr) //nolint:noctx // a loopback socket opens at once
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	c.url = scheme + socket.Addr().String()
	c.outside = c.newOutside()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(secure != nil)
	protocols.SetUnencryptedHTTP2(secure == nil)
	var handler http.Handler = c
	if c.cfg.Middleware != nil {
		handler = c.cfg.Middleware(c)
	}
	c.server = newServer(handler)
	c.server.TLSConfig, c.server.Protocols = secure, protocols
	c.server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			c.connections.Add(1)
		}
	}
	c.accepting.Go(func() { serve(c.server, socket, secure) })
	return nil
}

func serve(server *http.Server, socket net.Listener, secure *tls.Config) {
	if secure != nil {
		_ = server.ServeTLS(socket, "", "")
	} else {
		_ = server.Serve(socket)
	}
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
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return fmt.Errorf("listen: %q is not a loopback address", addr)
	}
	return nil
}
