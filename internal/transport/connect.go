package transport

import (
	"crypto/tls"
	"errors"
	"net"
)

// failedToConnect recognises the errors of a connection that never came about:
// they are certain proof that no request was sent, also where the user's
// transport does not tell a trace of its connections.
func failedToConnect(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	alert, ok := errors.AsType[tls.AlertError](err)
	return ok && refusesHandshake(alert)
}

// refusesHandshake tells whether an alert refuses the session itself. In TLS
// 1.3 the server judges the client's certificate after the client has begun to
// send, so this refusal arrives on an open connection; the request behind it
// was never decrypted for anybody.
func refusesHandshake(a tls.AlertError) bool {
	switch a {
	case 40, // handshake_failure
		42, 43, 44, 45, 46, // bad, unsupported, revoked, expired, unknown certificate
		48, 49, // unknown_ca, access_denied
		70, 71, // protocol_version, insufficient_security
		112,      // unrecognized_name
		116, 120: // certificate_required, no_application_protocol
		return true
	}
	return false
}
