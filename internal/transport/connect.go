package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
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
	// Without a Conn it is of a later record: garbage in place of an answer.
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok && record.Conn != nil {
		return true
	}
	return closedAtOnce(err)
}

// certificateRequired is the alert for a client without a certificate.
const certificateRequired = 116

// refusals are the alerts that refuse the session itself.
var refusals = [...]tls.AlertError{
	40,                 // handshake_failure
	42, 43, 44, 45, 46, // bad, unsupported, revoked, expired, unknown certificate
	48, 49, // unknown_ca, access_denied
	70, 71, // protocol_version, insufficient_security
	112,                      // unrecognized_name
	certificateRequired, 120, // and no_application_protocol
}

// refusedSession recognises a server's alert that refuses the session. In TLS
// 1.3 the server judges the client's certificate after the client has begun to
// send, so this refusal arrives on an open connection; the request behind it
// was never decrypted for anybody. Outside of QUIC the alert's type is private
// to crypto/tls, and only its text can be compared.
func refusedSession(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" || op.Err == nil {
		return false
	}
	for _, alert := range refusals {
		if op.Err.Error() == alert.Error() {
			return true
		}
	}
	return false
}

// closedAtOnce recognises net/http's error for a new HTTP/2 connection that was
// closed before its first request was written. It has no name to ask for.
func closedAtOnce(err error) bool {
	return err.Error() == "http2: client conn could not be established"
}

// explained says in the user's terms what net/http says in its own.
func explained(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" && op.Err != nil &&
		op.Err.Error() == tls.AlertError(certificateRequired).Error() {
		return fmt.Errorf("the server wants a client certificate (mutual TLS): %w", err)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the connection ended before the whole answer had come: %w", err)
	}
	if closedAtOnce(err) {
		return fmt.Errorf("the server closed the new connection before the request, as one does that misses a client certificate: %w", err)
	}
	return err
}
