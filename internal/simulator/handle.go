package simulator

import (
	"bytes"
	"io"
	"net/http"
)

// maxRequest is how much of a request's body is read: far more than any call of
// a vendor has.
const maxRequest = 16 << 20

// ServeHTTP answers a request. Its record is complete before the answer leaves.
func (c *Core) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !c.enter() {
		abort()
	}
	defer c.serving.Done()
	c.RunDue()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	rewind(r, body)
	req := c.record(r, body)
	fault, reply := new(Fault), Reply{Status: http.StatusRequestEntityTooLarge, Verdict: "request too large"}
	if err != nil { // the client has left
		c.finish(req, &answer{fault: fault}, "request broke off")
		abort()
	}
	if len(body) <= maxRequest {
		reply = Reply{}
		fault = c.match(req)
		if fault.RevokeToken {
			c.cfg.Vendor.RevokeToken()
		}
		if fault.Processed || fault.truthful() {
			reply = c.cfg.Vendor.Serve(req)
		}
	}
	a := c.answer(r, fault, reply)
	c.finish(req, a, reply.Verdict)
	c.send(w, r, a)
}

// record keeps a request that has just arrived.
func (c *Core) record(r *http.Request, body []byte) *Request {
	e := &entry{Record: Record{
		Time: c.now(), Operation: c.cfg.Vendor.Operation(r), Method: r.Method, URL: r.RequestURI, Host: r.Host,
		Proto: r.Proto, Header: r.Header.Clone(), Body: body,
	}}
	if r.RemoteAddr != pipeAddr {
		e.RemoteAddr = r.RemoteAddr
	}
	req := &Request{Record: &e.Record, HTTP: r}
	e.key = c.cfg.Vendor.Key(req)
	c.requests.push(e)
	return req
}

// finish completes a record.
func (c *Core) finish(req *Request, a *answer, verdict string) {
	c.requests.mu.Lock()
	defer c.requests.mu.Unlock()
	req.Verdict, req.Processed = verdict, verdict == VerdictOK
	req.Status, req.RequestID = a.status, a.header.Get(c.cfg.RequestIDHeader)
	req.Fault = a.fault.String()
}

// rewind gives a request a body that can be read again.
func rewind(r *http.Request, body []byte) { r.Body = io.NopCloser(bytes.NewReader(body)) }
