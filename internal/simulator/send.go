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

// send sends an answer over the socket that the request came from.
func (c *Core) send(w http.ResponseWriter, r *http.Request, a *answer) {
	ctx := r.Context()
	if err := c.beforeHeaders(ctx, a); err != nil {
		abort()
	}
	switch overHTTP1 := r.ProtoMajor < 2; {
	case (a.reset || a.garbage != nil) && overHTTP1:
		c.disrupt(w, a)
	case a.reset || a.garbage != nil:
		// A stream of HTTP/2 can be reset, but frames leave no place for garbage.
		abort()
	case a.broken() && overHTTP1:
		c.sendRaw(ctx, w, a)
	default:
		c.sendFramed(ctx, w, a)
	}
}

// abort ends a request without an answer: the connection of HTTP/1.1 is closed,
// the stream of HTTP/2 is reset. The panic is net/http's own way to say so.
func abort() { panic(http.ErrAbortHandler) }

// sendFramed leaves the framing to net/http, and on HTTP/2 breaks off with a
// reset stream where the body is not whole.
func (c *Core) sendFramed(ctx context.Context, w http.ResponseWriter, a *answer) {
	header := w.Header()
	maps.Copy(header, a.header)
	if a.declared >= 0 {
		header.Set("Content-Length", strconv.FormatInt(a.declared, 10))
	}
	w.WriteHeader(a.status)
	flush := http.NewResponseController(w).Flush
	body := a.pace(func() error {
		if err := flush(); err != nil {
			return err
		}
		return c.pause(ctx, a.delayBody)
	})
	if err := copyPaced(w, body); err != nil || a.broken() {
		_ = flush()
		abort()
	}
}

// copyPaced copies a body whose pauses flush the writer. It hides the writer's
// ReadFrom, which would read into the very buffer that a pause empties.
func copyPaced(w io.Writer, body io.Reader) error {
	_, err := io.Copy(struct{ io.Writer }{w}, body)
	return err
}

// disrupt does to a connection of HTTP/1.1 what no server should.
func (c *Core) disrupt(w http.ResponseWriter, a *answer) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		abort()
	}
	defer conn.Close() //nolint:errcheck // whether it was still open is of no interest
	if a.reset {
		reset(conn)
		return
	}
	_, _ = conn.Write(a.garbage)
}

// reset ends a connection with an RST, beneath TLS, which would say goodbye.
func reset(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if socket, ok := conn.(*connection); ok {
		_ = socket.SetLinger(0)
	}
	_ = conn.Close()
}

// sendRaw sends an answer whose framing is wrong, which net/http would not. The
// connection ends with it: the damage is to stay with one request.
func (c *Core) sendRaw(ctx context.Context, w http.ResponseWriter, a *answer) {
	conn, out, err := http.NewResponseController(w).Hijack()
	if err != nil {
		abort()
	}
	defer conn.Close() //nolint:errcheck // whether it was still open is of no interest
	a.header.Set("Connection", "close")
	a.header.Set("Content-Length", strconv.FormatInt(a.declared, 10))
	_, _ = fmt.Fprintf(out, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	_ = a.header.Write(out)
	_, _ = out.WriteString("\r\n")
	body := a.pace(func() error {
		if err := out.Flush(); err != nil {
			return err
		}
		return c.pause(ctx, a.delayBody)
	})
	if err := copyPaced(out, body); err == nil {
		_ = out.Flush()
	}
}
