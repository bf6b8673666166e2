package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// attempter is the link that makes one attempt: a request of its own with new
// credentials, as a retry that sent the old ones could be refused for that, and
// within the attempt timeout all from the connection to the last byte of the
// body.
type attempter struct {
	next    http.RoundTripper // the user's transport
	native  bool              // which is net/http's own
	header  http.Header       // on every request; never changed
	timeout time.Duration     // 0: none
}

func (a *attempter) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	s := stateOf(ctx)
	// The values are shared between attempts: each has the capacity of its
	// length, so that adding to one copies it.
	header := make(http.Header, len(a.header)+3)
	maps.Copy(header, a.header)
	body, err := s.auth.Authorize(ctx, header)
	if err == nil && ctx.Err() != nil {
		err = EndOfContext(ctx) // or the transport's refusal would pass for a lost response
	}
	if err != nil {
		return nil, &failure{kind: notStarted, err: err}
	}
	return a.send(ctx, req, header, body)
}

func (a *attempter) send(ctx context.Context, req *http.Request, header http.Header, body []byte) (*http.Response, error) {
	s := stateOf(ctx)
	sendCtx, cancel := s.startAttempt(ctx, header), context.CancelFunc(func() {})
	if a.timeout > 0 {
		sendCtx, cancel = context.WithTimeout(sendCtx, a.timeout)
	}
	defer cancel() // the body has been read by then
	own := &attempt{conn: connection{native: a.native}}
	if s.call.Class != Safe {
		sendCtx = own.conn.trace(sendCtx)
	}
	own.request = *req.WithContext(sendCtx)
	own.request.Header = header
	if !a.native {
		own.request.URL = new(*req.URL) // a transport of the user's may change it in place
	}
	own.setPayload(body)

	resp, err := a.next.RoundTrip(&own.request)
	if err == nil && resp == nil {
		err = errors.New("the http.Client's transport gave neither a response nor an error")
	}
	responded := err == nil
	if responded {
		if err = own.body.read(resp, header); err == nil {
			return resp, nil
		}
	}
	f := &failure{kind: noResponse}
	if !responded && own.conn.notSent(err) {
		f.kind = notSent
	}
	switch {
	case ctx.Err() != nil:
		f.err = EndOfContext(ctx)
	case sendCtx.Err() != nil:
		f.err = &attemptTimeoutError{after: a.timeout}
	default:
		f.err = maskContext(ctx, explained(withoutURL(err)))
	}
	return nil, f
}

// attempt is all of one attempt that outlives a function, in one allocation.
type attempt struct {
	request http.Request
	payload bytes.Reader
	conn    connection
	body    memory // of the response
}

// setPayload gives the request its bytes, and net/http a way to send the same
// ones again on a new connection if an idle one turns out to be dead.
func (a *attempt) setPayload(payload []byte) {
	if len(payload) == 0 {
		return
	}
	a.payload.Reset(payload)
	a.request.ContentLength = int64(len(payload))
	// net/http knows that a body of this type is in memory, and sends it in one
	// write with the header.
	a.request.Body = io.NopCloser(&a.payload)
	a.request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(payload)), nil }
}

// cookies is the link that uses the user's cookie jar. net/http would add the
// cookies above the retries, once more for each of them.
type cookies struct {
	next http.RoundTripper
	jar  http.CookieJar
}

func (c *cookies) RoundTrip(req *http.Request) (*http.Response, error) {
	if sent := c.jar.Cookies(req.URL); len(sent) > 0 {
		req = req.Clone(req.Context())
		for _, cookie := range sent {
			req.AddCookie(cookie)
		}
	}
	resp, err := c.next.RoundTrip(req)
	if err == nil && resp != nil {
		if received := resp.Cookies(); len(received) > 0 {
			c.jar.SetCookies(req.URL, received)
		}
	}
	return resp, err
}

// connection follows an attempt far enough to know whether it can have left
// this machine.
type connection struct {
	native bool // by net/http's own transport, with nothing before it
	wanted atomic.Bool
	got    atomic.Int32 // connections
	reused atomic.Bool  // the last of them
	hooks  httptrace.ClientTrace
}

func (c *connection) trace(ctx context.Context) context.Context {
	c.hooks.GetConn = func(string) {
		c.wanted.Store(true)
		if c.native {
			// net/http asks again only when an idle connection turns out to be
			// dead before anything was written to it. Others may have sent.
			c.got.Store(0)
		}
	}
	c.hooks.GotConn = func(info httptrace.GotConnInfo) { c.reused.Store(info.Reused); c.got.Add(1) }
	return httptrace.WithClientTrace(ctx, &c.hooks)
}

// notSent tells whether an attempt that failed with err certainly never left.
func (c *connection) notSent(err error) bool {
	switch c.got.Load() {
	case 0:
		return c.wanted.Load() || failedToConnect(err) || refusedSession(err)
	case 1:
		// What has served before was not refused.
		return closedAtOnce(err) || refusedSession(err) && !c.reused.Load()
	}
	return false
}

// attemptTimeoutError is deliberately not context.DeadlineExceeded: that is
// the caller's own deadline, and it has not passed.
type attemptTimeoutError struct{ after time.Duration }

func (e *attemptTimeoutError) Error() string {
	return fmt.Sprintf("no response within the attempt timeout of %v (WithAttemptTimeout)", e.after)
}

// Timeout makes it a net.Error's timeout.
func (e *attemptTimeoutError) Timeout() bool { return true }

// Temporary belongs to net.Error.
func (e *attemptTimeoutError) Temporary() bool { return true }
