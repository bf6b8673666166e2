package celcoin

import (
	"regexp"

	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// meaningOfCode is what is known of one of Celcoin's codes.
type meaningOfCode struct {
	category error
	meaning  transport.Meaning
	advice   string // what to do, where the message does not say it
}

// nothingMatches is Celcoin's answer to a details call that finds nothing. It
// comes with a 404, and is no error.
const nothingMatches = "CBE238"

// codes are those that are documented or that integrators have seen. The list
// is open: a code that is not here keeps its text, and the status decides.
//
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
var codes = map[string]meaningOfCode{
	"CIE999": {ErrServer, transport.Troubled, ""},
	"OIE999": {ErrServer, transport.Troubled, ""},

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
var tokenCodes = map[string]meaningOfCode{
	"invalid_client":      {ErrUnauthorized, transport.Refused, "check client id and secret, and that they belong to this environment"},
	"invalid_grant":       {ErrUnauthorized, transport.Refused, ""},
	"unauthorized_client": {ErrUnauthorized, transport.Refused, ""},
	"invalid_request":     {ErrInvalidRequest, transport.Refused, ""},
}

// documentNumbers matches CPF and CNPJ, with or without punctuation.
var documentNumbers = regexp.MustCompile(
	`\b\d{3}\.?\d{3}\.?\d{3}-?\d{2}\b|\b\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}\b`)

// cleaned makes a text of an answer fit to be shown.
func cleaned(s string, limit int, secrets ...string) string {
	return documentNumbers.ReplaceAllLiteralString(redact.Text(s, limit, secrets...), redact.Mark)
}
