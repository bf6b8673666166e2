package simulator

import (
	"bytes"
	"io"
	"net/http"
)

// maxRequest is how much of a request's body is read: far more than any call of
// a vendor has.
const maxRequest = 16 << 20

// ServeHTTP answers a request that came over a socket.
func (c *Core) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !c.enter() {
		abort()
	}
	defer c.serving.Done()
	c.send(w, r, c.handle(r))
}

// handle takes a request through record, faults and vendor, and returns the
// answer that is to leave.
func (c *Core) handle(r *http.Request) *answer {
	c.RunDue()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	req := c.read(r, body)
	e := &entry{key: c.cfg.Vendor.Key(req), Record: Record{
		Time:       req.Time,
		Operation:  req.Operation,
		Method:     req.Method,
		URL:        req.URL,
		Host:       r.Host,
		Proto:      r.Proto,
		Header:     req.Header.Clone(),
		Body:       req.Body,
		RemoteAddr: req.RemoteAddr,
	}}
	c.records.add(e)
	switch {
	case err != nil:
		// Half a request is none: whoever sent it has left.
		c.records.finish(e, func(rec *Record) { rec.Verdict = "request broke off" })
		return &answer{reset: true}
	case len(body) > maxRequest:
		reply := Reply{Status: http.StatusRequestEntityTooLarge, Verdict: "request too large"}
		return c.conclude(e, req, nil, reply)
	}

	fault := c.faults.match(req)
	if fault != nil && fault.RevokeToken {
		c.cfg.Vendor.RevokeToken()
	}
	var reply Reply
	if fault == nil || fault.Processed || fault.truthful() {
		reply = c.cfg.Vendor.Serve(req)
	}
	return c.conclude(e, req, fault, reply)
}

// conclude completes the record with the answer that it makes.
func (c *Core) conclude(e *entry, req *Request, fault *Fault, reply Reply) *answer {
	a := c.answer(req, fault, reply)
	c.records.finish(e, func(rec *Record) {
		rec.Verdict = reply.Verdict
		rec.Processed = reply.Verdict == VerdictOK
		rec.Status = a.status
		rec.RequestID = a.header.Get(c.cfg.RequestIDHeader)
		if fault != nil {
			rec.Fault = fault.String()
		}
	})
	return a
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
