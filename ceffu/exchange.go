package ceffu

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/lenient"
	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// signed is one call under way: it signs each attempt and reads the answers.
type signed struct {
	client  *Client
	request ResendRequest
	call    transport.Call

	signature string // of the last attempt
	turn      int    // of the clock, for the last attempt
	expired   bool   // a timestamp was refused once
	duplicate bool   // a signature was refused once

	answer  envelope // the last
	message string   // of the last answer, cleaned
}

// envelope is what is around every answer of Ceffu. Data is true or null where
// documented.
type envelope struct {
	Data    lenient.Text `json:"data"`
	Code    lenient.Text `json:"code"`
	Message lenient.Text `json:"message"`
}

// jsonContent is shared by all requests: net/http forbids a transport to write
// into a request.
var jsonContent = []string{"application/json"}

// Prepare takes a fresh timestamp, and with that makes a fresh body and
// signature: Ceffu refuses a repeated signature as a duplicate.
func (x *signed) Prepare(ctx context.Context, h http.Header) ([]byte, error) {
	var timestamp int64
	timestamp, x.turn = x.client.clock.next()
	body, err := x.request.body(timestamp)
	if err != nil {
		return nil, err
	}
	x.signature, err = x.client.signer.Sign(body)
	if err != nil {
		return nil, fmt.Errorf("sign the request: %w", transport.Foreign(ctx, err))
	}
	h["Content-Type"] = jsonContent
	h["Open-Apikey"] = x.client.apiKey()
	h["Signature"] = []string{x.signature}
	return body, nil
}

// Judge reads an answer. The code counts before the status, which is not
// documented for any code.
func (x *signed) Judge(a *transport.Answer) transport.Verdict {
	x.answer = envelope{}
	if !a.TooLarge {
		if _, err := lenient.Unmarshal(a.Body, &x.answer); err != nil {
			x.answer = envelope{}
		}
	}
	v := transport.Verdict{
		Meaning:   x.meaning(a, string(x.answer.Code)),
		RequestID: redact.Text(a.Header.Get("X-Request-Id"), apierror.MaxRequestID, x.secrets()...),
	}
	if v.Meaning == transport.Succeeded {
		v.Code = string(x.answer.Code) // nothing but zeros
	} else {
		v.Code = redact.Text(string(x.answer.Code), apierror.MaxCode, x.secrets()...)
		x.message = redact.Text(string(x.answer.Message), apierror.MaxMessage, x.secrets()...)
	}
	return v
}

func (x *signed) meaning(a *transport.Answer, code string) transport.Meaning {
	switch {
	case succeeded(code) && a.OK():
		return transport.Succeeded
	case code == "G20012":
		return transport.Throttled
	case code == "G20001":
		return transport.Troubled
	case code == "G20007" && !x.expired:
		x.expired = true
		if theirs, ok := transport.Date(a); ok {
			x.client.clock.correct(x.turn, theirs, a.Received)
		}
		return transport.Amended
	case code == "G20015" && !x.duplicate:
		x.duplicate = true
		return transport.Amended
	case codes[code].known:
		return transport.Refused
	case a.OK() && code != "" && !succeeded(code):
		return transport.Refused // a business error of a code that is not known yet
	}
	return transport.OfStatus(a)
}

// succeeded recognises 000000, which one old page of Ceffu's calls a number.
func succeeded(code string) bool {
	return code != "" && strings.Trim(code, "0") == ""
}

// secrets are what no text of a server may bring back.
func (x *signed) secrets() []string { return []string{x.client.apiKey()[0], x.signature} }
