package celcoin_test

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

// withToken needs no token call before the one that a test is about.
var withToken = celcoin.Credentials{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})}

// newAskingServer asks for client certificates as its configuration says.
func newAskingServer(t *testing.T, version uint16, http2 bool, ask func(*tls.Config), seen func(*http.Request)) *server {
	t.Helper()
	return newServer(t, success, func(s *httptest.Server) {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{authority.issue(t, "server")}, MinVersion: version, MaxVersion: version}
		ask(s.TLS)
		next := s.Config.Handler
		s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen(r)
			next.ServeHTTP(w, r)
		})
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		s.EnableHTTP2 = http2
		s.StartTLS()
	})
}

func poolOf(certs ...*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, c := range certs {
		pool.AddCert(c)
	}
	return pool
}

// TestTheCertificateIsPresentedWhateverNamesTheServerAnnounces: one server trusts
// the intermediate and announces the root alone, as nginx does with
// ssl_client_certificate root and ssl_trusted_certificate intermediate. The other
// trusts the root, so that it needs the intermediate of the file.
func TestTheCertificateIsPresentedWhateverNamesTheServerAnnounces(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		for suffix, http2 := range map[string]bool{", HTTP/1.1": false, ", HTTP/2": true} {
			t.Run(name+suffix, func(t *testing.T) {
				t.Parallel()
				p := newIssued(t)
				calls := func(certificate string, ask func(*tls.Config)) {
					s := newAskingServer(t, version, http2, ask, func(*http.Request) {})
					cert, err := celcoin.LoadClientCertificate(certificate, p.encrypted(t, nil), passphrase)
					require.NoError(t, err)
					c, err := celcoin.New(withToken, celcoin.WithBaseURL(s.URL+prefix), celcoin.WithClientCertificate(cert))
					require.NoError(t, err)
					_, err = c.CountWebhooks(t.Context(), somewhere)
					require.NoError(t, err)
				}
				trusted := poolOf(p.authority.cert)
				calls(p.cert, func(c *tls.Config) {
					c.ClientAuth, c.ClientCAs = tls.RequireAnyClientCert, poolOf(authority.cert)
					c.VerifyConnection = func(state tls.ConnectionState) error {
						_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: trusted, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
						return err
					}
				})
				calls(p.chain, func(c *tls.Config) {
					c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, poolOf(authority.cert)
				})
			})
		}
	}
}
