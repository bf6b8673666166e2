package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// exchange is one call under way. It is the transport of its own http.Client:
// the retry library above it repeats, and each repetition comes down here to
// be paced, given fresh credentials, sent, read and judged.
type exchange struct {
	client     *Client
	call       *Call
	http       http.Client
	retry      retryablehttp.Client
	maxRetries int

	attempts int
	retries  int  // attempts after the first, without those for new credentials
	renewed  bool // the credentials have been renewed once
	inDoubt  bool
	settled  bool          // checkRetry ended the call
	wait     time.Duration // before the next attempt

	answer  *Answer // the last, which may be of an earlier attempt than err
	verdict Verdict
	err     error // of the last attempt
	fate    fate  // of the last attempt

	response http.Response // for the retry library; here, so that it need not be allocated
}

// fate is what is known of an attempt that brought no answer.
type fate int

const (
	answered fate = iota
	unsent        // it never left: no connection, no TLS
	lost          // it may have arrived
	barred        // it was not begun, and will not be: no credentials, no time
)

// RoundTrip makes one attempt. What it returns only tells net/http and the
// retry library that there was an answer: the answer itself stays in x. Its
// status stays here too, since http.Client would act upon a redirect.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	begin := time.Now()
	a, fate, err := x.attempt(req)
	x.err, x.fate = err, fate
	if err != nil {
		x.logFailure(req.Context(), begin)
		return nil, err
	}
	x.answer, x.verdict = a, x.call.Exchange.Judge(a)
	x.logAnswer(req.Context(), begin)
	x.response = http.Response{
		StatusCode: http.StatusOK,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  a.Header,
		Body:    http.NoBody,
		Request: req,
	}
	return &x.response, nil
}

func (x *exchange) attempt(req *http.Request) (*Answer, fate, error) {
	c, ctx := x.client, req.Context()
	if c.limiter != nil {
		// Whoever waits for credentials does so before its turn, or all who wait
		// would go at once when these come.
		if r, ok := x.call.Exchange.(Readier); ok {
			if err := r.Ready(ctx); err != nil {
				return nil, barred, err
			}
		}
		if err := c.limiter.Wait(ctx); err != nil {
			return nil, barred, rateWaitError(ctx)
		}
	}
	header := c.attemptHeader()
	body, err := x.call.Exchange.Prepare(ctx, header)
	if err != nil {
		return nil, barred, err
	}
	if ctx.Err() != nil {
		return nil, barred, endOfContext(ctx) // or the transport's refusal would look like a lost answer
	}
	x.attempts++

	sendCtx, cancel := ctx, context.CancelFunc(func() {})
	if c.attemptTimeout > 0 {
		sendCtx, cancel = context.WithTimeout(ctx, c.attemptTimeout)
	}
	defer cancel() // the body has been read by then

	conn := connection{native: c.native}
	if x.call.Class != Read {
		sendCtx = conn.trace(sendCtx)
	}
	r := req.WithContext(sendCtx)
	r.Header = header
	setBody(r, body)

	resp, err := c.send(r)
	var a *Answer
	if err == nil {
		a, err = read(resp)
	}
	if err == nil {
		return a, answered, nil
	}
	f := lost
	if resp == nil && conn.unsent(err) {
		f = unsent
	}
	switch {
	case ctx.Err() != nil:
		err = endOfContext(ctx)
	case sendCtx.Err() != nil:
		err = &attemptTimeoutError{after: c.attemptTimeout}
	default:
		err = withoutContext(ctx, explained(withoutURL(err)))
	}
	return nil, f, err
}

// send uses the user's transport and cookie jar. net/http would add the cookies
// above the retries, once more for each of them.
func (c *Client) send(r *http.Request) (*http.Response, error) {
	if c.jar != nil {
		for _, cookie := range c.jar.Cookies(r.URL) {
			r.AddCookie(cookie)
		}
	}
	resp, err := c.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("the http.Client's transport gave neither a response nor an error")
	}
	if c.jar != nil {
		if cookies := resp.Cookies(); len(cookies) > 0 {
			c.jar.SetCookies(r.URL, cookies)
		}
	}
	return resp, nil
}

// setBody gives a request its bytes, and net/http a way to send the very same
// again on a fresh connection if an idle one turns out to be dead.
func setBody(r *http.Request, body []byte) {
	if len(body) == 0 {
		return
	}
	r.ContentLength = int64(len(body))
	// Bodies of these types net/http knows to be in memory: it sends them in one
	// write with the header.
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
}

// rateWaitError puts the limiter's refusal to wait past the deadline into the
// terms of the context.
func rateWaitError(ctx context.Context) error {
	if ctx.Err() != nil {
		return endOfContext(ctx)
	}
	return fmt.Errorf("the rate limit's next turn comes after the deadline: %w", context.DeadlineExceeded)
}

// connection follows an attempt just far enough to know whether it can have
// left this machine.
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

// unsent tells whether an attempt that failed with err certainly never left.
func (c *connection) unsent(err error) bool {
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
	return fmt.Sprintf("no answer within the attempt timeout of %v", e.after)
}

// Timeout makes it a net.Error's timeout.
func (e *attemptTimeoutError) Timeout() bool { return true }

// Temporary belongs to net.Error.
func (e *attemptTimeoutError) Temporary() bool { return true }
