package celcoin

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/lenient"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// body is what can stand in the envelope of a response.
type body interface {
	wireCount | wirePage | wireTransaction
}

// call is a call with the client's token: it authorizes each attempt, and
// decodes and classifies the responses.
type call[T body] struct {
	client  *Client
	payload []byte // of the request; nil for a GET
	filter  Filter
	newBody func(data []byte) *T       // what a response is decoded into; nil: no preparation
	usable  func(*T) bool              // whether a success says what the call is for; nil: always
	reread  func(body *T, data []byte) // decodes what came in other types than documented; nil: nothing
	bare    func(data []byte) *T       // decodes a success that is not in an envelope; nil: there is none
	noMatch []string                   // codes that are a success without a body: nothing matches
}

// do makes the call. The body is nil if nothing matches.
func (c *call[T]) do(ctx context.Context, call transport.Call, o callOptions) (*T, error) {
	call.MaxRetries = o.maxRetries
	value, out := transport.Do(ctx, c.client.transport, call, c)
	o.report(&out)
	if !out.Succeeded() {
		return nil, c.client.failure(call.Operation, &out, c.filter)
	}
	return value.Body, nil
}

// get prepares a call that only reads.
func (c *Client) get(op string, q *Query, tail string, params searchParameters) transport.Call {
	u, template := target(c.baseURL(), q.Product, q.Entity, tail, params.encode())
	return transport.Call{Operation: op, Method: http.MethodGet, URL: u, Template: template, Class: transport.Safe}
}

// jsonContent is shared by all requests: net/http forbids a transport to write
// into a request.
var jsonContent = []string{"application/json"}

// Ready waits until there is a token.
func (c *call[T]) Ready(ctx context.Context) error {
	_, err := c.client.tokens.get(ctx)
	return err
}

// Authorize puts the token on an attempt, fetching one if need be.
func (c *call[T]) Authorize(ctx context.Context, h http.Header) ([]byte, error) {
	authorization, err := c.client.tokens.get(ctx)
	if err != nil {
		return nil, err
	}
	h["Authorization"] = []string{authorization}
	if c.payload != nil {
		h["Content-Type"] = jsonContent
	}
	return c.payload, nil
}

const bearer = "Bearer "

// Classify decodes a response. The code counts before the status.
func (c *call[T]) Classify(r *transport.Response, e *envelope[T]) transport.Classification {
	c.decode(r, e)
	cl := transport.Classification{Kind: c.kind(r, e)}
	if id := requestID(r.Header); id != "" {
		cl.RequestID = c.client.cleanID(id, r.Sent, c.filter)
	}
	if cl.Kind != transport.Succeeded {
		secrets := c.client.secretsOf(r.Sent, c.filter)
		cl.Code = cleaned(e.code(), apierror.MaxCode, secrets...)
		cl.Message = cleaned(e.message(), apierror.MaxMessage, secrets...)
		cl.Category = categoryOf("", r.Status, cl.Code, r.Body)
	}
	if cl.Kind == transport.Malformed && r.OK() && cl.Message == "" {
		cl.Advice = e.malformed(r)
	}
	return cl
}

// malformed is why a response with the status of a success is not one.
func (e *envelope[T]) malformed(r *transport.Response) string {
	switch {
	case r.TooLarge:
		return "the response is larger than 16 MiB; ask for smaller pages (WithPageSize, PageOptions) or a narrower window"
	case e.succeeded():
		return "the response lacks what was asked for"
	case e.Status != "":
		return "its status is " + strconv.Quote(cleaned(string(e.Status), apierror.MaxCode)) + ", which is neither SUCCESS nor ERROR"
	}
	return notCelcoins
}

const notCelcoins = "this is not Celcoin's JSON; a proxy or gateway may have answered"

func (c *call[T]) decode(r *transport.Response, e *envelope[T]) {
	if r.TooLarge {
		return
	}
	if c.newBody != nil && r.OK() {
		e.Body = c.newBody(r.Body)
	}
	mismatch, err := lenient.Unmarshal(r.Body, e)
	switch {
	case err != nil:
		*e = envelope[T]{}
	case mismatch && e.Body != nil && c.reread != nil:
		c.reread(e.Body, r.Body)
	case c.bare != nil && r.OK() && (e.Body == nil || !e.succeeded()):
		if b := c.bare(r.Body); b != nil {
			e.Body, e.bare = b, true
		}
	}
}

func (c *call[T]) kind(r *transport.Response, e *envelope[T]) transport.Kind {
	code := e.code()
	known, ok := codes[code]
	switch {
	case r.Status == http.StatusTooManyRequests:
		return transport.RateLimited // whatever its code
	case r.OK() && (e.succeeded() || e.bare):
		if e.Body == nil || c.usable != nil && !c.usable(e.Body) {
			return transport.Malformed
		}
		return transport.Succeeded
	case slices.Contains(c.noMatch, code) && aboutTheRequest(r.Status):
		e.Body = nil
		return transport.Succeeded
	case ok && known.kind != transport.Reauthorize:
		return known.kind
	case ok, r.Status == http.StatusUnauthorized:
		c.client.tokens.drop(tokenOf(r.Sent))
		return transport.Reauthorize
	case r.OK() && code != "":
		return transport.Refused // a business error of a code that is not known yet
	}
	return transport.KindOfStatus(r) // a 2xx that only says ERROR does not say what was done
}

// aboutTheRequest tells whether a status leaves room for a code that says what a
// search found: one for who asks, or for the server, says nothing of that.
func aboutTheRequest(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout:
		return false
	}
	return status < http.StatusInternalServerError
}

// requestID is undocumented for Celcoin; these are the usual names.
func requestID(h http.Header) string {
	if id := h.Get("X-Request-Id"); id != "" {
		return id
	}
	return h.Get("X-Correlation-Id")
}
