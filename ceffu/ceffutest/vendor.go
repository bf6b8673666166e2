package ceffutest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// OpResend is the Operation of a resend, in a [Record] and for a [Fault].
const OpResend = "resend"

const resendPath = "/open-api/entity/webhook/resend"

// vendor is Ceffu: what it checks, what it keeps, what it sends.
type vendor struct {
	*options
	core *simulator.Core // set before the first request

	mu            sync.Mutex
	signatures    map[string]time.Time // when they were seen
	webhooks      []*endpoint
	notifications []*notice
	ids           int64 // given out
}

func (v *vendor) Operation(r *http.Request) string {
	if r.URL.Path == resendPath && r.Method == http.MethodPost {
		return OpResend
	}
	return ""
}

// Key takes for attempts of one call what differs in nothing but the timestamp.
func (v *vendor) Key(r *simulator.Request) string {
	members := parseMembers(r.Body)
	if r.Operation != OpResend || members == nil {
		return r.Method + " " + r.URL + " " + string(r.Body)
	}
	return string(members["webhookId"]) + " " + string(members["eventType"]) + " " + string(members["resendFromDateTime"])
}

func (v *vendor) Serve(r *simulator.Request) simulator.Reply {
	switch {
	case r.HTTP.URL.Path != resendPath:
		// What Ceffu answers to a wrong path is not known; an empty body claims nothing.
		return simulator.Reply{Status: http.StatusNotFound, Verdict: "no such path"}
	case r.Operation != OpResend:
		return simulator.Reply{Status: http.StatusMethodNotAllowed, Verdict: "wrong method",
			Header: http.Header{"Allow": {http.MethodPost}}}
	default:
		return *v.resend(r)
	}
}

func (v *vendor) RevokeToken() {} // Ceffu has no tokens

const codeSuccess = "000000"

// code is what is known of one of Ceffu's codes, and a guess at its status.
type code struct {
	message string
	status  int
}

// codes are those that a resend may have: documented up to G20018, then others' accounts.
var codes = map[string]code{
	codeSuccess: {"Success", http.StatusOK},
	"G20001":    {"Internal system error", http.StatusInternalServerError},
	"G20002":    {"Bad request", http.StatusBadRequest},
	"G20005":    {"Invalid parameter value", http.StatusBadRequest},
	"G20006":    {"Timestamp is empty", http.StatusBadRequest},
	"G20007":    {"Request timestamp expired", http.StatusBadRequest},
	"G20008":    {"Missing API Key or Signature", http.StatusUnauthorized},
	"G20009":    {"Invalid Sign", http.StatusUnauthorized},
	"G20010":    {"Invalid API Key", http.StatusUnauthorized},
	"G20011":    {"Invalid IP address", http.StatusForbidden},
	"G20012":    {"Rate limit exceeded", http.StatusTooManyRequests},
	"G20013":    {"No wallet permission", http.StatusForbidden},
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

// answer is the JSON of a code, in the order of the documentation. An unknown code gets a
// message that says nothing.
func answer(data *bool, name, message string) []byte {
	body, _ := json.Marshal(struct { //nolint:errchkjson // strings and a bool cannot fail
		Data    *bool  `json:"data"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}{data, name, cmp.Or(message, codes[name].message, "Business error")})
	return body
}
