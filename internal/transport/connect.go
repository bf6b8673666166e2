package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

// connection follows an attempt far enough to know whether it can have left
// this machine.
type connection struct {
	native bool // by net/http's own transport, with nothing before it
	wanted atomic.Bool
	got    atomic.Int32 // connections
	reused atomic.Bool  // the last of them
	hooks  httptrace.ClientTrace
}

func (c *connection) trace(ctx context.Context) context.Context {
	c.hooks.GetConn = func(string) {
		c.wanted.Store(true)
		if c.native {
			// net/http asks again only when an idle connection turns out to be
			// dead before anything was written to it. Others may have sent.
			c.got.Store(0)
		}
	}
	c.hooks.GotConn = func(info httptrace.GotConnInfo) { c.reused.Store(info.Reused); c.got.Add(1) }
	return httptrace.WithClientTrace(ctx, &c.hooks)
}

// notSent tells whether an attempt that failed with err certainly never left.
func (c *connection) notSent(err error) bool {
	_, refused := refusal(err)
	switch c.got.Load() {
	case 0:
		return c.wanted.Load() || failedToConnect(err) != "" || refused
	case 1:
		// What has served before was not refused.
		return closedAtOnce(err) || refused && !c.reused.Load()
	}
	return false
}

// failedToConnect recognises the errors of a connection that never came about,
// and returns the outcome for an [Observer]; it is empty for others. They are
// certain proof that no request was sent, also where the user's transport does
// not tell a trace of its connections.
func failedToConnect(err error) string {
	if is[*net.DNSError](err) {
		return OutcomeDNS
	}
	// Without a Conn it is of a later record: garbage in place of a response.
	record, ok := errors.AsType[tls.RecordHeaderError](err)
	if ok && record.Conn != nil || is[*tls.CertificateVerificationError](err) || closedAtOnce(err) {
		return OutcomeTLS
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return OutcomeRefused
	}
	return ""
}

// closedAtOnce recognises net/http's error for a new HTTP/2 connection that was
// closed before its first request was written. It has no name to ask for.
func closedAtOnce(err error) bool {
	return err.Error() == "http2: client conn could not be established"
}

// explained says in the user's terms what net/http says in its own.
func explained(err error) error {
	alert, _ := refusal(err)
	text := refusals[alert]
	switch {
	case text != "":
	case isAlert(err, "local error", noRenegotiation):
		text = "the server wants to renegotiate, as one does that asks for a client certificate (mutual TLS) after it has seen the path"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		text = "the connection ended before the whole response had come"
	case closedAtOnce(err):
		text = "the server closed the new connection before the request, as one that requires a client certificate (mutual TLS) does"
	default:
		return err
	}
	return fmt.Errorf("%s: %w", text, err)
}
