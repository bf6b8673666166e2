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
	// Without a Conn it is of a later record: garbage in place of a response.
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok && record.Conn != nil {
		return true
	}
	return closedAtOnce(err)
}

// refusals are the alerts that refuse the session itself, beside those about
// the client's certificate.
var refusals = [...]tls.AlertError{
	handshakeFailure,
	70, 71, // protocol_version, insufficient_security
	112, // unrecognized_name
	120, // no_application_protocol
}

// refusedSession recognises a server's alert that refuses the session. In TLS
// 1.3 the server judges the client's certificate after the client has begun to
// send, so this refusal arrives on an open connection; the request behind it
// was never decrypted for anybody. A server that asks by renegotiation has read
// the request, and holds it back until it has the certificate.
func refusedSession(err error) bool {
	for _, alert := range refusals {
		if isAlert(err, "remote error", alert) {
			return true
		}
	}
	return certificateAlert(err) != ""
}

// closedAtOnce recognises net/http's error for a new HTTP/2 connection that was
// closed before its first request was written. It has no name to ask for.
func closedAtOnce(err error) bool {
	return err.Error() == "http2: client conn could not be established"
}

// explained says in the user's terms what net/http says in its own.
func explained(err error) error {
	if text := explainAlert(err); text != "" {
		return fmt.Errorf("%s: %w", text, err)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the connection ended before the whole response had come: %w", err)
	}
	if closedAtOnce(err) {
		return fmt.Errorf("the server closed the new connection before the request, as one that requires a client certificate (mutual TLS) does: %w", err)
	}
	return err
}
