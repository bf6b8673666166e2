package simulator

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
)

// tlsConfig is nil for a plain simulator.
func (c *Core) tlsConfig() *tls.Config {
	if !c.cfg.TLS && c.cfg.ClientCAs == nil {
		return nil
	}
	pair, trust := borrowCertificate()
	c.trust = trust
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if c.cfg.ClientCAs != nil {
		config.ClientCAs = c.cfg.ClientCAs
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if c.cfg.ClientCAs != nil && c.cfg.AnnouncedCAs != nil {
		config.ClientCAs = c.cfg.AnnouncedCAs
		config.ClientAuth = tls.RequireAnyClientCert
		config.VerifyConnection = func(state tls.ConnectionState) error { return verifyClient(state, c.cfg.ClientCAs) }
	}
	return config
}

// verifyClient does what crypto/tls does where the authorities that are named are
// those that are trusted.
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

// borrowCertificate takes the certificate for 127.0.0.1 and ::1 that
// net/http/httptest carries, as making a key takes longer than a start may. A
// test server shows it only once it runs; this one ends by itself at its first Accept.
func borrowCertificate() (tls.Certificate, *x509.Certificate) {
	lender := &httptest.Server{Listener: deaf{}, Config: new(http.Server)}
	lender.StartTLS()
	return lender.TLS.Certificates[0], lender.Certificate()
}

// deaf is a listener that was never open.
type deaf struct{}

func (deaf) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (deaf) Close() error              { return nil }
func (deaf) Addr() net.Addr            { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// Certificate is the one that the simulator shows, for a client that is to
// trust it; nil without TLS.
func (c *Core) Certificate() *x509.Certificate { return c.trust }

// HTTPClient returns a client that trusts the simulator's certificate and whose
// connections nobody shares but other clients from here. Inside a bubble it goes
// through Transport.
func (c *Core) HTTPClient() *http.Client {
	if c.bubble {
		return &http.Client{Transport: c.Transport()}
	}
	return &http.Client{Transport: c.outside}
}

// newOutside makes the transport of HTTPClient: HTTP/2 where TLS offers it.
func (c *Core) newOutside() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	outside := &http.Transport{Protocols: protocols, MaxIdleConnsPerHost: 64}
	if c.trust != nil {
		pool := x509.NewCertPool()
		pool.AddCert(c.trust)
		outside.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return outside
}
