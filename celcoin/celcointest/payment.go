package celcointest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
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

// WithPaymentAgeLimit makes the status calls forget payments that are older than
// d. One digest of Celcoin's documentation says 8 days for a Pix out. By default,
// and with 0, there is no limit.
func WithPaymentAgeLimit(d time.Duration) Option {
	return func(cfg *config) error {
		if d < 0 {
			return fmt.Errorf("WithPaymentAgeLimit: %v is negative", d)
		}
		cfg.paymentAge = d
		return nil
	}
}

type pixPayment struct {
	TransactionID json.RawMessage `json:"transactionId"`
	ClientCode    *string         `json:"clientCode"`
	EndToEndID    string          `json:"endToEndId"`
	Status        string          `json:"status"`
	Error         *pixError       `json:"error,omitempty"`
}

type pixError struct {
	Code        string `json:"code"`
	Description string `json:"description"`
}

type pixReceipt struct {
	Body struct {
		TransactionType     string          `json:"transactionType"`
		TransactionID       json.RawMessage `json:"transactionId"`
		TransactionIDBRCode *string         `json:"transactionIdBrCode"`
		EndToEndID          string          `json:"endToEndId"`
		Amount              json.Number     `json:"amount"`
		CreateDate          string          `json:"createDate"`
		Status              string          `json:"status"`
	} `json:"requestBody"`
}

type baasPayment struct {
	ID          string      `json:"id"`
	Amount      json.Number `json:"amount"`
	ClientCode  *string     `json:"clientCode"`
	EndToEndID  string      `json:"endToEndId"`
	Status      string      `json:"status"`
	Error       *pixError   `json:"error,omitempty"`
	DebitParty  party       `json:"debitParty"`
	CreditParty party       `json:"creditParty"`
}

// legacyError is the shape of errors of the older Pix calls.
type legacyError struct {
	Code        string `json:"errorCode"`
	Description string `json:"description"`
}

// paymentStatus answers the three status calls: 200, or what each has for a
// transaction that it does not know. That of a Pix in and of BaaS are seen in
// client code; that of a Pix out is a guess after them.
func (v *vendor) paymentStatus(r *simulator.Request) simulator.Reply {
	path, values := r.HTTP.URL.Path, r.HTTP.URL.Query()
	p, known := v.payment(path, values, r.Time)
	switch {
	case !known && path == baasPaymentPath:
		return (&refusal{status: http.StatusNotFound, code: codePayment, verdict: "no such payment"}).reply()
	case !known && path == pixReceiptPath:
		return legacyRefusal("Transação de recebimento não encontrada.")
	case !known:
		return legacyRefusal("Transação não encontrada.")
	}
	var failed *pixError
	if p.ErrorCode != "" {
		failed = &pixError{p.ErrorCode, p.ErrorDescription}
	}
	switch path {
	case baasPaymentPath:
		return success(baasPayment{
			ID: p.ID, Amount: p.Amount, ClientCode: orNull(p.ClientCode), EndToEndID: p.EndToEndID,
			Status: p.Status, Error: failed,
		})
	case pixReceiptPath:
		var receipt pixReceipt
		receipt.Body.TransactionType = "RECEIVEPIX"
		receipt.Body.TransactionID = numberOrText(p.ID)
		receipt.Body.TransactionIDBRCode = orNull(p.TransactionIDBRCode)
		receipt.Body.EndToEndID, receipt.Body.Amount = p.EndToEndID, p.Amount
		receipt.Body.CreateDate, receipt.Body.Status = payloadDate(p.Created), p.Status
		return plain(http.StatusOK, receipt, simulator.VerdictOK)
	default:
		return plain(http.StatusOK, pixPayment{
			TransactionID: numberOrText(p.ID), ClientCode: orNull(p.ClientCode), EndToEndID: p.EndToEndID,
			Status: p.Status, Error: failed,
		}, simulator.VerdictOK)
	}
}

// payment finds the newest payment that has all that was asked for.
func (v *vendor) payment(path string, values url.Values, now time.Time) (Payment, bool) {
	product, received := celcoin.ProductPix, path == pixReceiptPath
	if path == baasPaymentPath {
		product = celcoin.ProductBaaS
	}
	for i := len(v.payments) - 1; i >= 0; i-- {
		p := v.payments[i]
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

// numberOrText writes an id as the older Pix calls do: as a number if it is one.
func numberOrText(id string) json.RawMessage {
	if _, err := strconv.ParseInt(id, 10, 64); err == nil {
		return json.RawMessage(id)
	}
	return json.RawMessage(encode(id))
}

func legacyRefusal(description string) simulator.Reply {
	return plain(http.StatusBadRequest, legacyError{"99", description}, "no such payment")
}

func plain[T any](status int, body T, verdict string) simulator.Reply {
	return simulator.Reply{Status: status, Body: []byte(encode(body)), Verdict: verdict}
}
