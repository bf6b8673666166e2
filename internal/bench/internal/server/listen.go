package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"time"
)

// The listeners, by name.
const (
	Plain   = "plain"   // HTTP/1.1
	TLS     = "tls"     // HTTP/1.1 over TLS
	HTTP2   = "http2"   // HTTP/2 over TLS
	Latency = "latency" // HTTP/1.1, each answer 20 ms late

	Flaky        = "flaky"         // a 503 with 8 KiB before each answer
	SlowToken    = "slow-token"    // a token takes 300 ms
	RefusedToken = "refused-token" // and is refused
	Endless      = "endless"       // details of 512 MiB
	Announced    = "announced"     // and their length is said first
)

// InjectedLatency is what Latency adds.
const InjectedLatency = 20 * time.Millisecond

// TokenLatency is long enough for 64 goroutines to come and wait for it.
const TokenLatency = 300 * time.Millisecond

// EndlessSize is what Endless and Announced send.
const EndlessSize = 512 << 20

func behaviours() map[string]Behaviour {
	return map[string]Behaviour{
		Plain:        {},
		TLS:          {},
		HTTP2:        {},
		Latency:      {Latency: InjectedLatency},
		Flaky:        {Unavailable: 8 << 10},
		SlowToken:    {TokenLatency: TokenLatency},
		RefusedToken: {TokenLatency: TokenLatency, TokenRefused: true},
		Endless:      {Endless: EndlessSize},
		Announced:    {Endless: EndlessSize, Announced: true},
	}
}

// Listeners is where the server is, and whom it shows itself as.
type Listeners struct {
	URLs        map[string]string `json:"urls"`
	Certificate string            `json:"certificate"` // PEM, signed by itself
}

// Roots trusts the server.
func (l *Listeners) Roots() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(l.Certificate)) {
		return nil, errors.New("the server's certificate cannot be read")
	}
	return pool, nil
}

// Server is all listeners.
type Server struct {
	Listeners
	handlers map[string]*handler
	servers  []*http.Server
}

// Listen opens every listener on loopback.
func Listen(ctx context.Context) (*Server, error) {
	certificate, text, err := newCertificate()
	if err != nil {
		return nil, err
	}
	s := &Server{
		Listeners: Listeners{URLs: map[string]string{}, Certificate: text},
		handlers:  map[string]*handler{},
	}
	same := newPages()
	for name, b := range behaviours() {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.serve(name, l, &handler{Behaviour: b, pages: same}, certificate)
	}
	return s, nil
}

func (s *Server) serve(name string, l net.Listener, h *handler, certificate tls.Certificate) {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, Protocols: new(http.Protocols)}
	srv.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			h.connections.Add(1)
		}
	}
	scheme := "http://"
	srv.Protocols.SetHTTP1(name != HTTP2)
	srv.Protocols.SetHTTP2(name == HTTP2)
	if name == TLS || name == HTTP2 {
		scheme = "https://"
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}
		go srv.ServeTLS(l, "", "") //nolint:errcheck // ends with Close
	} else {
		go srv.Serve(l) //nolint:errcheck // ends with Close
	}
	s.URLs[name] = scheme + l.Addr().String()
	s.handlers[name] = h
	s.servers = append(s.servers, srv)
}

// Counts is what each listener has seen.
func (s *Server) Counts() map[string]Counts {
	counts := map[string]Counts{}
	for name, h := range s.handlers {
		counts[name] = h.counts()
	}
	return counts
}

// Close breaks all connections off.
func (s *Server) Close() error {
	var failures []error
	for _, srv := range s.servers {
		failures = append(failures, srv.Close())
	}
	return errors.Join(failures...)
}

// newCertificate is made anew for each server, so that no key is kept anywhere.
func newCertificate() (certificate tls.Certificate, text string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "benchmarks only"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, text, nil
}
