package transport

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// What is read of an answer at most, after decompression.
const (
	maxBody      = 16 << 20
	maxErrorBody = 1 << 20
)

// firstRead bounds what a Content-Length is trusted with before the bytes come.
const firstRead = 1 << 20

// read takes the answer in whole, inside the attempt: so a cut body is a
// failure of the attempt, and the connection is free for the next one.
func read(resp *http.Response) (*Answer, error) {
	a := &Answer{Status: resp.StatusCode, Header: resp.Header, Received: time.Now()}
	if a.Header == nil {
		a.Header = http.Header{}
	}
	if resp.Body == nil {
		return a, nil
	}
	defer resp.Body.Close() //nolint:errcheck // what was read is complete, or its own error says that it is not
	if a.Status == http.StatusSwitchingProtocols {
		return a, nil // what follows is another protocol, on a connection that no context closes
	}
	limit := int64(maxErrorBody)
	if a.OK() {
		limit = maxBody
	}
	if resp.ContentLength > limit && a.OK() {
		a.TooLarge = true // not worth reading: too large is all that there is to say
		return a, nil
	}
	var err error
	a.Body, a.TooLarge, err = readUpTo(resp.Body, resp.ContentLength, limit)
	return a, err
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
		if err == io.EOF { // one that is wrapped tells of a cut, not of the end
			return buf, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if len(buf) == cap(buf) {
			// A size whose first part has come is trusted with the rest. Without one
			// the buffer doubles: append would add a quarter each time, and leave
			// garbage of four times an answer behind.
			have := int64(len(buf))
			rest := min(size, limit) + 1 - have
			if rest <= 0 {
				rest = min(have, limit+1-have)
			}
			buf = append(make([]byte, 0, have+rest), buf...)
		}
	}
}
