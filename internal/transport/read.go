package transport

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"time"
)

// What is read of a response at most, after decompression.
const (
	maxBody      = 16 << 20
	maxErrorBody = 1 << 20
)

// firstRead bounds what a Content-Length is trusted with before the bytes come.
const firstRead = 1 << 20

// memory is how a [Response] passes through http.Client and
// retryablehttp.Client: in the place of its body, which has been read.
type memory struct{ response Response }

func (*memory) Read([]byte) (int, error) { return 0, io.EOF }

func (*memory) Close() error { return nil }

// read takes a body in whole, inside the attempt: so a body that is cut
// short is a failure of the attempt, and the connection is free for the next one.
func (m *memory) read(resp *http.Response) error {
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	r := &m.response
	*r = Response{Status: resp.StatusCode, Header: resp.Header, Received: time.Now()}
	if resp.Body != nil {
		err := r.readFrom(resp)
		resp.Body.Close() //nolint:errcheck,gosec // what was read is complete, or err says that it is not
		if err != nil {
			return err
		}
	}
	resp.Body = m
	if place := resp.Header.Get("Location"); place != "" {
		if _, err := url.Parse(place); err != nil {
			// http.Client fails on it, though it follows no redirect.
			resp.Header.Del("Location")
		}
	}
	return nil
}

func (r *Response) readFrom(resp *http.Response) (err error) {
	if r.Status == http.StatusSwitchingProtocols {
		return nil // what follows is another protocol, on a connection that no context closes
	}
	limit := int64(maxErrorBody)
	if r.OK() {
		limit = maxBody
	}
	if resp.ContentLength > limit && r.OK() {
		r.TooLarge = true // not worth reading
		return nil
	}
	r.Body, r.TooLarge, err = readUpTo(resp.Body, resp.ContentLength, limit)
	return err
}

// readUpTo reads until the end or the limit. A known size is read into one
// buffer of that size, which is what makes a page of webhooks cheap.
func readUpTo(r io.Reader, size, limit int64) (body []byte, more bool, err error) {
	grow := int64(bytes.MinRead)
	if size >= 0 {
		grow = min(size, firstRead)
	}
	buf := make([]byte, 0, grow+1) // one more, so that the end is seen without growing
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > limit {
			return buf[:limit], true, nil
		}
		if err == io.EOF { // a wrapped one is a body that was cut short
			return buf, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if len(buf) == cap(buf) {
			// A size whose first part has come is trusted with the rest. Without one
			// the buffer doubles: append would grow it by a quarter each time, and
			// leave garbage of four times a body behind.
			have := int64(len(buf))
			rest := min(size, limit) + 1 - have
			if rest <= 0 {
				rest = min(have, limit+1-have)
			}
			buf = append(make([]byte, 0, have+rest), buf...)
		}
	}
}
