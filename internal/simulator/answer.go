package simulator

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// answer is what leaves for a request: decided once, then sent over a socket
// (send) or handed over (respond).
type answer struct {
	status   int
	header   http.Header
	body     io.Reader
	length   int64 // bytes that body has
	sent     int64 // bytes of these that leave before the connection ends
	declared int64 // what Content-Length says; below 0: no such header

	delayHeaders time.Duration
	delayBody    time.Duration // in the middle of what is sent
	dateSkew     time.Duration
	noDate       bool

	// Instead of all that.
	reset   bool
	hang    bool
	garbage []byte
}

// broken says that the body does not arrive as the header promises.
func (a *answer) broken() bool {
	return a.sent < a.length || a.declared >= 0 && a.declared != a.length
}

// answer puts together what the vendor replied and what the fault makes of it.
func (c *Core) answer(req *Request, fault *Fault, reply Reply) *answer {
	if fault == nil {
		fault = new(Fault)
	}
	if fault.silent() {
		return &answer{reset: fault.Reset, hang: fault.Hang, garbage: fault.Garbage, delayHeaders: fault.DelayHeaders}
	}
	a := &answer{
		delayHeaders: fault.DelayHeaders,
		delayBody:    fault.DelayBody,
		dateSkew:     fault.DateSkew,
		noDate:       fault.NoDate,
	}
	if fault.truthful() {
		a.status = cmp.Or(reply.Status, http.StatusOK)
		a.header = reply.Header.Clone()
		a.setBody(reply.Body)
	} else {
		a.status = fault.status()
		c.invent(a, fault)
	}
	if a.header == nil {
		a.header = make(http.Header)
	}
	if a.length > 0 && a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", "application/json")
	}
	c.dress(a, fault)
	a.frame(req.HTTP, fault)
	return a
}

// status is the status of an answer that is not the vendor's own.
func (f *Fault) status() int {
	switch {
	case f.Status != 0:
		return f.Status
	case f.RedirectTo != "":
		return http.StatusTemporaryRedirect
	case f.Code != "" || f.Message != "":
		return http.StatusBadRequest
	default:
		return http.StatusOK
	}
}

// invent makes the body of an answer that is not the vendor's own.
func (c *Core) invent(a *answer, fault *Fault) {
	a.header = make(http.Header)
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
	case fault.RedirectTo != "" && fault.Code == "" && fault.Message == "":
		a.setBody(nil)
	default:
		a.setBody(c.cfg.Vendor.ErrorBody(a.status, fault.Code, fault.Message))
	}
}

func (a *answer) setBody(body []byte) { a.body, a.length = bytes.NewReader(body), int64(len(body)) }

// dress adds the headers that a fault asks for.
func (c *Core) dress(a *answer, fault *Fault) {
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
}

// requestID makes an id that is the same in every run with the same seed.
func (c *Core) requestID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%016x%016x", c.ids.Uint64(), c.ids.Uint64())
}

// frame decides how many bytes leave, and how many are promised.
func (a *answer) frame(r *http.Request, fault *Fault) {
	if fault.Gzip && acceptsGzip(r) {
		a.compress()
	}
	if r.Method == http.MethodHead || a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		a.setBody(nil)
		a.declared = -1
		a.header.Del("Content-Type")
		return
	}
	a.sent, a.declared = a.length, a.length
	switch {
	case fault.CutBody:
		// Of an empty body a byte is promised, or nothing could be missing.
		a.declared = max(a.length, 1)
		a.sent = a.length / 2
	case fault.ContentLength > 0:
		a.declared = fault.ContentLength
	}
}

// compress packs a body, which is in memory: neither Size nor Bomb goes with Gzip.
func (a *answer) compress() {
	a.body, a.length = member(a.body)
	a.header.Set("Content-Encoding", "gzip")
	a.header.Add("Vary", "Accept-Encoding")
}

// acceptsGzip reads Accept-Encoding as far as clients use it: names, with a
// quality of which only zero counts.
func acceptsGzip(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			name, quality, _ := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";")
			if strings.EqualFold(name, "gzip") && quality != "q=0" {
				return true
			}
		}
	}
	return false
}

// errClosed ends what waits when the simulator closes.
var errClosed = errors.New("simulator: closed")

// pause waits for d, or less if nobody waits for the answer any more.
func (c *Core) pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	return c.await(ctx, timer.C)
}

// await waits for a tick, or for the end of the client or the simulator. A nil
// tick never comes.
func (c *Core) await(ctx context.Context, tick <-chan time.Time) error {
	select {
	case <-tick:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.life.Done():
		return errClosed
	}
}

// beforeHeaders lets pass what a fault puts before the status line, and then
// dates the answer. An error says that there is nobody to answer.
func (c *Core) beforeHeaders(ctx context.Context, a *answer) error {
	if a.hang {
		return c.await(ctx, nil)
	}
	if err := c.pause(ctx, a.delayHeaders); err != nil {
		return err
	}
	if a.noDate {
		a.header["Date"] = nil // which net/http takes for: leave it out
	} else if a.header != nil && a.header.Get("Date") == "" {
		a.header.Set("Date", c.now().Add(a.dateSkew).UTC().Format(http.TimeFormat))
	}
	return nil
}

// pauseFunc is a reader that has nothing to give, after a while.
type pauseFunc func() error

func (pause pauseFunc) Read([]byte) (int, error) {
	if err := pause(); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

// reader gives what leaves of a body, with the pause that a fault puts into it.
func (a *answer) reader(pause func() error) io.Reader {
	if a.delayBody <= 0 {
		return io.LimitReader(a.body, a.sent)
	}
	half := io.LimitReader(a.body, a.sent/2)
	return io.MultiReader(half, pauseFunc(pause), io.LimitReader(a.body, a.sent-a.sent/2))
}
