package simulator

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"
)

// Record is one request that the simulator saw, and what became of it. It appears
// when the request has arrived and is complete before the answer leaves.
type Record struct {
	Time                     time.Time // of arrival, on the simulator's clock
	Operation                string    // the call it was, or empty if it was none
	Method, URL, Host, Proto string    // URL: path and query, as on the request line; Proto: "HTTP/1.1" or "HTTP/2.0"
	Header                   http.Header
	Body                     []byte // raw
	RemoteAddr               string // empty when it came through Transport

	Attempt   int    // 1 for the first request of a call among those kept, 2 for its first retry; equal calls are one
	Verdict   string // "ok", or why the vendor refused; empty if the vendor never saw it
	Processed bool   // it was carried out, whatever the client was told
	Status    int    // answered; 0 if no status line left
	RequestID string // sent with the answer; empty if there was none
	Fault     string // what the fault did that was used; empty if none was

	key string // equal for attempts of the same call; empty: of none
}

// maxRequest is how much of a request's body is read: far more than any call has.
const maxRequest = 16 << 20

// serve answers a request. Its record is complete before the answer leaves.
func (c *Core) serve(w http.ResponseWriter, r *http.Request) {
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

// enter counts a request in, unless the simulator is closed.
func (c *Core) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.life.Err() != nil {
		return false
	}
	c.serving.Add(1)
	return true
}

// record keeps a request that has just arrived.
func (c *Core) record(r *http.Request, body []byte) *Request {
	req := &Request{HTTP: r, Record: &Record{
		Time: c.now(), Operation: c.cfg.Vendor.Operation(r), Method: r.Method, URL: r.RequestURI, Host: r.Host,
		Proto: r.Proto, Header: r.Header.Clone(), Body: body,
		RemoteAddr: strings.TrimPrefix(r.RemoteAddr, "pipe"), // which is net.Pipe's
	}}
	req.key = c.cfg.Vendor.Key(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = keep(c.requests, req.Record, c.cfg.Records)
	return req
}

// finish completes a record.
func (c *Core) finish(req *Request, a *answer, verdict string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	req.Verdict, req.Processed = verdict, verdict == VerdictOK
	req.Status, req.RequestID = a.status, a.header.Get(c.cfg.RequestIDHeader)
	req.Fault = a.fault.String()
}

// keep adds a value to those that are kept, the newest ones.
func keep[T any](values []T, value T, limit int) []T {
	values = append(values, value)
	return values[max(0, len(values)-limit):]
}

// rewind gives a request a body that can be read again.
func rewind(r *http.Request, body []byte) { r.Body = io.NopCloser(bytes.NewReader(body)) }

// Each converts values.
func Each[F, T any](from []F, convert func(F) T) []T {
	to := make([]T, len(from))
	for i, value := range from {
		to[i] = convert(value)
	}
	return to
}
