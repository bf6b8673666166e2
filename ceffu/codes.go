package ceffu

import (
	"net/http"

	"github.com/reenvio/reenvio-go/internal/apierror"
)

// knownCode is what is known of one of Ceffu's codes.
type knownCode struct {
	known      bool
	categories []error
	advice     string // what to do, where the message does not say it
}

// codes are those that Ceffu documents, and after G20018 those that others have
// seen. The list is open: a code that is not here keeps its text, and the
// status decides.
//
// https://apidoc.ceffu.io/apidoc/shared-c9ece2c6-3ab4-4667-bb7d-c527fb3dbf78/doc-338174
var codes = map[string]knownCode{
	"G20001": {known: true, categories: []error{ErrServer}},
	"G20002": invalid(""),
	"G20003": invalid(""),
	"G20004": invalid(""),
	"G20005": invalid(""),
	"G20006": invalid(""),
	"G20007": {known: true, categories: []error{ErrInvalidRequest, ErrTimestampExpired},
		advice: "compare this machine's clock with true time"},
	"G20008": unauthorized(""),
	"G20009": {known: true, categories: []error{ErrUnauthorized, ErrInvalidSignature},
		advice: "check that the secret belongs to this API key, and that nothing on the way changes the body"},
	"G20010": unauthorized("check the API key"),
	"G20011": forbidden("add this machine's address to the API key's IP list"),
	"G20012": {known: true, categories: []error{ErrRateLimited}},
	"G20013": forbidden(""),
	"G20014": invalid(""),
	"G20015": {known: true, categories: []error{ErrInvalidRequest, ErrDuplicateRequest}},
	"G20016": forbidden("the API key needs the permission group Enable Wallet Management"),
	"G20017": forbidden(""),
	"G20018": forbidden(""),
	"G20026": invalid("choose a later From"),
	"G20028": unauthorized("the API key has expired, make a new one"),
}

func invalid(advice string) knownCode {
	return knownCode{known: true, categories: []error{ErrInvalidRequest}, advice: advice}
}

func unauthorized(advice string) knownCode {
	return knownCode{known: true, categories: []error{ErrUnauthorized}, advice: advice}
}

func forbidden(advice string) knownCode {
	return knownCode{known: true, categories: []error{ErrForbidden}, advice: advice}
}

// categoriesOf are the categories of a response.
func categoriesOf(status int, code string) []error {
	if known, ok := codes[code]; ok && status != http.StatusTooManyRequests {
		return known.categories
	}
	if status >= 200 && status <= 299 && (code == "" || succeeded(code)) {
		return []error{ErrServer} // a success that says nothing
	}
	if c := apierror.OfStatus(status); c != nil {
		return []error{c}
	}
	return nil
}
