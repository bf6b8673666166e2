package ceffu

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/lenient"
	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// call is a signed call: it signs each attempt, and decodes and classifies the
// responses.
type call struct {
	client     *Client
	request    ResendRequest
	signature  string // of the last attempt
	generation int    // of the clock, for the last attempt
	expired    int    // how many timestamps were refused
	duplicate  bool   // a signature was refused once
	limited    bool   // a response was a rate limit
}

// envelope is what is around every response of Ceffu. Data is true or null where
// documented.
type envelope struct {
	Data    lenient.Text `json:"data"`
	Code    lenient.Text `json:"code"`
	Message lenient.Text `json:"message"`
}

// jsonContent is shared by all requests: net/http forbids a transport to write
// into a request.
var jsonContent = []string{"application/json"}

// Ready waits for nothing.
func (*call) Ready(context.Context) error { return nil }

// Authorize takes a new timestamp, and with that makes a new body and
// signature: Ceffu refuses a repeated signature as a duplicate.
func (c *call) Authorize(ctx context.Context, h http.Header) ([]byte, error) {
	var timestamp int64
	timestamp, c.generation = c.client.clock.next()
	body, err := c.request.body(timestamp)
	if err != nil {
		return nil, err
	}
	if c.signature, err = c.client.signer.Sign(body); err != nil {
		return nil, fmt.Errorf("sign the request: %w", transport.Sanitize(ctx, err))
	}
	h["Content-Type"] = jsonContent
	h["Open-Apikey"] = c.client.apiKey()
	h["Signature"] = []string{c.signature}
	return body, nil
}

// Classify decodes a response. The code counts before the status, which is not
// documented for any code.
func (c *call) Classify(r *transport.Response, e *envelope) transport.Classification {
	if !r.TooLarge {
		if _, err := lenient.Unmarshal(r.Body, e); err != nil {
			*e = envelope{}
		}
	}
	cl := transport.Classification{Kind: c.kind(r, string(e.Code))}
	c.limited = c.limited || cl.Kind == transport.RateLimited
	secrets := c.secrets()
	cl.RequestID = redact.Text(r.Header.Get("X-Request-Id"), apierror.MaxRequestID, secrets...)
	if cl.Kind == transport.Succeeded {
		cl.Code = string(e.Code) // nothing but zeros
		return cl
	}
	cl.Code = redact.Text(string(e.Code), apierror.MaxCode, secrets...)
	cl.Message = redact.Text(string(e.Message), apierror.MaxMessage, secrets...)
	return cl
}

func (c *call) kind(r *transport.Response, code string) transport.Kind {
	switch {
	case r.Status == http.StatusTooManyRequests:
		return transport.RateLimited // whatever its code
	case succeeded(code) && r.OK():
		return transport.Succeeded
	case code == "G20012":
		return transport.RateLimited
	case code == "G20001":
		return transport.ServerError
	case code == "G20007" && c.otherClock(r):
		return transport.RetryNow
	case code == "G20015" && !c.duplicate:
		c.duplicate = true
		return transport.RetryNow
	case codes[code].category != nil:
		return transport.Refused
	case r.OK() && code != "" && !succeeded(code):
		return transport.Refused // a business error of a code that is not known yet
	}
	return transport.KindOfStatus(r)
}

// otherClock sets the clock after a refused timestamp, and tells whether to retry:
// by the clock of the response's Date first, and if that is refused, too, by
// this machine's own, as the Date may be another machine's than Ceffu's.
func (c *call) otherClock(r *transport.Response) bool {
	c.expired++
	if c.expired > 1 {
		return c.client.clock.set(c.generation, 0) && c.expired == 2
	}
	var offset time.Duration
	if theirs, ok := transport.Date(r); ok {
		offset = theirs.Sub(r.Received)
	}
	c.client.clock.set(c.generation, offset)
	return true
}

// succeeded recognizes 000000, which one old page of Ceffu's calls a number.
func succeeded(code string) bool {
	return code != "" && strings.Trim(code, "0") == ""
}

// secrets are what the text of a server must not bring back.
func (c *call) secrets() []string { return []string{c.client.apiKey()[0], c.signature} }
