package ceffutest

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

const codeSuccess = "000000"

// code is what is known of one of Ceffu's codes, and a guess at its status.
type code struct {
	message string
	status  int
}

// codes are Ceffu's: documented up to G20018, though here in other words for G20003,
// G20004, G20017 and G20018. G20026 and G20028 are others' accounts.
var codes = map[string]code{
	codeSuccess: {"Success", http.StatusOK},
	"G20001":    {"Internal system error", http.StatusInternalServerError},
	"G20002":    {"Bad request", http.StatusBadRequest},
	"G20003":    {"Invalid page number", http.StatusBadRequest},
	"G20004":    {"Invalid page size", http.StatusBadRequest},
	"G20005":    {"Invalid parameter value", http.StatusBadRequest},
	"G20006":    {"Timestamp is empty", http.StatusBadRequest},
	"G20007":    {"Request timestamp expired", http.StatusBadRequest},
	"G20008":    {"Missing API Key or Signature", http.StatusUnauthorized},
	"G20009":    {"Invalid Sign", http.StatusUnauthorized},
	"G20010":    {"Invalid API Key", http.StatusUnauthorized},
	"G20011":    {"Invalid IP address", http.StatusForbidden},
	"G20012":    {"Rate limit exceeded", http.StatusTooManyRequests},
	"G20013":    {"No wallet permission", http.StatusForbidden},
	"G20014":    {"Invalid request ID format", http.StatusBadRequest},
	"G20015":    {"Duplicated request", http.StatusBadRequest},
	"G20016":    {"No permission access this endpoint", http.StatusForbidden},
	"G20017":    {"No permission of this sub-wallet", http.StatusForbidden},
	"G20018":    {"Not a sub-wallet", http.StatusForbidden},
	"G20026":    {"Time range too large", http.StatusBadRequest},
	"G20028":    {"API key expired", http.StatusUnauthorized},
}

// usualCodes are the codes that answers of a status most likely have.
var usualCodes = map[int]string{
	http.StatusUnauthorized: "G20010", http.StatusForbidden: "G20016", http.StatusTooManyRequests: "G20012",
}

// Error is Ceffu's JSON for an error, and its status.
func (v *vendor) Error(status int, name, message string) (int, []byte) {
	switch {
	case status == 0 && name != "":
		status = v.status(name)
	case status == 0:
		status = http.StatusBadRequest
	case name == "" && status >= http.StatusInternalServerError:
		name = "G20001"
	}
	return status, answer(nil, cmp.Or(name, usualCodes[status], "G20002"), message)
}

// status is what a code is answered with.
func (v *vendor) status(name string) int {
	if v.in200 {
		return cmp.Or(v.statuses[name], http.StatusOK)
	}
	return cmp.Or(v.statuses[name], codes[name].status, http.StatusOK) // 200 is the documented place of a business error
}

// refuse answers with Ceffu's code. The verdict is what that means here.
func (v *vendor) refuse(code, verdict string) *simulator.Reply {
	return &simulator.Reply{Status: v.status(code), Body: answer(nil, code, ""), Verdict: verdict}
}

// envelope is what is around every answer, in the order of the documentation.
type envelope struct {
	Data    *bool  `json:"data"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// answer is the JSON of a code. An unknown one gets a message that says nothing.
func answer(data *bool, name, message string) []byte {
	said := envelope{data, name, cmp.Or(message, codes[name].message, "Business error")}
	body, _ := json.Marshal(said) //nolint:errchkjson // strings and a bool cannot fail
	return body
}
