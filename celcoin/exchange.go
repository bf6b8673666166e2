package celcoin

import (
	"context"
	"net/http"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/lenient"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// body is what can stand in an answer's envelope.
type body interface {
	wireSummary | wirePage
}

// bearer is one call under way: it puts the token on each attempt and reads the
// answers.
type bearer[T body] struct {
	client   *Client
	op       string
	payload  []byte // of the request; nil for a GET
	filter   Filter
	empties  func(data []byte) *T       // what an answer is decoded into; nil: nothing is set aside for it
	readable func(*T) bool              // whether a success says what the call is for; nil: always
	again    func(body *T, data []byte) // reads what came in other types than documented; nil: nothing
	empty    bool                       // whether "nothing matches" is a success
	token    string                     // of the last attempt
	answer   envelope[T]                // the last
	nothing  bool                       // the last answer said that nothing matches
	code     string                     // of the last answer, cleaned
	message  string                     // of the last answer, cleaned
}

// jsonContent is shared by all requests: net/http forbids a transport to write
// into a request.
var jsonContent = []string{"application/json"}

// Ready waits until there is a token.
func (x *bearer[T]) Ready(ctx context.Context) error {
	_, err := x.client.tokens.get(ctx)
	return err
}

// Prepare puts the token on an attempt, fetching one if need be.
func (x *bearer[T]) Prepare(ctx context.Context, h http.Header) ([]byte, error) {
	token, err := x.client.tokens.get(ctx)
	if err != nil {
		return nil, err
	}
	x.token = token
	h["Authorization"] = []string{"Bearer " + token}
	if x.payload != nil {
		h["Content-Type"] = jsonContent
	}
	return x.payload, nil
}

// Judge reads an answer. The code counts before the status.
func (x *bearer[T]) Judge(a *transport.Answer) transport.Verdict {
	x.answer, x.nothing = envelope[T]{}, false
	if !a.TooLarge {
		if x.empties != nil && a.OK() {
			x.answer.Body = x.empties(a.Body)
		}
		mismatch, err := lenient.Unmarshal(a.Body, &x.answer)
		switch {
		case err != nil:
			x.answer = envelope[T]{}
		case mismatch && x.answer.Body != nil && x.again != nil:
			x.again(x.answer.Body, a.Body)
		}
	}
	v := transport.Verdict{Meaning: x.meaning(a)}
	if v.Meaning != transport.Succeeded {
		x.code = x.clean(x.answer.code(), apierror.MaxCode)
		x.message = x.clean(x.answer.message(), apierror.MaxMessage)
		v.Code = x.code
	}
	v.RequestID = x.clean(requestID(a.Header), apierror.MaxRequestID)
	return v
}

func (x *bearer[T]) meaning(a *transport.Answer) transport.Meaning {
	code := x.answer.code()
	known, ok := codes[code]
	switch {
	case a.OK() && x.answer.succeeded():
		if x.answer.Body == nil || x.readable != nil && !x.readable(x.answer.Body) {
			return transport.Unreadable
		}
		return transport.Succeeded
	case code == nothingMatches && x.empty:
		x.nothing = true
		return transport.Succeeded
	case ok && known.meaning != transport.Reauthorize:
		return known.meaning
	case ok, a.Status == http.StatusUnauthorized:
		x.client.tokens.drop(x.token)
		return transport.Reauthorize
	case a.OK() && code != "":
		return transport.Refused // a business error of a code that is not known yet
	}
	return transport.OfStatus(a) // a 2xx that only says ERROR does not say what was done
}

// clean makes a text of the answer fit to be shown.
func (x *bearer[T]) clean(s string, limit int) string {
	if s == "" {
		return "" // as the request id mostly is
	}
	return cleaned(s, limit, x.secrets()...)
}

// secrets are what no text of a server may bring back.
func (x *bearer[T]) secrets() []string {
	return append(x.filter.values(), append(x.client.secrets(), x.token)...)
}

// requestID is undocumented for Celcoin; these are the usual names.
func requestID(h http.Header) string {
	if id := h.Get("X-Request-Id"); id != "" {
		return id
	}
	return h.Get("X-Correlation-Id")
}
