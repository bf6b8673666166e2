package celcoin_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/reenvio/reenvio-go/celcoin"
)

// withToken needs no token call before the one that a test is about.
var withToken = celcoin.Credentials{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})}

// newAskingServer asks for client certificates as its configuration says.
func newAskingServer(t *testing.T, version uint16, http2 bool, ask func(*tls.Config)) *server {
	t.Helper()
	return newServer(t, success, func(s *httptest.Server) {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{authority.issue(t, "server")}, MinVersion: version, MaxVersion: version}
		ask(s.TLS)
		s.Config.ErrorLog = discardLog
		s.EnableHTTP2 = http2
		s.Listener = lingering{s.Listener}
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

// eachTLS runs a test for each version of TLS and HTTP.
func eachTLS(t *testing.T, test func(t *testing.T, version uint16, http2 bool)) {
	t.Helper()
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		for suffix, http2 := range map[string]bool{", HTTP/1.1": false, ", HTTP/2": true} {
			t.Run(name+suffix, func(t *testing.T) {
				t.Parallel()
				test(t, version, http2)
			})
		}
	}
}

// TestTheCertificateIsPresentedWhateverNamesTheServerAnnounces: this one trusts
// the intermediate and announces the root alone, as nginx does with
// ssl_client_certificate root and ssl_trusted_certificate intermediate.
func TestTheCertificateIsPresentedWhateverNamesTheServerAnnounces(t *testing.T) {
	t.Parallel()
	eachTLS(t, func(t *testing.T, version uint16, http2 bool) {
		t.Helper()
		p := newIssued(t)
		trusted := poolOf(p.authority.cert)
		s := newAskingServer(t, version, http2, func(c *tls.Config) {
			c.ClientAuth, c.ClientCAs = tls.RequireAnyClientCert, poolOf(authority.cert)
			c.VerifyConnection = func(state tls.ConnectionState) error {
				_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: trusted, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
				return err
			}
		})
		cert, err := celcoin.LoadClientCertificate(p.cert, p.encrypted(t, nil), passphrase)
		require.NoError(t, err)
		c, err := celcoin.New(withToken, celcoin.WithBaseURL(s.URL+prefix), celcoin.WithClientCertificate(cert))
		require.NoError(t, err)
		_, err = c.CountWebhooks(t.Context(), somewhere)
		require.NoError(t, err)
	})
}

func TestTheIntermediatesOfTheFileAreSent(t *testing.T) {
	t.Parallel()
	eachTLS(t, func(t *testing.T, version uint16, http2 bool) {
		t.Helper()
		p := newIssued(t)
		s := newAskingServer(t, version, http2, func(c *tls.Config) {
			c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, poolOf(authority.cert)
		})
		cert, err := celcoin.LoadClientCertificate(p.chain, p.key, "")
		require.NoError(t, err)
		c, err := celcoin.New(withToken, celcoin.WithBaseURL(s.URL+prefix), celcoin.WithClientCertificate(cert))
		require.NoError(t, err)
		_, err = c.CountWebhooks(t.Context(), somewhere)
		require.NoError(t, err)
	})
}

// TestACertificateThatTheServerRefusesIsExplainedAndNotRetried, and nothing is
// in doubt. Over HTTP/2, net/http may lose the alert in favour of an error that
// stands for any closed connection, and is retried.
func TestACertificateThatTheServerRefusesIsExplainedAndNotRetried(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cert func(t *testing.T) tls.Certificate
		says string
	}{
		"the intermediate is missing": {func(t *testing.T) tls.Certificate {
			t.Helper()
			return newIssued(t).leaf
		}, "intermediate certificates"},
		"of another authority": {func(t *testing.T) tls.Certificate {
			t.Helper()
			return newIssuer("Somebody else").issue(t, "fintech")
		}, "issued for this environment"},
		"expired, by the server's clock": {func(t *testing.T) tls.Certificate {
			t.Helper()
			return authority.certify(t, "fintech", newIssued(t).leaf.PrivateKey, time.Now().Add(-2*time.Hour))
		}, "openssl x509 -noout -dates"},
	} {
		for version, suffix := range map[uint16]string{tls.VersionTLS12: ", TLS 1.2", tls.VersionTLS13: ", TLS 1.3"} {
			t.Run(name+suffix, func(t *testing.T) {
				t.Parallel()
				var handshakes atomic.Int64
				s := newAskingServer(t, version, false, func(c *tls.Config) {
					c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, poolOf(authority.cert)
					c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
						handshakes.Add(1)
						return nil, nil
					}
				})
				c, err := celcoin.New(withToken, celcoin.WithBaseURL(s.URL+prefix), celcoin.WithClientCertificate(tt.cert(t)))
				require.NoError(t, err)
				for _, op := range operations {
					err := op.do(t, c)
					require.ErrorContains(t, err, tt.says)
					require.NotErrorIs(t, err, celcoin.ErrOutcomeUnknown)
				}
				assert.EqualValues(t, len(operations), handshakes.Load())
				assert.Empty(t, s.calls())
			})
		}
	}
}

// TestNginxsPageAboutTheCertificateIsExplained: nginx finishes the handshake
// and then answers 400, without a word of Celcoin's.
func TestNginxsPageAboutTheCertificateIsExplained(t *testing.T) {
	t.Parallel()
	const page = "<html>\r\n<head><title>400 WHAT</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>WHAT</center>\r\n<hr><center>nginx/1.24.0</center>\r\n</body>\r\n</html>\r\n"
	for name, tt := range map[string]struct {
		status     int
		body, says string
	}{
		"no certificate":         {400, strings.ReplaceAll(page, "WHAT", "No required SSL certificate was sent"), "requires a client certificate"},
		"a refused certificate":  {400, strings.ReplaceAll(page, "WHAT", "The SSL certificate error"), "refuses the client certificate"},
		"no certificate, 496":    {496, "{}", "requires a client certificate"},
		"a bad certificate, 495": {495, `{"message":"Forbidden"}`, "refuses the client certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, serve(tt.status, tt.body))
			c := s.client(t)
			for _, op := range operations {
				err := op.do(t, c)
				require.ErrorContains(t, err, tt.says)
				require.ErrorIs(t, err, celcoin.ErrForbidden)
				require.NotErrorIs(t, err, celcoin.ErrInvalidRequest)
				require.NotErrorIs(t, err, celcoin.ErrOutcomeUnknown)
			}
			assert.Len(t, s.calls(), len(operations), "none is retried")
		})
	}
}
