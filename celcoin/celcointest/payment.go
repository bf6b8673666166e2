package celcointest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// The paths of the transaction status calls.
const (
	pixPaymentPath  = "/pix/v1/payment/pi/status"
	pixReceiptPath  = "/pix/v1/receivement/status"
	baasPaymentPath = "/baas/v2/pix/payment/status"
)

// Payment is a Pix transaction that the status calls know.
type Payment struct {
	Product  celcoin.Product // empty: ProductPix
	Received bool            // a Pix in, of ProductPix only; otherwise a Pix out

	ID                  string // transactionId, of BaaS id; empty: made up, a number for ProductPix
	EndToEndID          string
	ClientCode          string // of a Pix out
	TransactionIDBRCode string // of a Pix in

	Status                      string      // empty: CONFIRMED; also PROCESSING, ERROR
	ErrorCode, ErrorDescription string      // of an ERROR
	Amount                      json.Number // in reais; empty: 1
	Created                     time.Time   // zero: the server's clock
}

// AddPayments adds transactions, and returns their ids. Webhooks have none unless
// they are added; for Pix a webhook's id is the transaction's.
func (s *Server) AddPayments(payments ...Payment) []string {
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	ids := make([]string, 0, len(payments))
	for _, p := range payments {
		if p.Product = stored(p.Product); p.Product == "" {
			p.Product = celcoin.ProductPix
		}
		if p.ID == "" {
			const first = 9193070 // that of a sample
			p.ID = strconv.Itoa(first + len(s.vendor.payments))
		}
		if p.Status == "" {
			p.Status = "CONFIRMED"
		}
		if p.Amount == "" {
			p.Amount = "1"
		}
		if p.Created.IsZero() {
			p.Created = s.core.Now()
		}
		s.vendor.payments = append(s.vendor.payments, p)
		ids = append(ids, p.ID)
	}
	return ids
}

// The answers of the status calls: their members are seen in client code, the
// parties of a BaaS payment are left empty.
const (
	pixPaymentFormat = `{"transactionId":%s,"clientCode":%s,"endToEndId":%s,"status":%s%s}`
	pixReceiptFormat = `{"requestBody":{"transactionType":"RECEIVEPIX","transactionId":%s,"transactionIdBrCode":%s,` +
		`"endToEndId":%s,"amount":%s,"createDate":"%s","status":%s}}`
	baasPaymentFormat = `{"body":{"id":%s,"amount":%s,"clientCode":%s,"endToEndId":%s,"status":%s%s,` +
		`"debitParty":{},"creditParty":{}},"status":"SUCCESS","version":"1.0.0"}`
	pixErrorFormat    = `,"error":{"code":%s,"description":%s}`
	legacyErrorFormat = `{"errorCode":"99","description":"%s"}`
)

// paymentStatus answers the three status calls: 200, or what each has for a
// transaction that it does not know. That of a Pix in and of BaaS are seen in
// client code; that of a Pix out is a guess after them.
func (v *vendor) paymentStatus(r *simulator.Request) simulator.Reply {
	path := r.HTTP.URL.Path
	p, known := v.payment(path, r.HTTP.URL.Query(), r.Time)
	const unknown = "no such payment"
	switch {
	case !known && path == baasPaymentPath:
		return (&refusal{status: http.StatusNotFound, code: codePayment, verdict: unknown}).reply()
	case !known && path == pixReceiptPath:
		return formatted(http.StatusBadRequest, unknown, legacyErrorFormat, "Transação de recebimento não encontrada.")
	case !known:
		return formatted(http.StatusBadRequest, unknown, legacyErrorFormat, "Transação não encontrada.")
	}
	failed := ""
	if p.ErrorCode != "" {
		failed = fmt.Sprintf(pixErrorFormat, encode(p.ErrorCode), encode(p.ErrorDescription))
	}
	id, clientCode, endToEnd, status := encode(p.ID), encode(orNull(p.ClientCode)), encode(p.EndToEndID), encode(p.Status)
	if _, err := strconv.ParseInt(p.ID, 10, 64); err == nil && path != baasPaymentPath {
		id = p.ID // the older Pix calls write numbers
	}
	switch path {
	case baasPaymentPath:
		return formatted(http.StatusOK, simulator.VerdictOK, baasPaymentFormat, id, p.Amount, clientCode, endToEnd, status, failed)
	case pixReceiptPath:
		return formatted(http.StatusOK, simulator.VerdictOK, pixReceiptFormat,
			id, encode(orNull(p.TransactionIDBRCode)), endToEnd, p.Amount, payloadDate(p.Created), status)
	default:
		return formatted(http.StatusOK, simulator.VerdictOK, pixPaymentFormat, id, clientCode, endToEnd, status, failed)
	}
}

func formatted(status int, verdict, format string, args ...any) simulator.Reply {
	return simulator.Reply{Status: status, Body: fmt.Appendf(nil, format, args...), Verdict: verdict}
}

// payment finds the newest payment that has all that was asked for.
func (v *vendor) payment(path string, values url.Values, now time.Time) (Payment, bool) {
	product, received := celcoin.ProductPix, path == pixReceiptPath
	if path == baasPaymentPath {
		product = celcoin.ProductBaaS
	}
	for _, p := range slices.Backward(v.payments) {
		// A Pix in can be asked for from two minutes after it (documented).
		young := received && now.Sub(p.Created) < 2*time.Minute
		old := v.cfg.paymentAge > 0 && now.Sub(p.Created) > v.cfg.paymentAge
		if p.Product == product && p.Received == received && !young && !old && p.answers(path, values) {
			return p, true
		}
	}
	return Payment{}, false
}

// answers says whether a payment has every value that was asked for, of at least one.
func (p *Payment) answers(path string, values url.Values) bool {
	names := map[string]string{"transactionId": p.ID, "endtoendId": p.EndToEndID, "clientCode": p.ClientCode}
	switch path {
	case pixReceiptPath:
		names = map[string]string{"transactionId": p.ID, "endtoEnd": p.EndToEndID, "transactionIdBrCode": p.TransactionIDBRCode}
	case baasPaymentPath:
		names = map[string]string{"id": p.ID, "endtoendId": p.EndToEndID, "clientCode": p.ClientCode}
	}
	asked := false
	for name, has := range names {
		want := values.Get(name)
		if want != "" && want != has {
			return false
		}
		asked = asked || want != ""
	}
	return asked
}
