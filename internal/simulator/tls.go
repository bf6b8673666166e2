package simulator

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
)

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

// Certificate is the one that the simulator shows, for a client that is to
// trust it; nil without TLS and in a bubble.
func (c *Core) Certificate() *x509.Certificate { return c.trust }

// HTTPClient returns a client that trusts the simulator's certificate. Clients from
// here share their connections with each other only. Inside a bubble it goes
// through Transport.
func (c *Core) HTTPClient() *http.Client { return &http.Client{Transport: c.outside} }
