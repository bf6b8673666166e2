package celcoin_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
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

// issuer is a certificate authority that lives as long as the tests.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var authority = newIssuer("Authority of these tests")

func newIssuer(name string) issuer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return issuer{}
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return issuer{}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return issuer{}
	}
	return issuer{cert, key}
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

// intermediate makes an authority under i.
func (i issuer) intermediate(t *testing.T) issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "Intermediate of these tests"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: i.cert.NotBefore, NotAfter: i.cert.NotAfter, KeyUsage: x509.KeyUsageCertSign,
	}, i.cert, &key.PublicKey, i.key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return issuer{cert, key}
}

// newMutualServer demands a certificate of the authority, as production does.
// It keeps the names of those that it saw.
func newMutualServer(t *testing.T, maxVersion uint16) (s *server, names func() []string) {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	pool := x509.NewCertPool()
	pool.AddCert(authority.cert)
	s = newServer(t, success, func(s *httptest.Server) {
		s.TLS = &tls.Config{
			Certificates: []tls.Certificate{authority.issue(t, "server")}, MaxVersion: maxVersion,
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12,
		}
		next := s.Config.Handler
		s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			seen = append(seen, r.TLS.PeerCertificates[0].Subject.CommonName)
			mu.Unlock()
			next.ServeHTTP(w, r)
		})
		s.Config.ErrorLog = discardLog
		s.EnableHTTP2 = true
		s.Listener = lingering{s.Listener}
		s.StartTLS()
	})
	return s, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

// lingering connections are closed gracefully. In TLS 1.3 the refusal arrives
// after the client has begun to send, and a reset, which a close over unread
// bytes is, may overtake it: then nobody can know that there was one.
type lingering struct{ net.Listener }

func (l lingering) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingeringConn{Conn: c}, nil
}

type lingeringConn struct {
	net.Conn

	once sync.Once
}

func (c *lingeringConn) Close() error {
	c.once.Do(func() {
		if tcp, ok := c.Conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
			_ = tcp.SetReadDeadline(time.Now().Add(time.Minute)) // the client leaves much earlier
			_, _ = io.Copy(io.Discard, tcp)
		}
	})
	return c.Conn.Close()
}

func TestTheClientCertificateIsPresentedOnEveryRequestTheTokenCallToo(t *testing.T) {
	t.Parallel()
	s, names := newMutualServer(t, 0)
	c, err := celcoin.New(creds, celcoin.WithBaseURL(s.URL+prefix), celcoin.WithClientCertificate(authority.issue(t, "fintech")))
	require.NoError(t, err)
	for _, op := range operations {
		require.NoError(t, op.do(t, c))
	}
	assert.Equal(t, []string{"fintech", "fintech", "fintech", "fintech"}, names())
	assert.Len(t, s.tokens(), 1)
	for _, r := range append(s.tokens(), s.calls()...) {
		assert.Equal(t, "HTTP/2.0", r.Proto)
	}
}

func TestWithoutACertificateTheErrorSaysSoAndNothingIsInDoubt(t *testing.T) {
	t.Parallel()
	for version, name := range map[uint16]string{tls.VersionTLS12: "TLS 1.2", tls.VersionTLS13: "TLS 1.3"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newMutualServer(t, version)
			source := celcoin.Credentials{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})}
			for _, with := range []celcoin.Credentials{creds, source} {
				c, err := celcoin.New(with, celcoin.WithBaseURL(s.URL+prefix), celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: -1}))
				require.NoError(t, err)
				for _, op := range operations {
					err := op.do(t, c)
					require.Error(t, err)
					assert.NotContains(t, err.Error(), "DateFrom")
					assert.Regexp(t, "certificate required|bad certificate|handshake failure|requires a client certificate", err.Error())
					require.NotErrorIs(t, err, celcoin.ErrOutcomeUnknown, "a request that was never let in cannot have been carried out")
				}
			}
			assert.Empty(t, s.calls())
		})
	}
}
