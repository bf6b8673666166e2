package simulator

import (
	"context"
	"crypto/tls"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// send sends an answer as its fault wants it. A body that is not what the header
// promises ends in a broken connection (HTTP/2: a reset stream).
func (c *Core) send(w http.ResponseWriter, r *http.Request, a *answer) {
	fault, control := a.fault, http.NewResponseController(w)
	if fault.Hang {
		<-r.Context().Done() // the client or the simulator leaves
		abort()
	}
	if pause(r, fault.DelayHeaders) != nil {
		abort()
	}
	if fault.silent() {
		conn, _, err := control.Hijack()
		if err != nil { // HTTP/2
			abort()
		}
		_, _ = conn.Write(fault.Garbage)
		hangUp(conn, fault.Reset)
		return
	}
	promised, sent := a.length, a.length
	switch {
	case fault.CutBody:
		promised, sent = max(a.length, 1), a.length/2 // an empty body lacks a byte
	case fault.ContentLength > 0:
		promised, sent = fault.ContentLength, min(a.length, fault.ContentLength)
	}
	broken := promised != a.length || sent != a.length
	c.writeHeader(w, a, promised, broken)
	// A body pauses in its middle. CopyN fails when the client or the server leaves.
	_, err := io.CopyN(w, a.body, sent/2)
	if err == nil && fault.DelayBody > 0 {
		_ = control.Flush()
		err = pause(r, fault.DelayBody)
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
		header["Date"] = nil // keeps net/http from adding one
	} else if header.Get("Date") == "" {
		header.Set("Date", c.now().Add(a.fault.DateSkew).UTC().Format(http.TimeFormat))
	}
	if !a.bodiless() {
		header.Set("Content-Length", strconv.FormatInt(promised, 10))
	}
	if broken {
		header.Set("Connection", "close")
	}
	w.WriteHeader(a.status)
}

// pause waits for d, or until the client or the simulator leaves.
func pause(r *http.Request, d time.Duration) error {
	waiting, cancel := context.WithTimeout(r.Context(), d)
	defer cancel()
	<-waiting.Done()
	return r.Context().Err()
}

// abort ends a request without an answer, the way net/http provides for it.
func abort() { panic(http.ErrAbortHandler) }

// hangUp ends a connection. A reset is an RST, beneath TLS, which would say goodbye.
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
