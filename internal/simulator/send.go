package simulator

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
)

// send sends an answer over the socket that the request came from. What no server
// should do, broken framing above all, is written to the connection itself, which
// then ends: the damage is to stay with one request. A stream of HTTP/2 is reset
// instead, as its frames leave no place for it.
func (c *Core) send(w http.ResponseWriter, r *http.Request, a *answer) {
	if err := c.beforeHeaders(r.Context(), a); err != nil {
		abort()
	}
	control := http.NewResponseController(w)
	if !a.reset && a.garbage == nil && (!a.broken() || r.ProtoMajor > 1) {
		header := w.Header()
		maps.Copy(header, a.header)
		if a.declared >= 0 {
			header.Set("Content-Length", strconv.FormatInt(a.declared, 10))
		}
		w.WriteHeader(a.status)
		if err := c.sendBody(r.Context(), w, control.Flush, a); err != nil || a.broken() {
			_ = control.Flush()
			abort()
		}
		return
	}
	conn, out, err := control.Hijack()
	if err != nil {
		abort()
	}
	defer conn.Close()                                             //nolint:errcheck // whether it was still open is of no interest
	defer context.AfterFunc(c.life, func() { _ = conn.Close() })() //nolint:contextcheck // the simulator's end, not the request's
	switch {
	case a.reset:
		reset(conn)
	case a.garbage != nil:
		_, _ = conn.Write(a.garbage)
	default:
		a.header.Set("Connection", "close")
		a.header.Set("Content-Length", strconv.FormatInt(a.declared, 10))
		_, _ = fmt.Fprintf(out, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
		_ = a.header.Write(out)
		_, _ = out.WriteString("\r\n")
		if err := c.sendBody(r.Context(), out, out.Flush, a); err == nil {
			_ = out.Flush()
		}
	}
}

// sendBody copies a body whose pause flushes the writer. It hides the writer's
// ReadFrom, which would read into the very buffer that a pause empties.
func (c *Core) sendBody(ctx context.Context, w io.Writer, flush func() error, a *answer) error {
	body := a.reader(func() error {
		if err := flush(); err != nil {
			return err
		}
		return c.pause(ctx, a.delayBody)
	})
	_, err := io.Copy(struct{ io.Writer }{w}, body)
	return err
}

// abort ends a request without an answer: the connection of HTTP/1.1 is closed,
// the stream of HTTP/2 is reset. The panic is net/http's own way to say so.
func abort() { panic(http.ErrAbortHandler) }

// reset ends a connection with an RST, beneath TLS, which would say goodbye.
func reset(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	switch conn := conn.(type) {
	case *net.TCPConn:
		_ = conn.SetLinger(0)
	case pipeEnd:
		conn.reset.Store(true)
	}
	_ = conn.Close()
}
