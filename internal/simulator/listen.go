package simulator

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing/synctest"
)

// insideBubble says whether the calling goroutine is inside a testing/synctest bubble. No
// function tells, but outside of one synctest.Wait panics, as documented. Inside it panics
// with another text, if another goroutine waits already.
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
		c.URL, c.outside = scheme+addr, c.inside
		return nil
	}
	socket, err := net.Listen("tcp", addr) //nolint:noctx // a loopback socket opens at once
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	c.URL = scheme + socket.Addr().String()
	var handler http.Handler = http.HandlerFunc(c.serve)
	if c.cfg.Middleware != nil {
		handler = c.cfg.Middleware(handler)
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

// tlsConfigs are the server's, and that of clients which trust it. The certificate for
// 127.0.0.1 and ::1 is the one that net/http/httptest carries, as making a key takes
// longer than a start may.
func (c *Core) tlsConfigs() (server, client *tls.Config) {
	lender := httptest.NewTLSServer(nil)
	defer lender.Close()
	c.trust = lender.Certificate()
	client = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	client.RootCAs.AddCert(c.trust)
	server = &tls.Config{Certificates: lender.TLS.Certificates, MinVersion: tls.VersionTLS12}
	if c.cfg.ClientCAs == nil {
		return server, client
	}
	server.ClientCAs = c.cfg.ClientCAs
	server.ClientAuth = tls.RequireAndVerifyClientCert
	if c.cfg.AnnouncedCAs != nil {
		server.ClientCAs = c.cfg.AnnouncedCAs
		server.ClientAuth = tls.RequireAnyClientCert
		server.VerifyConnection = func(state tls.ConnectionState) error { return verifyClient(state, c.cfg.ClientCAs) }
	}
	return server, client
}

// verifyClient does what crypto/tls does where those that are named are those that are trusted.
func verifyClient(state tls.ConnectionState, trusted *x509.CertPool) error {
	options := x509.VerifyOptions{
		Roots: trusted, Intermediates: x509.NewCertPool(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, certificate := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}
