package ceffu

import (
	"net/http"

	"github.com/reenvio/reenvio-go/internal/apierror"
)

// knownCode is what is known of one of Ceffu's codes.
type knownCode struct {
	category error
	also     error  // a narrower category; nil: none
	advice   string // what to do, where the message does not say it
}

// codes are those that Ceffu documents, and after G20018 those that others have
// seen. The list is open: a code that is not here keeps its text, and the
// status decides.
//
// https://apidoc.ceffu.io/apidoc/shared-c9ece2c6-3ab4-4667-bb7d-c527fb3dbf78/doc-338174
var codes = map[string]knownCode{
	"G20001": {category: ErrServer},
	"G20002": {category: ErrInvalidRequest},
	"G20003": {category: ErrInvalidRequest},
	"G20004": {category: ErrInvalidRequest},
	"G20005": {category: ErrInvalidRequest},
	"G20006": {category: ErrInvalidRequest},
	"G20007": {ErrInvalidRequest, ErrTimestampExpired, "compare this machine's clock with true time"},
	"G20008": {category: ErrUnauthorized},
	"G20009": {ErrUnauthorized, ErrInvalidSignature, "check that the secret belongs to this API key, and that nothing on the way changes the body"},
	"G20010": {category: ErrUnauthorized, advice: "check the API key"},
	"G20011": {category: ErrForbidden, advice: "add this machine's address to the API key's IP list"},
	"G20012": {category: ErrRateLimited},
	"G20013": {category: ErrForbidden},
	"G20014": {category: ErrInvalidRequest},
	"G20015": {category: ErrInvalidRequest, also: ErrDuplicateRequest},
	"G20016": {category: ErrForbidden, advice: "the API key needs the permission group Enable Wallet Management"},
	"G20017": {category: ErrForbidden},
	"G20018": {category: ErrForbidden},
	"G20026": {category: ErrInvalidRequest, advice: "choose a later From"},
	"G20028": {category: ErrUnauthorized, advice: "the API key has expired, make a new one"},
}

// categoriesOf are the categories of a response that is an error; nil for none.
func categoriesOf(status int, code string) (category, also error) {
	if known, ok := codes[code]; ok && status != http.StatusTooManyRequests {
		return known.category, known.also
	}
	if status >= 200 && status <= 299 && (code == "" || succeeded(code)) {
		return ErrServer, nil // a success that says nothing
	}
	return apierror.OfStatus(status), nil
}
