package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"time"
)

// attempter is the link that makes one attempt: a request of its own with new
// credentials, as a retry that sent the old ones could be refused for that, and
// within the attempt timeout all from the connection to the last byte of the
// body.
type attempter struct {
	next    http.RoundTripper // the user's transport
	native  bool              // which is net/http's own
	jar     http.CookieJar    // the user's; nil: none
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
	sendCtx, cancel := s.startAttempt(ctx), context.CancelFunc(func() {})
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
	if a.jar != nil { // http.Client would add the cookies once more for each retry
		for _, cookie := range a.jar.Cookies(req.URL) {
			own.request.AddCookie(cookie)
		}
	}

	resp, err := a.next.RoundTrip(&own.request)
	if err == nil && resp == nil {
		err = errors.New("the http.Client's transport gave neither a response nor an error")
	}
	responded := err == nil
	if responded {
		if a.jar != nil && len(resp.Header["Set-Cookie"]) > 0 {
			a.jar.SetCookies(req.URL, resp.Cookies())
		}
		if err = own.body.read(resp); err == nil {
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
		// Not context.DeadlineExceeded: that is the caller's own, and has not passed.
		f.err = fmt.Errorf("no response within the attempt timeout of %v (WithAttemptTimeout): %w", a.timeout, os.ErrDeadlineExceeded)
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
