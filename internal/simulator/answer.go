package simulator

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
)

// answer is what is sent for a request.
type answer struct {
	fault  *Fault // never nil
	status int
	header http.Header
	body   io.Reader
	length int64 // bytes that body has
}

// answer is the vendor's reply and what the fault makes of it: nothing, if that is silent.
func (c *Core) answer(r *http.Request, fault *Fault, reply Reply) *answer {
	a := &answer{fault: fault, header: make(http.Header)}
	switch {
	case fault.silent():
		return a
	case fault.truthful():
		a.status = cmp.Or(reply.Status, http.StatusOK)
		maps.Copy(a.header, reply.Header)
		a.setBody(reply.Body)
	default:
		c.replace(a)
	}
	if fault.Gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		a.setBody(compress(a.body))
		a.header.Set("Content-Encoding", "gzip")
		a.header.Add("Vary", "Accept-Encoding")
	}
	if r.Method == http.MethodHead || a.bodiless() {
		a.setBody(nil)
	}
	if a.length > 0 && a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", "application/json")
	}
	if name := c.cfg.RequestIDHeader; name != "" {
		c.mu.Lock()
		a.header.Set(name, fmt.Sprintf("%016x%016x", c.rng.Uint64(), c.rng.Uint64()))
		c.mu.Unlock()
	}
	for name, value := range map[string]string{
		"Content-Type": fault.ContentType, "Retry-After": fault.RetryAfter, "Location": fault.RedirectTo,
	} {
		if value != "" {
			a.header.Set(name, value)
		}
	}
	for name, values := range fault.Header {
		a.header[http.CanonicalHeaderKey(name)] = values
	}
	return a
}

// replace makes status and body of an answer that is not the vendor's own.
func (c *Core) replace(a *answer) {
	fault := a.fault
	coded := fault.Code != "" || fault.Message != ""
	a.status = http.StatusOK
	switch {
	case fault.Status != 0:
		a.status = fault.Status
	case fault.RedirectTo != "":
		a.status = http.StatusTemporaryRedirect
	case coded:
		a.status = 0
	}
	switch {
	case fault.Body != nil:
		a.setBody(fault.Body)
		if len(fault.Body) > 0 && !json.Valid(fault.Body) {
			a.header.Set("Content-Type", http.DetectContentType(fault.Body))
		}
	case fault.Bomb > 0:
		a.body, a.length = bomb(fault.Bomb)
		a.header.Set("Content-Encoding", "gzip")
	case fault.Size > 0:
		a.body, a.length = filler(fault.Size), fault.Size
	case fault.RedirectTo != "" && !coded:
		a.setBody(nil)
	default:
		var body []byte
		a.status, body = c.cfg.Vendor.Error(a.status, fault.Code, fault.Message)
		a.setBody(body)
	}
}

func (a *answer) setBody(body []byte) { a.body, a.length = bytes.NewReader(body), int64(len(body)) }

func (a *answer) bodiless() bool {
	return a.status == http.StatusNoContent || a.status == http.StatusNotModified
}

// cycle reads the same bytes over and over, without end.
type cycle struct {
	of []byte
	at int
}

func (c *cycle) Read(p []byte) (int, error) {
	n := copy(p, c.of[c.at:])
	c.at = (c.at + n) % len(c.of)
	return n, nil
}

// filler is a body of n bytes that takes no memory: one long number, so that a
// reader which stops at bad JSON reads on.
func filler(n int64) io.Reader {
	return io.LimitReader(&cycle{of: bytes.Repeat([]byte("1"), 4<<10)}, n)
}

// bomb is a gzip stream that unpacks to a filler of n bytes, and its length. Such a
// stream may consist of members, so one compressed member is repeated.
func bomb(n int64) (stream io.Reader, length int64) {
	const block = 256 << 10
	member, last := compress(filler(block)), compress(filler(n%block))
	length = n / block * int64(len(member))
	return io.MultiReader(io.LimitReader(&cycle{of: member}, length), bytes.NewReader(last)), length + int64(len(last))
}

func compress(plain io.Reader) []byte {
	var out bytes.Buffer // takes everything, so nothing here can fail
	zip := gzip.NewWriter(&out)
	_, _ = io.Copy(zip, plain)
	_ = zip.Close()
	return out.Bytes()
}
