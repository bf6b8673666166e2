package simulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// answer is what leaves for a request. A fault that is silent leaves it empty.
type answer struct {
	fault  *Fault // never nil
	status int
	header http.Header
	body   io.Reader
	length int64 // bytes that body has
}

// answer puts together what the vendor replied and what the fault makes of it.
func (c *Core) answer(r *http.Request, fault *Fault, reply Reply) *answer {
	a := &answer{fault: fault, header: make(http.Header)}
	switch {
	case fault.silent():
		return a
	case fault.truthful():
		a.status = cmp.Or(reply.Status, http.StatusOK)
		if reply.Header != nil {
			a.header = reply.Header.Clone()
		}
		a.setBody(reply.Body)
	default:
		c.invent(a)
	}
	if fault.Gzip && acceptsGzip(r) {
		a.body, a.length = packed(a.body)
		a.header.Set("Content-Encoding", "gzip")
		a.header.Add("Vary", "Accept-Encoding")
	}
	if r.Method == http.MethodHead || a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		a.setBody(nil)
	}
	if a.length > 0 && a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", "application/json")
	}
	if name := c.cfg.RequestIDHeader; name != "" && a.header.Get(name) == "" {
		a.header.Set(name, c.requestID())
	}
	if fault.ContentType != "" {
		a.header.Set("Content-Type", fault.ContentType)
	}
	if fault.RetryAfter != "" {
		a.header.Set("Retry-After", fault.RetryAfter)
	}
	if fault.RedirectTo != "" {
		a.header.Set("Location", fault.RedirectTo)
	}
	for name, values := range fault.Header {
		a.header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	return a
}

// invent makes status and body of an answer that is not the vendor's own.
func (c *Core) invent(a *answer) {
	fault := a.fault
	coded := fault.Code != "" || fault.Message != ""
	switch {
	case fault.Status != 0:
		a.status = fault.Status
	case fault.RedirectTo != "":
		a.status = http.StatusTemporaryRedirect
	case coded:
		a.status = http.StatusBadRequest
	default:
		a.status = http.StatusOK
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
		a.setBody(c.cfg.Vendor.ErrorBody(a.status, fault.Code, fault.Message))
	}
}

func (a *answer) setBody(body []byte) { a.body, a.length = bytes.NewReader(body), int64(len(body)) }

// requestID makes an id that is the same in every run with the same seed.
func (c *Core) requestID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%016x%016x", c.ids.Uint64(), c.ids.Uint64())
}

// acceptsGzip takes a low quality for a refusal, which every server may.
func acceptsGzip(r *http.Request) bool {
	accepted := strings.ReplaceAll(strings.Join(r.Header.Values("Accept-Encoding"), ","), " ", "")
	return strings.Contains(accepted, "gzip") && !strings.Contains(accepted, "gzip;q=0")
}
