package simulator

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// errClosed ends what waits when the simulator closes.
var errClosed = errors.New("simulator: closed")

// send sends an answer as its fault wants it. A body that is not what the header
// promises ends in a broken connection (a stream of HTTP/2 is reset), so that the
// damage stays with one request.
func (c *Core) send(w http.ResponseWriter, r *http.Request, a *answer) {
	fault, ctx := a.fault, r.Context()
	if fault.Hang {
		_ = c.await(ctx, nil)
		abort()
	}
	if c.pause(ctx, fault.DelayHeaders) != nil {
		abort()
	}
	control := http.NewResponseController(w)
	if fault.silent() {
		conn, _, err := control.Hijack()
		if err != nil {
			abort()
		}
		_, _ = conn.Write(fault.Garbage)
		hangUp(conn, fault.Reset)
		return
	}
	promised, sent := a.length, a.length
	switch {
	case fault.CutBody:
		promised, sent = max(a.length, 1), a.length/2 // of an empty body a byte is missing
	case fault.ContentLength > 0:
		promised, sent = fault.ContentLength, min(a.length, fault.ContentLength)
	}
	broken := promised != a.length || sent != a.length
	c.writeHeader(w, a, promised, broken)
	// A body pauses in its middle. CopyN fails at the end of a client or a server.
	_, err := io.CopyN(w, a.body, sent/2)
	if err == nil && fault.DelayBody > 0 {
		_ = control.Flush()
		err = c.pause(ctx, fault.DelayBody)
	}
	if err == nil {
		_, err = io.CopyN(w, a.body, sent-sent/2)
	}
	if err != nil || broken {
		_ = control.Flush()
		abort()
	}
}

func (c *Core) writeHeader(w http.ResponseWriter, a *answer, promised int64, broken bool) {
	header := w.Header()
	maps.Copy(header, a.header)
	if a.fault.NoDate {
		header["Date"] = nil // which net/http takes for: leave it out
	} else if header.Get("Date") == "" {
		header.Set("Date", c.now().Add(a.fault.DateSkew).UTC().Format(http.TimeFormat))
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.FormatInt(promised, 10))
	}
	if broken {
		header.Set("Connection", "close")
	}
	w.WriteHeader(a.status)
}

// pause waits for d, or less if nobody waits for the answer any more.
func (c *Core) pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	return c.await(ctx, timer.C)
}

// await waits for a tick, or for the end of the client or the simulator. A nil
// tick never comes.
func (c *Core) await(ctx context.Context, tick <-chan time.Time) error {
	select {
	case <-tick:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.life.Done():
		return errClosed
	}
}

// abort ends a request without an answer: the connection of HTTP/1.1 is closed,
// the stream of HTTP/2 is reset. The panic is net/http's own way to say so.
func abort() { panic(http.ErrAbortHandler) }

// hangUp ends a connection, if it is reset with an RST beneath TLS, which would say goodbye.
func hangUp(conn net.Conn, reset bool) {
	if secure, ok := conn.(*tls.Conn); ok && reset {
		conn = secure.NetConn()
	}
	switch conn := conn.(type) {
	case *net.TCPConn:
		if reset {
			_ = conn.SetLinger(0)
		}
	case pipeEnd:
		conn.reset.Store(reset)
	}
	_ = conn.Close()
}
