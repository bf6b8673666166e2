package celcoin

import (
	"net/http"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// knownCode is what is known of one of Celcoin's codes.
type knownCode struct {
	category error
	kind     transport.Kind
	advice   string // what to do, where the message does not say it
}

// nothingMatches is Celcoin's response to a details call that finds nothing. It
// comes with a 404, and is not an error.
const nothingMatches = "CBE238"

var noWebhooks = []string{nothingMatches}

// codes are those that are documented or that integrators have seen. The list
// is open: a code that is not here keeps its text, and the status decides.
//
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
var codes = map[string]knownCode{
	"CIE999": {ErrServer, transport.ServerError, ""},
	"OIE999": {ErrServer, transport.ServerError, ""},

	nothingMatches: {ErrNotFound, transport.Refused, ""},
	"CBE217":       {ErrNotFound, transport.Refused, "there is no subscription to this entity"},
	"CBE468":       {ErrForbidden, transport.Refused, "ask Celcoin to enable this API for the client"},

	"CBE206": {ErrInvalidRequest, transport.Refused, ""},
	"CBE208": {ErrInvalidRequest, transport.Refused, ""},
	"CBE225": {ErrInvalidRequest, transport.Refused, ""},
	// The rest of the CBE codes is known from a sibling of this API.
	"CBE066": {ErrInvalidRequest, transport.Refused, "the page size must be 1 to 200"},
	"CBE068": {ErrInvalidRequest, transport.Refused, ""},
	"CBE080": {ErrInvalidRequest, transport.Refused, ""},
	"CBE088": {ErrInvalidRequest, transport.Refused, ""},
	"CBE153": {ErrInvalidRequest, transport.Refused, ""},
	"CBE376": {ErrInvalidRequest, transport.Refused, "choose a narrower window"},

	"OBE001": {ErrUnauthorized, transport.Reauthorize, ""},
	"OBE002": {ErrUnauthorized, transport.Reauthorize, ""},
	"OBE003": {ErrUnauthorized, transport.Reauthorize, ""},
	"OBE004": {ErrUnauthorized, transport.Reauthorize, ""},
	"AUE002": {ErrUnauthorized, transport.Reauthorize, ""},
}

// tokenCodes are those of OAuth 2.0 (RFC 6749, 5.2). What Celcoin's own token
// call answers to wrong credentials is not documented.
var tokenCodes = map[string]knownCode{
	"invalid_client":      {ErrUnauthorized, transport.Refused, ""},
	"invalid_grant":       {ErrUnauthorized, transport.Refused, ""},
	"unauthorized_client": {ErrUnauthorized, transport.Refused, ""},
	"invalid_request":     {ErrInvalidRequest, transport.Refused, ""},
}

// categoryOf is the category of a response; nil if there is none.
func categoryOf(op string, status int, code string, body []byte) error {
	if transport.ExplainCertificateAnswer(status, body) != "" {
		return ErrForbidden
	}
	if known, ok := knownOf(op, code); ok && status != http.StatusTooManyRequests {
		return known.category
	}
	if status >= 200 && status <= 299 && code == "" {
		return ErrServer // a success that says nothing
	}
	return apierror.OfStatus(status)
}

func knownOf(op, code string) (knownCode, bool) {
	if op == OperationToken {
		if known, ok := tokenCodes[code]; ok {
			return known, true
		}
	}
	known, ok := codes[code]
	return known, ok
}
