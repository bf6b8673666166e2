package celcointest

import (
	"net/http"
	"strings"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// refusal is an answer other than success: in the vendor's envelope if it has a
// code, otherwise in its gateway's.
type refusal struct {
	status  int
	code    string
	message string // empty: the one that goes with the code or the status
	verdict string // for the record
	header  http.Header
}

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

// messages go with the codes. Only that of CIE999 is documented, the rest are
// made up. The vendor's texts hold non-breaking spaces in places that nobody
// sees, so these do too: whoever compares messages with == is wrong early.
var messages = map[string]string{
	codeInternal:      "Ocorreu um erro\u00a0interno durante a chamada da api.",
	codeField:         "Campo\u00a0ausente ou inválido.",
	codePageSize:      "O limite por página deve\u00a0estar entre 1 e 200.",
	codeDateOrder:     "A data inicial deve ser menor ou igual à data\u00a0final.",
	codePage:          "A página deve\u00a0ser maior que zero.",
	codeLimit:         "O limite deve\u00a0ser maior que zero.",
	codeDatesRequired: "As datas inicial e final são\u00a0obrigatórias.",
	codeWindow:        "O período informado\u00a0excede o permitido.",
	codeSubscription:  "Não há\u00a0webhook cadastrado para a entidade.",
	codeNothing:       "Nenhum webhook\u00a0encontrado.",
	codeForbidden:     "Cliente\u00a0não autorizado a utilizar esta API.",
	codePayment:       "Transação\u00a0não encontrada.",
	codeTokenMissing:  "Token\u00a0não informado.",
	codeTokenFormat:   "Token\u00a0mal formado.",
	codeTokenInvalid:  "Token\u00a0inválido.",
	codeTokenExpired:  "Token\u00a0expirado.",
}

type errorEnvelope struct {
	Version string      `json:"version"`
	Status  string      `json:"status"`
	Error   errorDetail `json:"error"`
}

type errorDetail struct {
	Code    string `json:"errorCode"`
	Message string `json:"message"`
}

type gatewayError struct {
	StatusCode int    `json:"statusCode"`
	Message    string `json:"message"`
}

func badRequest(code, verdict string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: code, verdict: verdict}
}

// notFound is what the gateway says of a path that leads nowhere, which
// includes products that are not enabled.
func notFound(verdict string) *refusal {
	return &refusal{status: http.StatusNotFound, verdict: verdict}
}

func (r *refusal) reply() simulator.Reply {
	return simulator.Reply{Status: r.status, Header: r.header, Body: errorBody(r.status, r.code, r.message), Verdict: r.verdict}
}

// errorBody is the JSON of an error: the vendor's with a code, the gateway's
// without. Statuses that both of them answer with get a code of their own, so
// that a plain injected 500 looks like the vendor's.
func errorBody(status int, code, message string) []byte {
	if code == "" && message == "" {
		code = usualCode(status)
	}
	if code == "" {
		if message == "" {
			message = gatewayMessage(status)
		}
		return []byte(encode(gatewayError{StatusCode: status, Message: message}))
	}
	if message == "" {
		message = messages[code]
	}
	if message == "" {
		message = messages[codeInternal]
	}
	return []byte(encode(errorEnvelope{
		Version: version, Status: "ERROR", Error: errorDetail{Code: code, Message: message},
	}))
}

func usualCode(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusInternalServerError:
		return codeInternal
	case http.StatusUnauthorized:
		return codeTokenInvalid
	case http.StatusForbidden:
		return codeForbidden
	default:
		return ""
	}
}

func gatewayMessage(status int) string {
	if status == http.StatusNotFound {
		return "Resource not found"
	}
	if text := http.StatusText(status); text != "" {
		return text[:1] + strings.ToLower(text[1:])
	}
	return "Error"
}
