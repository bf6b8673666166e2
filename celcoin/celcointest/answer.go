package celcointest

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

const statusSuccess = "SUCCESS"

// summary is the body of count and replay, and the end of that of details.
type summary struct {
	OnlyPending bool           `json:"onlyPending"`
	Entity      celcoin.Entity `json:"entity"`
	DateFrom    *string        `json:"dateFrom"`
	DateTo      *string        `json:"dateTo"`
	TotalItems  int            `json:"totalItems"`
}

type detailsPage struct {
	Limit          int      `json:"limit"`
	CurrentPage    int      `json:"currentPage"`
	LimitPerPage   int      `json:"limitPerPage"`
	TotalPages     int      `json:"totalPages"`
	WebhookDetails []detail `json:"webhookDetails"`
	summary
}

type detail struct {
	WebhookID      *string        `json:"webhookId"`
	HTTPStatusCode *int           `json:"httpStatusCode"`
	WebhookURL     *string        `json:"webhookUrl"`
	Request        string         `json:"request"`
	Response       *string        `json:"response"`
	Status         celcoin.Status `json:"status"`
	CreateDate     string         `json:"createDate"`
	LastUpdateDate string         `json:"lastUpdateDate"`
	Filter         detailFilter   `json:"filter"`
}

type detailFilter struct {
	DocumentNumber  *string `json:"documentNumber"`
	Account         *string `json:"account"`
	ID              *string `json:"id"`
	ClientRequestID *string `json:"clientRequestId"`
}

// enveloped is a success; members stand in the order of the vendor's samples.
func enveloped[T any](body T, status string) *simulator.Reply {
	text := fmt.Appendf(nil, `{"body":%s,"status":%s,"version":"1.0.0"}`, encode(body), encode(status))
	return &simulator.Reply{Body: text, Verdict: simulator.VerdictOK}
}

// summary echoes the query with the number of matches.
func (q query) summary(total int) summary {
	return summary{q.onlyPending, q.entity, echoDate(q.from), echoDate(q.to), total}
}

// detail shows a webhook as the details call does.
func (v *vendor) detail(e *entry) detail {
	w := v.show(e)
	if w.CreateDate == "" {
		w.CreateDate = showDate(w.Created, v.cfg.trueDates)
	}
	if w.NullID {
		w.ID = ""
	}
	f := w.Filter
	return detail{
		orNull(w.ID), orNull(w.HTTPStatusCode), orNull(w.URL), w.Request, orNull(w.Response), w.Status,
		w.CreateDate, showDate(w.LastUpdated, v.cfg.trueDates),
		detailFilter{orNull(f.DocumentNumber), orNull(f.Account), orNull(f.ID), orNull(f.ClientRequestID)},
	}
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

// errorBody is the JSON of an error. Only the message of CIE999 is documented. The vendor's
// texts hold invisible non-breaking spaces, so these do: comparing them with == fails early.
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
	const format = `{"version":"1.0.0","status":"ERROR","error":{"errorCode":%s,"message":%s}}`
	return fmt.Appendf(nil, format, encode(code), encode(cmp.Or(message, usual)))
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
