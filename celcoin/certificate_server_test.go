package celcoin_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
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

// issuer is a certificate authority that lives as long as the tests.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var authority = newIssuer("Authority of these tests", nil)

// newIssuer makes an authority, under another or by itself.
func newIssuer(name string, under *issuer) issuer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	i := issuer{&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}, key}
	if under == nil {
		under = &i
	}
	der, err := x509.CreateCertificate(rand.Reader, i.cert, under.cert, &key.PublicKey, under.key)
	must(err)
	i.cert, err = x509.ParseCertificate(der)
	must(err)
	return i
}

// issue makes a certificate that serves both ends.
func (i issuer) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return i.certify(t, name, key, time.Now())
}

// certify makes a certificate for a key, valid for an hour before and after a
// moment.
func (i issuer) certify(t *testing.T, name string, key any, middle time.Time) tls.Certificate {
	t.Helper()
	signer, ok := key.(crypto.Signer)
	require.True(t, ok)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: middle.Add(-time.Hour), NotAfter: middle.Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}, i.cert, signer.Public(), i.key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: signer}
}

func TestTheClientCertificateIsPresentedOnEveryRequestTheTokenCallToo(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var names []string
	s := newAskingServer(t, tls.VersionTLS13, true, func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, poolOf(authority.cert)
	}, func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		names = append(names, r.TLS.PeerCertificates[0].Subject.CommonName)
	})
	c, err := celcoin.New(creds, celcoin.WithBaseURL(s.URL+prefix), celcoin.WithClientCertificate(authority.issue(t, "fintech")))
	require.NoError(t, err)
	for _, op := range operations {
		require.NoError(t, op.do(t, c))
	}
	assert.Equal(t, []string{"fintech", "fintech", "fintech", "fintech"}, names)
	assert.Len(t, s.tokens(), 1)
	for _, r := range append(s.tokens(), s.calls()...) {
		assert.Equal(t, "HTTP/2.0", r.Proto)
	}
}
