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
	return simulator.Each(payments, func(p Payment) string {
		const first = 9193070 // that of a sample
		p.Product = cmp.Or(stored(p.Product), celcoin.ProductPix)
		p.ID = cmp.Or(p.ID, strconv.Itoa(first+len(s.vendor.payments)))
		p.Status = cmp.Or(p.Status, "CONFIRMED")
		p.Amount = cmp.Or(p.Amount, "1")
		p.Created = cmp.Or(p.Created, s.Now())
		s.vendor.payments = slices.Insert(s.vendor.payments, 0, p)
		return p.ID
	})
}

// paymentCall is one of the three status calls. That of a Pix in and of BaaS are seen
// in client code; that of a Pix out is a guess after them.
type paymentCall struct {
	received bool
	names    [3]string // the parameters for ID, EndToEndID, and code
	format   string    // of the answer; the arguments are those of paymentStatus
	missing  string    // what is not found, in the older calls
}

var paymentCalls = map[string]paymentCall{
	pixPaymentPath: {
		names: [3]string{"transactionId", "endtoendId", "clientCode"}, missing: "Transação",
		format: `{"transactionId":%[1]s,"clientCode":%[3]s,"endToEndId":%[4]s,"status":%[5]s%[6]s}`,
	},
	pixReceiptPath: {
		received: true, names: [3]string{"transactionId", "endtoEnd", "transactionIdBrCode"},
		missing: "Transação de recebimento",
		format: `{"requestBody":{"transactionType":"RECEIVEPIX","transactionId":%[1]s,"transactionIdBrCode":%[3]s,` +
			`"endToEndId":%[4]s,"amount":%[2]s,"createDate":"%[7]s","status":%[5]s}}`,
	},
	baasPaymentPath: { // the parties are left empty
		names: [3]string{"id", "endtoendId", "clientCode"},
		format: `{"body":{"id":%[1]s,"amount":%[2]s,"clientCode":%[3]s,"endToEndId":%[4]s,"status":%[5]s%[6]s,` +
			`"debitParty":{},"creditParty":{}},"status":"SUCCESS","version":"1.0.0"}`,
	},
}

// paymentStatus answers the status calls.
func (v *vendor) paymentStatus(at route, r *simulator.Request) *simulator.Reply {
	call := paymentCalls[r.HTTP.URL.Path]
	i := slices.IndexFunc(v.payments, func(p Payment) bool {
		// A Pix in can be queried from two minutes after it (documented).
		age := r.Time.Sub(p.Created)
		visible := (!call.received || age >= 2*time.Minute) && (v.cfg.paymentAge == 0 || age <= v.cfg.paymentAge)
		return p.Product == at.product && p.Received == call.received && visible && call.finds(p, r.HTTP.URL.Query())
	})
	const unknown = "no such payment"
	switch {
	case i < 0 && call.missing == "":
		return refuse(http.StatusNotFound, codePayment, unknown)
	case i < 0:
		body := fmt.Sprintf(`{"errorCode":"99","description":"%s não encontrada."}`, call.missing)
		return &simulator.Reply{Status: http.StatusBadRequest, Body: []byte(body), Verdict: unknown}
	}
	p := v.payments[i]
	id, failed := encode(p.ID), ""
	if _, err := strconv.ParseInt(p.ID, 10, 64); err == nil && call.missing != "" {
		id = []byte(p.ID) // the older calls write numbers
	}
	if p.ErrorCode != "" {
		failed = fmt.Sprintf(`,"error":{"code":%s,"description":%s}`, encode(p.ErrorCode), encode(p.ErrorDescription))
	}
	body := fmt.Appendf(nil, call.format, id, p.Amount, encode(orNull(p.code())), encode(p.EndToEndID), encode(p.Status),
		failed, payloadDate(p.Created))
	return &simulator.Reply{Body: body, Verdict: simulator.VerdictOK}
}

func (p *Payment) code() string { return cmp.Or(p.ClientCode, p.TransactionIDBRCode) }

// finds says whether a payment has every value that was given, of at least one.
func (c paymentCall) finds(p Payment, values url.Values) bool {
	given := false
	for i, has := range []string{p.ID, p.EndToEndID, p.code()} {
		want := values.Get(c.names[i])
		if want != "" && want != has {
			return false
		}
		given = given || want != ""
	}
	return given
}
