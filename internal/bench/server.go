package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// The responses of the server, which answers as fast as it can and checks nothing:
// celcointest and ceffutest do that.
const (
	resent   = `{"data":true,"code":"000000","message":"Success"}`
	granted  = `{"access_token":"` + bearerToken + `","expires_in":2400,"token_type":"bearer"}`
	replayed = `{"body":{"onlyPending":false,"entity":"pix-payment-in","dateFrom":"2026-11-01T03:00:00Z","dateTo":"2026-11-30T03:00:00Z","totalItems":1},"status":"SUCCESS","version":"1.0.0"}`
)

// item is a webhook of a page: the sample of Celcoin's documentation with a Pix
// payload of the usual length. In two places there is its number.
const item = `{"webhookId":"84c5fc12-c2e4-4582-9566-000000000000","httpStatusCode":503,` +
	`"webhookUrl":"https://receiver.example/3bc30e7c-0cf6-427d-86c8-ba5ae044c4c7",` +
	`"request":"{\"entity\":\"pix-payment-in\",\"createTimestamp\":\"2026-11-08T17:47:49.2665988\",\"status\":\"CONFIRMED\",` +
	`\"body\":{\"id\":\"84c5fc12-c2e4-4582-9566-000000000000\",\"endToEndId\":\"E13935893202611081747TESTONLY001\",\"amount\":125.5,` +
	`\"debitParty\":{\"account\":\"300540655630\",\"branch\":\"0001\",\"taxId\":\"00000000191\",\"name\":\"Nome Sobrenome\",\"bank\":\"13935893\"},` +
	`\"creditParty\":{\"account\":\"300540655631\",\"branch\":\"0001\",\"taxId\":\"00000000272\",\"name\":\"Outro Nome\",\"key\":\"test@receiver.example\"},` +
	`\"remittanceInformation\":\"pagamento de teste\"}}",` +
	`"response":"{\"success\":false,\"error\":{\"message\":\"Service Unavailable\",\"id\":null}}",` +
	`"status":"PENDENTE","createDate":"2026-11-08T17:47:49.576Z","lastUpdateDate":"2026-11-08T18:02:50.237Z",` +
	`"filter":{"documentNumber":"00000000191","account":"300540655630","id":null,"clientRequestId":"100011"}}`

const (
	number      = "000000000000"
	firstNumber = 100_000_000_000 // as long
)

// serve makes the responses. Below a prefix /n-800 a listing has 800 webhooks instead of
// one page of them; below /endless it has 512 MiB.
func serve(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body) //nolint:errcheck,gosec // a client that leaves gets no response
	switch {
	case strings.HasSuffix(r.URL.Path, "/v5/token"):
		respond(w, []byte(granted))
	case r.Method == http.MethodPost:
		respond(w, []byte(resent))
	case r.Method == http.MethodPut:
		respond(w, []byte(replayed))
	case strings.HasPrefix(r.URL.Path, "/endless/"):
		endless(w)
	default:
		total := pageSize
		fmt.Sscanf(r.URL.Path, "/n-%d/", &total)           //nolint:errcheck,gosec // without it, one page
		page, _ := strconv.Atoi(r.URL.Query().Get("Page")) // the first page if there is none
		respond(w, pageOf(total, max(page, 1)))
	}
}

// pageOf is a page of a listing. All webhooks are alike but for their number, so that
// it costs the server little more than a copy.
func pageOf(total, page int) []byte {
	first := (page - 1) * pageSize
	n := min(max(total-first, 0), pageSize)
	b := make([]byte, 0, 512+n*len(item))
	b = fmt.Appendf(b, `{"body":{"limit":0,"currentPage":%d,"limitPerPage":%d,"totalPages":%d,"webhookDetails":[`,
		page, pageSize, (total+pageSize-1)/pageSize)
	before, rest, _ := strings.Cut(item, number)
	between, after, _ := strings.Cut(rest, number)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, before...), firstNumber+int64(first+i), 10)
		b = strconv.AppendInt(append(b, between...), firstNumber+int64(first+i), 10)
		b = append(b, after...)
	}
	return fmt.Appendf(b, `],"onlyPending":true,"entity":"pix-payment-in","dateFrom":"2026-11-01T03:00:00Z","dateTo":"2026-11-30T03:00:00Z","totalItems":%d},`+
		`"status":"SUCCESS","version":"1.0.0"}`, total)
}

// endless begins like a page and goes on in a string.
func endless(w http.ResponseWriter) {
	const begin = `{"status":"SUCCESS","body":{"totalItems":1,"webhookDetails":[{"request":"`
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, begin) //nolint:errcheck,gosec // the next write fails, too
	chunk := bytes.Repeat([]byte("x"), 64<<10)
	for range 512 << 20 / len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return // the client has seen enough
		}
	}
}

func respond(w http.ResponseWriter, body []byte) {
	w.Header()["Content-Type"] = []string{"application/json"}
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.Write(body) //nolint:errcheck,gosec // a client that leaves gets no response
}
