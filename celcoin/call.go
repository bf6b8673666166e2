package celcoin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// call is a call with the client's token: it authorizes each attempt, and
// decodes and classifies the responses. T is the body of a success.
type call[T any] struct {
	client  *Client
	payload []byte // of the request; nil for a GET
	sent    sent
	// decode reads a response that may be an error. It leaves Body nil where
	// that is not what the call asked for.
	decode  func(data []byte, e *envelope[T]) error
	noMatch []string // codes that are a success without a body: nothing matches
}

// do makes the call. The body is nil if nothing matches.
func (c *call[T]) do(ctx context.Context, call transport.Call, o callOptions) (envelope[T], error) {
	call.MaxRetries = o.maxRetries
	value, out, err := transport.Do(ctx, c.client.transport, call, c)
	o.report(&out)
	return value, err
}

// Failure is the error of a call that did not succeed.
func (c *call[T]) Failure(op string, out *transport.Outcome) error {
	return c.client.failure(op, out, c.sent)
}

// get makes a call that only reads.
func (c *call[T]) get(ctx context.Context, op string, q *Query, tail string, p PageOptions, opts []CallOption) (envelope[T], error) {
	u, template := c.client.resource(q.Product, q.Entity, tail)
	u.RawQuery = encode(q.parameters(p))
	return c.do(ctx, transport.Call{
		Operation: op, Method: http.MethodGet, URL: u, Template: template, Class: transport.Safe,
	}, callOptionsOf(opts))
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
	c.sent.authorization = authorization
	h["Authorization"] = []string{authorization}
	if c.payload != nil {
		h["Content-Type"] = jsonContent
	}
	return c.payload, nil
}

// Classify decodes a response. The code counts before the status.
func (c *call[T]) Classify(r *transport.Response, e *envelope[T]) transport.Classification {
	if !r.TooLarge && c.decode(r.Body, e) != nil {
		*e = envelope[T]{}
	}
	kind := c.kind(r, e)
	if kind == transport.Succeeded {
		return transport.Classification{RequestID: c.client.requestID(r, c.sent)}
	}
	cl := c.client.classification(r, e.code(), e.message(), c.sent)
	cl.Kind = kind
	if kind == transport.Malformed && r.OK() && cl.Message == "" {
		cl.Advice = e.malformed(r)
	}
	return cl
}

func (c *call[T]) kind(r *transport.Response, e *envelope[T]) transport.Kind {
	code := e.code()
	category, known := codes[code]
	switch {
	case r.Status == http.StatusTooManyRequests:
		return transport.RateLimited // whatever its code
	case r.OK() && e.succeeded() && e.Body != nil:
		return transport.Succeeded
	case r.OK() && e.succeeded():
		return transport.Malformed
	case slices.Contains(c.noMatch, code) && (r.OK() || r.Status == http.StatusBadRequest || r.Status == http.StatusNotFound):
		e.Body = nil
		return transport.Succeeded
	case known && !errors.Is(category, ErrUnauthorized):
		return kindOf(category)
	case known, r.Status == http.StatusUnauthorized:
		c.client.tokens.drop(c.sent.authorization)
		return transport.Reauthorize
	case r.OK() && code != "":
		return transport.Refused // a business error of a code that is not known yet
	}
	return transport.KindOfStatus(r) // a 2xx that only says ERROR does not say what was done
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
