package celcointest

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// The vendor's codes. Which of them answers which mistake is documented for
// none: the pairs are seen by integrators, mostly in sibling calls of the same API.
const (
	codeInternal      = "CIE999"
	codeField         = "CBE208"
	codePageSize      = "CBE066"
	codeDateOrder     = "CBE068"
	codePage          = "CBE080"
	codeLimit         = "CBE088"
	codeDatesRequired = "CBE153"
	codeWindow        = "CBE376"
	codeSubscription  = "CBE217"
	codeNothing       = "CBE238"
	codeForbidden     = "CBE468"
	codePayment       = "CBE106"
	codeTokenMissing  = "OBE001"
	codeTokenFormat   = "OBE002"
	codeTokenInvalid  = "OBE003"
	codeTokenExpired  = "OBE004"
)

// usualCodes are those of an injected status, where vendor and gateway both have it:
// a plain 500 looks like the vendor's.
var usualCodes = map[int]string{
	http.StatusBadRequest:          codeInternal,
	http.StatusInternalServerError: codeInternal,
	http.StatusUnauthorized:        codeTokenInvalid,
	http.StatusForbidden:           codeForbidden,
}

// refuse makes an answer other than success: in the vendor's envelope if it has a
// code, otherwise in its gateway's. The verdict is for the record.
func refuse(status int, code, verdict string) *simulator.Reply {
	body := gatewayBody(status, "")
	if code != "" {
		body = errorBody(status, code, "")
	}
	return &simulator.Reply{Status: status, Body: body, Verdict: verdict}
}

func badRequest(code, verdict string) *simulator.Reply {
	return refuse(http.StatusBadRequest, code, verdict)
}

// errorBody is the JSON of an error. Only the message of CIE999 is documented. The
// vendor's texts hold invisible non-breaking spaces, so these do too: a comparison
// of messages with == fails early.
func errorBody(status int, code, message string) []byte {
	if message == "" {
		code = cmp.Or(code, usualCodes[status])
	}
	if code == "" {
		return gatewayBody(status, message)
	}
	usual := "Ocorreu um erro\u00a0interno durante a chamada da api."
	if code != codeInternal {
		usual = "Solicitação\u00a0recusada."
	}
	return fmt.Appendf(nil, `{"version":"1.0.0","status":"ERROR","error":{"errorCode":%s,"message":%s}}`, encode(code), encode(cmp.Or(message, usual)))
}

func gatewayBody(status int, message string) []byte {
	usual := http.StatusText(status)
	switch {
	case status == http.StatusNotFound:
		usual = "Resource not found"
	case usual != "":
		usual = usual[:1] + strings.ToLower(usual[1:])
	}
	return fmt.Appendf(nil, `{"statusCode":%d,"message":%s}`, status, encode(cmp.Or(message, usual, "Error")))
}
