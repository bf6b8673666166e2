package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// clientTLS is base, which may be nil, for a client that shows a certificate.
//
// The certificate is shown to every server that asks. With
// tls.Config.Certificates, Go withholds it unless its issuer is among the names
// that the server announces, and a server may trust an intermediate and announce
// only the root. A server of TLS 1.2 may also ask by renegotiation, once it has
// seen the path.
func clientTLS(base *tls.Config, cert *tls.Certificate) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if base != nil {
		config = base.Clone()
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
	config.Renegotiation = tls.RenegotiateOnceAsClient
	return config
}

// expiryDoubt is how far this machine's clock may be off before a certificate
// that it takes for expired, or not valid yet, is refused unasked.
const expiryDoubt = 24 * time.Hour

// checkCertificate refuses a client certificate that no server can accept.
func checkCertificate(cert *tls.Certificate, now time.Time) error {
	if len(cert.Certificate) == 0 || cert.PrivateKey == nil {
		return errors.New("client certificate: want a certificate with its private key, as of tls.LoadX509KeyPair")
	}
	leaf := cert.Leaf
	if leaf == nil {
		var err error
		if leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
			return errors.New("client certificate: its first certificate cannot be parsed")
		}
	}
	if err := CheckDates(leaf, now, expiryDoubt); err != nil {
		return fmt.Errorf("client certificate: %w", err)
	}
	return nil
}

// CheckDates refuses a certificate that is outside of its dates by more than doubt.
func CheckDates(c *x509.Certificate, now time.Time, doubt time.Duration) error {
	const layout = "2006-01-02 15:04 UTC"
	dates := fmt.Sprintf("it is valid from %s to %s, and the clock of this machine says %s",
		c.NotBefore.UTC().Format(layout), c.NotAfter.UTC().Format(layout), now.UTC().Format(layout))
	switch {
	case now.Sub(c.NotAfter) > doubt:
		return fmt.Errorf("the certificate has expired: %s; get a new one", dates)
	case c.NotBefore.Sub(now) > doubt:
		return fmt.Errorf("the certificate is not valid yet: %s; check the clock, or use the previous certificate until then", dates)
	}
	return nil
}

const (
	requiresCertificate = "the server requires a client certificate (mutual TLS) and got none"
	refusesCertificate  = "the server refuses the client certificate; check that it was issued for this environment, has not expired, and comes with its intermediate certificates"
)

// refusals are the alerts with which a server refuses a session, and what they
// mean to the user, where the alert does not say it itself. In TLS 1.3 the server
// judges the client's certificate after the client has begun to send, so this
// refusal arrives on an open connection; the request behind it was never
// decrypted. A server that asks by renegotiation has read the request, and holds
// it back until it has the certificate.
var refusals = map[tls.AlertError]string{
	40:  "the server refused the handshake; before TLS 1.3 this may mean that it requires a client certificate (mutual TLS)",
	42:  "the server refuses the client certificate, or requires one (mutual TLS); check that it was issued for this environment",
	43:  "the server does not take a client certificate with this kind of key or for this usage; check that it was issued for clients",
	44:  "the client certificate has been revoked; get a new certificate",
	45:  "the client certificate has expired, says the server; check its dates (openssl x509 -noout -dates -in cert.pem) and get a new certificate",
	46:  refusesCertificate,
	48:  "the server does not know the issuer of the client certificate; put the intermediate certificates behind it in its file, and check that it was issued for this environment",
	49:  "the server knows the client certificate and denies it access; ask whether it is registered for this environment",
	70:  "", // protocol_version
	71:  "", // insufficient_security
	112: "", // unrecognized_name
	116: requiresCertificate,
	120: "", // no_application_protocol
}

// noRenegotiation is the alert of a client that is asked to renegotiate.
const noRenegotiation = 100

// refusal is the alert with which the server has refused the session, if it has.
func refusal(err error) (tls.AlertError, bool) {
	for alert := range refusals {
		if isAlert(err, "remote error", alert) {
			return alert, true
		}
	}
	return 0, false
}

// refusedCertificate recognises a refusal for the client's certificate. A retry
// would show the same one.
func refusedCertificate(err error) bool {
	const badCertificate, accessDenied, certificateRequired = 42, 49, 116
	alert, _ := refusal(err)
	return alert >= badCertificate && alert <= accessDenied || alert == certificateRequired
}

// isAlert compares an alert of one side of a connection. Outside of QUIC its
// type is private to crypto/tls, and only its text is to be had.
func isAlert(err error, side string, alert tls.AlertError) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == side && op.Err != nil && op.Err.Error() == alert.Error()
}

// ExplainCertificateAnswer is what an answer of nginx, or of something that
// keeps its statuses, says about the client certificate; empty if nothing.
//
// https://nginx.org/en/docs/http/ngx_http_ssl_module.html#errors
func ExplainCertificateAnswer(status int, body []byte) string {
	const certificateError, noCertificate = 495, 496
	page := ""
	if status == http.StatusBadRequest {
		page = string(body[:min(len(body), 1024)]) // nginx sends them as 400, with a page
	}
	switch {
	case status == noCertificate, strings.Contains(page, "No required SSL certificate was sent"):
		return requiresCertificate
	case status == certificateError, strings.Contains(page, "The SSL certificate error"):
		return refusesCertificate
	}
	return ""
}
