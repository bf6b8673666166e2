package simulator

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
)

// Transport returns a transport that hands requests to the simulator directly,
// whatever host they name: no socket, no goroutine, so that it works inside a
// testing/synctest bubble. What a fault does to a connection comes back as the
// error that net/http would give: a reset wraps syscall.ECONNRESET, a body that
// is cut ends in io.ErrUnexpectedEOF.
func (c *Core) Transport() http.RoundTripper { return direct{c} }

type direct struct{ core *Core }

// RoundTrip implements http.RoundTripper.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close() //nolint:errcheck // a RoundTripper has to close it, whatever comes of it
	}
	if err := context.Cause(r.Context()); err != nil {
		return nil, err
	}
	if !d.core.enter() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	defer d.core.serving.Done()
	arrived, unpack := arrival(r)
	response, err := d.core.respond(r, d.core.handle(arrived))
	if err == nil && unpack && response.Header.Get("Content-Encoding") == "gzip" {
		unzip(response)
	}
	return response, err
}

// arrival is the request as a server sees it, with the headers that net/http
// adds on the way. It says whether gzip was added, which the transport then undoes.
func arrival(r *http.Request) (arrived *http.Request, gzipAdded bool) {
	arrived = r.Clone(r.Context())
	arrived.Proto, arrived.ProtoMajor, arrived.ProtoMinor = "HTTP/1.1", 1, 1
	arrived.RequestURI = r.URL.RequestURI()
	if arrived.Host == "" {
		arrived.Host = r.URL.Host
	}
	if arrived.Method == "" {
		arrived.Method = http.MethodGet
	}
	if arrived.Body == nil {
		arrived.Body = http.NoBody
	}
	if arrived.Header == nil {
		arrived.Header = make(http.Header)
	}
	if _, set := arrived.Header["User-Agent"]; !set {
		arrived.Header.Set("User-Agent", "Go-http-client/1.1")
	}
	if arrived.ContentLength > 0 {
		arrived.Header.Set("Content-Length", strconv.FormatInt(arrived.ContentLength, 10))
	}
	if arrived.Header.Get("Accept-Encoding") == "" && arrived.Header.Get("Range") == "" && arrived.Method != http.MethodHead {
		arrived.Header.Set("Accept-Encoding", "gzip")
		gzipAdded = true
	}
	return arrived, gzipAdded
}

// respond hands an answer over.
func (c *Core) respond(r *http.Request, a *answer) (*http.Response, error) {
	ctx := r.Context()
	if err := c.beforeHeaders(ctx, a); err != nil {
		return nil, err
	}
	switch {
	case a.reset:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	case a.garbage != nil:
		response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(a.garbage)), r)
		if err != nil {
			return nil, fmt.Errorf("net/http: HTTP/1.x transport connection broken: %w", err)
		}
		return response, nil
	}
	pause := func() error { return c.pause(ctx, a.delayBody) }
	body := &directBody{ctx: ctx, left: a.declared, body: a.reader(pause)}
	response := &http.Response{
		Status:     fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		StatusCode: a.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        a.header,
		Body:          body,
		ContentLength: max(a.declared, 0),
		Request:       r,
	}
	if a.declared >= 0 {
		response.Header.Set("Content-Length", strconv.FormatInt(a.declared, 10))
	}
	return response, nil
}

// directBody ends when as much was read as the header promised, and breaks off
// when there is less.
type directBody struct {
	ctx    context.Context //nolint:containedctx // reading a body is part of the request
	body   io.Reader
	left   int64 // of what was promised
	closed bool
}

func (b *directBody) Read(p []byte) (int, error) {
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	if b.left <= 0 {
		return 0, io.EOF
	}
	n, err := b.body.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == io.EOF && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (b *directBody) Close() error {
	b.closed = true
	return nil
}

// unzip unpacks a body as net/http's transport does for a client that did not
// ask for gzip itself.
func unzip(response *http.Response) {
	response.Body = &unzipped{packed: response.Body}
	response.Header.Del("Content-Encoding")
	response.Header.Del("Content-Length")
	response.ContentLength = -1
	response.Uncompressed = true
}

// unzipped starts to unpack at the first read, so that bad bytes are an error of the body.
type unzipped struct {
	packed io.ReadCloser
	plain  *gzip.Reader
	err    error
}

func (u *unzipped) Read(p []byte) (int, error) {
	if u.plain == nil && u.err == nil {
		u.plain, u.err = gzip.NewReader(u.packed)
	}
	if u.err != nil {
		return 0, u.err
	}
	return u.plain.Read(p)
}

func (u *unzipped) Close() error { return u.packed.Close() }
