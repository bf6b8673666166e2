package celcoin

import (
	"errors"
	"net/http"

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// nothingMatches is Celcoin's response to a details call that finds nothing. It
// comes with a 404, and is not an error.
const nothingMatches = "CBE238"

var noWebhooks = []string{nothingMatches}

// codes are those that are documented or that integrators have seen, with their
// category. The list is open: a code that is not here keeps its text, and the
// status decides.
//
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
var codes = map[string]error{
	"CIE999": ErrServer,
	"OIE999": ErrServer,

	nothingMatches: ErrNotFound,
	"CBE217":       ErrNotFound,
	"CBE468":       ErrForbidden,

	"CBE206": ErrInvalidRequest,
	"CBE208": ErrInvalidRequest,
	"CBE225": ErrInvalidRequest,
	// The rest of the CBE codes is known from a sibling of this API.
	"CBE066": ErrInvalidRequest,
	"CBE068": ErrInvalidRequest,
	"CBE080": ErrInvalidRequest,
	"CBE088": ErrInvalidRequest,
	"CBE153": ErrInvalidRequest,
	"CBE376": ErrInvalidRequest,

	"OBE001": ErrUnauthorized,
	"OBE002": ErrUnauthorized,
	"OBE003": ErrUnauthorized,
	"OBE004": ErrUnauthorized,
	"AUE002": ErrUnauthorized,
}

// tokenCodes are those of OAuth 2.0 (RFC 6749, 5.2), which only the token call
// has. What Celcoin's own answers to wrong credentials is not documented.
var tokenCodes = map[string]error{
	"invalid_client":      ErrUnauthorized,
	"invalid_grant":       ErrUnauthorized,
	"unauthorized_client": ErrUnauthorized,
	"invalid_request":     ErrInvalidRequest,
}

// categoryOfCode is the category of a code; nil if it is not known.
func categoryOfCode(op, code string) error {
	if category := tokenCodes[code]; op == OperationToken && category != nil {
		return category
	}
	return codes[code]
}

// kindOf is what a code of a category says about the call.
func kindOf(category error) transport.Kind {
	if errors.Is(category, ErrServer) {
		return transport.ServerError
	}
	return transport.Refused
}

// categoryOf is the category of a response; nil if there is none.
func categoryOf(op string, status int, code string, body []byte) error {
	if transport.ExplainCertificateAnswer(status, body) != "" {
		return ErrForbidden
	}
	if category := categoryOfCode(op, code); category != nil && status != http.StatusTooManyRequests {
		return category
	}
	if status >= 200 && status <= 299 && code == "" {
		return ErrServer // a success that says nothing
	}
	return apierror.OfStatus(status)
}
