package celcointest

import (
	"cmp"
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
	defer s.lock()()
	ids := make([]string, 0, len(payments))
	for _, p := range payments {
		const first = 9193070 // that of a sample
		p.Product = cmp.Or(stored(p.Product), celcoin.ProductPix)
		p.ID = cmp.Or(p.ID, strconv.Itoa(first+len(s.vendor.payments)))
		p.Status = cmp.Or(p.Status, "CONFIRMED")
		p.Amount = cmp.Or(p.Amount, "1")
		p.Created = cmp.Or(p.Created, s.core.Now())
		s.vendor.payments = append(s.vendor.payments, p)
		ids = append(ids, p.ID)
	}
	return ids
}

// The answers of the status calls: their members are seen in client code, the
// parties of a BaaS payment are left empty. Their arguments are the members of a
// payment, in the order of paymentStatus.
const (
	pixPaymentFormat = `{"transactionId":%[1]s,"clientCode":%[3]s,"endToEndId":%[4]s,"status":%[5]s%[6]s}`
	pixReceiptFormat = `{"requestBody":{"transactionType":"RECEIVEPIX","transactionId":%[1]s,"transactionIdBrCode":%[7]s,` +
		`"endToEndId":%[4]s,"amount":%[2]s,"createDate":"%[8]s","status":%[5]s}}`
	baasPaymentFormat = `{"body":{"id":%[1]s,"amount":%[2]s,"clientCode":%[3]s,"endToEndId":%[4]s,"status":%[5]s%[6]s,` +
		`"debitParty":{},"creditParty":{}},"status":"SUCCESS","version":"1.0.0"}`
	pixErrorFormat    = `,"error":{"code":%s,"description":%s}`
	legacyErrorFormat = `{"errorCode":"99","description":"%s não encontrada."}`
)

// paymentStatus answers the three status calls: 200, or what each has for a
// transaction that it does not know. That of a Pix in and of BaaS are seen in
// client code; that of a Pix out is a guess after them.
func (v *vendor) paymentStatus(r *simulator.Request) *simulator.Reply {
	path := r.HTTP.URL.Path
	format, missing := pixPaymentFormat, "Transação"
	switch path {
	case baasPaymentPath:
		format = baasPaymentFormat
	case pixReceiptPath:
		format, missing = pixReceiptFormat, "Transação de recebimento"
	}
	p, known := v.payment(path, r.HTTP.URL.Query(), r.Time)
	const unknown = "no such payment"
	switch {
	case !known && path == baasPaymentPath:
		return refuse(http.StatusNotFound, codePayment, unknown)
	case !known:
		return &simulator.Reply{Status: http.StatusBadRequest, Body: fmt.Appendf(nil, legacyErrorFormat, missing), Verdict: unknown}
	}
	id, failed := encode(p.ID), ""
	if _, err := strconv.ParseInt(p.ID, 10, 64); err == nil && path != baasPaymentPath {
		id = []byte(p.ID) // the older Pix calls write numbers
	}
	if p.ErrorCode != "" {
		failed = fmt.Sprintf(pixErrorFormat, encode(p.ErrorCode), encode(p.ErrorDescription))
	}
	body := fmt.Appendf(nil, format, id, p.Amount, encode(orNull(p.ClientCode)), encode(p.EndToEndID), encode(p.Status), failed,
		encode(orNull(p.TransactionIDBRCode)), payloadDate(p.Created))
	return &simulator.Reply{Body: body, Verdict: simulator.VerdictOK}
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
