package simulator

import (
	"bytes"
	"io"
	"net/http"
)

// maxRequest is how much of a request's body is read: far more than any call of
// a vendor has.
const maxRequest = 16 << 20

// ServeHTTP answers a request: it takes it through record, faults and vendor. The
// record is complete before the answer leaves.
func (c *Core) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !c.enter() {
		abort()
	}
	defer c.serving.Done()
	c.RunDue()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	req := c.read(r, body)
	e := c.record(req)
	fault, reply := new(Fault), Reply{}
	switch {
	case err != nil:
		// Half a request is none: whoever sent it has left.
		fault.Reset = true
		c.finish(e, func(rec *Record) { rec.Verdict = "request broke off" })
		c.send(w, r, &answer{fault: fault})
		return
	case len(body) > maxRequest:
		reply = Reply{Status: http.StatusRequestEntityTooLarge, Verdict: "request too large"}
	default:
		if matched := c.faults.match(req); matched != nil {
			fault = matched
		}
		if fault.RevokeToken {
			c.cfg.Vendor.RevokeToken()
		}
		if fault.Processed || fault.truthful() {
			reply = c.cfg.Vendor.Serve(req)
		}
	}
	a := c.answer(r, fault, reply)
	c.finish(e, func(rec *Record) {
		rec.Verdict = reply.Verdict
		rec.Processed = reply.Verdict == VerdictOK
		rec.Status = a.status
		rec.RequestID = a.header.Get(c.cfg.RequestIDHeader)
		rec.Fault = fault.String()
	})
	c.send(w, r, a)
}

// read makes the vendor's request of net/http's, whose body it replaces by one
// that can be read again.
func (c *Core) read(r *http.Request, body []byte) *Request {
	rewind(r, body)
	req := &Request{
		Time:       c.now(),
		Operation:  c.cfg.Vendor.Operation(r),
		Method:     r.Method,
		URL:        r.RequestURI,
		Header:     r.Header,
		Body:       body,
		RemoteAddr: r.RemoteAddr,
		HTTP:       r,
	}
	if req.RemoteAddr == pipeAddr {
		req.RemoteAddr = ""
	}
	rewind(r, body)
	return req
}

func rewind(r *http.Request, body []byte) { r.Body = io.NopCloser(bytes.NewReader(body)) }
