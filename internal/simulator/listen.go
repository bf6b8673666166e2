package simulator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// noPort is the address of a simulator inside a bubble: no one can listen on port 0.
const noPort = "127.0.0.1:0"

// listen opens the socket and serves it, unless the simulator lives in a bubble.
func (c *Core) listen(bubble bool) error {
	addr := c.cfg.Addr
	if addr == "" {
		addr = noPort // which asks for a free one
	}
	if err := checkLoopback(addr); err != nil {
		return err
	}
	secure := c.tlsConfig()
	if bubble {
		c.url = baseURL(addr, secure)
		return nil
	}
	socket, err := net.Listen("tcp", addr) //nolint:noctx // a loopback socket opens at once
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	tcp, ok := socket.(*net.TCPListener)
	if !ok {
		return errors.Join(errors.New("listen: no TCP"), socket.Close())
	}
	c.listener = &listener{TCPListener: tcp, open: make(map[*connection]struct{})}
	c.url = baseURL(tcp.Addr().String(), secure)
	c.outside = c.newOutside()
	c.serveOn(c.listener, secure)
	return nil
}

func (c *Core) serveOn(l *listener, secure *tls.Config) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(secure != nil)
	protocols.SetUnencryptedHTTP2(secure == nil)
	var handler http.Handler = c
	if c.cfg.Middleware != nil {
		handler = c.cfg.Middleware(c)
	}
	c.server = &http.Server{
		Handler:           handler,
		TLSConfig:         secure,
		Protocols:         protocols,
		ReadHeaderTimeout: time.Minute,
		// Broken connections are what a simulator is for; they are no news.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	c.accepting.Go(func() {
		if secure != nil {
			_ = c.server.ServeTLS(l, "", "")
		} else {
			_ = c.server.Serve(l)
		}
	})
}

// hangUp closes the listener and every connection, hijacked ones too, and waits
// until net/http has noticed.
func (c *Core) hangUp() {
	if c.listener == nil {
		return
	}
	c.listener.hangUp()
	const long = 5 * time.Second // only a handler that does not return takes time
	ctx, cancel := context.WithTimeout(context.Background(), long)
	defer cancel()
	if err := c.server.Shutdown(ctx); err != nil {
		_ = c.server.Close()
	}
	c.accepting.Wait()
	c.outside.CloseIdleConnections()
}

// Connections is how many connections were opened so far. Transport opens none.
func (c *Core) Connections() int {
	if c.listener == nil {
		return 0
	}
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	return c.listener.opened
}

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

func baseURL(addr string, secure *tls.Config) string {
	if secure != nil {
		return "https://" + addr
	}
	return "http://" + addr
}

// listener knows its connections, so that hijacked ones can be closed as well.
type listener struct {
	*net.TCPListener
	mu     sync.Mutex
	open   map[*connection]struct{}
	opened int
	closed bool
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	tcp, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	accepted := &connection{TCPConn: tcp, listener: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = tcp.Close()
		return nil, net.ErrClosed
	}
	l.open[accepted] = struct{}{}
	l.opened++
	return accepted, nil
}

func (l *listener) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	_ = l.Close()
	for open := range l.open {
		_ = open.TCPConn.Close()
	}
}

// connection tells its listener when it is closed.
type connection struct {
	*net.TCPConn
	listener *listener
}

// Close closes the connection.
func (c *connection) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.open, c)
	c.listener.mu.Unlock()
	return c.TCPConn.Close()
}
