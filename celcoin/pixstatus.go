package celcoin

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/reenvio/reenvio-go/internal/argument"
	"github.com/reenvio/reenvio-go/internal/lenient"
	"github.com/reenvio/reenvio-go/internal/redact"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// TransactionStatus is how far a Pix transaction has come, in capitals. The set
// is open.
type TransactionStatus string

// The statuses that are seen in client code.
const (
	TransactionProcessing TransactionStatus = "PROCESSING"
	TransactionConfirmed  TransactionStatus = "CONFIRMED"
	TransactionError      TransactionStatus = "ERROR"
)

// PixStatus is what Celcoin says of a Pix transaction. Every field but Found may
// be empty. What else Celcoin says, the parties for example, is in the body of
// [WithResponse].
//
// Printing or logging it shows neither the amount nor the client code.
// Marshalling it to JSON gives all.
type PixStatus struct {
	// Found is false if Celcoin has no such transaction, or no longer. ErrorCode
	// is then what it answered: for the code "99" of a payment this is a guess,
	// see [Client.PixPaymentStatus].
	Found         bool
	Status        TransactionStatus
	TransactionID string
	EndToEndID    string
	ClientCode    string
	Amount        string // in reais, digit for digit as Celcoin wrote it
	// ErrorCode and ErrorMessage are those of a transaction that failed, or of a
	// response without a transaction.
	ErrorCode    string
	ErrorMessage string
}

// PixPaymentQuery says which Pix payment to look for: TransactionID, EndToEndID
// or ClientCode, one at least.
type PixPaymentQuery struct {
	Product       Product // zero: [ProductPix]; otherwise one of BaaS
	TransactionID string  // of BaaS: its id
	EndToEndID    string
	ClientCode    string
}

// PixReceiptQuery says which received Pix to look for: by one field at least.
type PixReceiptQuery struct {
	TransactionID       string
	EndToEndID          string
	TransactionIDBRCode string // of a QR code
}

// statusParameters are those of all status calls, in the documented case.
type statusParameters struct {
	TransactionID       string `url:"transactionId,omitempty"`
	ID                  string `url:"id,omitempty"`         // of a BaaS payment
	EndToEndID          string `url:"endtoendId,omitempty"` // of a payment
	EndToEnd            string `url:"endtoEnd,omitempty"`   // of a receipt
	ClientCode          string `url:"clientCode,omitempty"`
	TransactionIDBRCode string `url:"transactionIdBrCode,omitempty"`
}

// PixPaymentStatus asks what has become of a Pix that was sent. It only reads:
// every transient failure is retried.
//
// Celcoin refers webhooks older than 7 days, which cannot be replayed, to this
// call. For Pix a webhook's ID is taken for the transaction's ([ProductPix] has
// ids that are numbers): integrators saw it, it is not documented. One digest of
// Celcoin's documentation says that the call looks back 8 days only.
//
// A payment that Celcoin does not know is not an error: Found is false. What
// [ProductPix] answers then is not known. The code CBE106 means it for BaaS (one
// integrator got it for every payment in the sandbox), and the code "99" for a
// receipt; both are read like that here too. Other calls of Celcoin's use "99"
// for other errors: look at ErrorCode and ErrorMessage, and do not take a "99"
// for proof that the payment does not exist.
//
// Every error is an [*Error]; it is [ErrInvalidRequest] before anything is sent
// if no id is given, one cannot be sent, or the product has no such call.
//
// GET /pix/v1/payment/pi/status (documented), for BaaS
// GET /baas/v2/pix/payment/status (seen in client code):
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
func (c *Client) PixPaymentStatus(ctx context.Context, q PixPaymentQuery, opts ...CallOption) (*PixStatus, error) {
	p := statusParameters{EndToEndID: q.EndToEndID, ClientCode: q.ClientCode}
	switch q.Product {
	case "", ProductPix:
		p.TransactionID = q.TransactionID
		return c.pixStatus(ctx, OperationPaymentStatus, "/pix/v1/payment/pi/status", p, opts)
	case ProductBaaS, ProductBaaSV1:
		p.ID = q.TransactionID
		return c.pixStatus(ctx, OperationPaymentStatus, "/baas/v2/pix/payment/status", p, opts)
	}
	return nil, argumentError(OperationPaymentStatus, argument.Invalid("Product", "has no payment status call that is known"))
}

// PixReceiptStatus asks for a Pix that was received, of [ProductPix]: no such
// call is known of BaaS. Celcoin documents that it can be asked for from 2
// minutes after the receipt; how far the call looks back is not documented. See
// [Client.PixPaymentStatus] for the rest, which is the same.
//
// GET /pix/v1/receivement/status:
// https://developers.celcoin.com.br/docs/celbricks-reenvio-de-webhook
func (c *Client) PixReceiptStatus(ctx context.Context, q PixReceiptQuery, opts ...CallOption) (*PixStatus, error) {
	return c.pixStatus(ctx, OperationReceiptStatus, "/pix/v1/receivement/status", statusParameters{
		TransactionID: q.TransactionID, EndToEnd: q.EndToEndID, TransactionIDBRCode: q.TransactionIDBRCode,
	}, opts)
}

// unknownTransaction are the codes for one that Celcoin does not know.
var unknownTransaction = []string{"99", "CBE106"}

func (p *statusParameters) check() error {
	if *p == (statusParameters{}) {
		return argument.Invalid("TransactionID, EndToEndID or another id", "is missing")
	}
	return cmp.Or(
		argument.Text("TransactionID", p.TransactionID+p.ID), argument.Text("EndToEndID", p.EndToEndID+p.EndToEnd),
		argument.Text("ClientCode", p.ClientCode), argument.Text("TransactionIDBRCode", p.TransactionIDBRCode),
	)
}

func (c *Client) pixStatus(ctx context.Context, op, path string, p statusParameters, opts []CallOption) (*PixStatus, error) {
	if err := cmp.Or(argument.Context(ctx), p.check()); err != nil {
		return nil, argumentError(op, err)
	}
	u := c.join(path, path)
	u.RawQuery = encode(&p)
	asking := &call[wireTransaction]{
		client: c, sent: sent{filter: Filter{ClientRequestID: p.ClientCode}}, decode: decodeTransaction, noMatch: unknownTransaction,
	}
	e, err := asking.do(ctx, transport.Call{
		Operation: op, Method: http.MethodGet, URL: u, Template: path, Class: transport.Safe,
	}, callOptionsOf(opts))
	if err != nil {
		return nil, err
	}
	if e.Body == nil {
		return &PixStatus{ErrorCode: e.code(), ErrorMessage: e.message()}, nil
	}
	return e.Body.status(), nil
}

// String shows what is not personal.
func (s PixStatus) String() string {
	return fmt.Sprintf("{Found:%t Status:%q TransactionID:%q EndToEndID:%q ClientCode:%s Amount:%s ErrorCode:%q}",
		s.Found, s.Status, s.TransactionID, s.EndToEndID,
		redact.Presence(s.ClientCode != ""), redact.Presence(s.Amount != ""), s.ErrorCode)
}

// Format prints String for every verb.
func (s PixStatus) Format(f fmt.State, verb rune) { redact.Format(f, verb, s.String()) }

// LogValue is String.
func (s PixStatus) LogValue() slog.Value { return slog.StringValue(s.String()) }

// wireTransaction is a Pix transaction in the forms of all status calls.
type wireTransaction struct {
	ID            lenient.Text `json:"id"` // of BaaS
	TransactionID lenient.Text `json:"transactionId"`
	EndToEndID    lenient.Text `json:"endToEndId"`
	ClientCode    lenient.Text `json:"clientCode"`
	Amount        lenient.Text `json:"amount"`
	Status        lenient.Text `json:"status"`
	// StatusCode has the status in the older webhooks, whose members a receipt
	// seems to share.
	StatusCode struct {
		Description lenient.Text `json:"description"`
	} `json:"statusCode"`
	Error *problem `json:"error"`
}

// decodeTransaction also reads responses whose envelope does not say SUCCESS: a
// Pix payment is the whole of one, a receipt is its requestBody, and that of
// BaaS may be in an envelope that tells of the transaction's own failure.
func decodeTransaction(data []byte, e *envelope[wireTransaction]) error {
	if err := decode(data, e); err != nil {
		return err
	}
	var bare struct {
		wireTransaction

		RequestBody *wireTransaction `json:"requestBody"`
	}
	if _, err := lenient.Unmarshal(data, &bare); err != nil {
		return err
	}
	candidates := []*wireTransaction{e.Body, bare.RequestBody, &bare.wireTransaction}
	if e.Body != nil && e.succeeded() {
		candidates = candidates[:1] // the status around it is not the transaction's
	}
	e.Body = nil
	for _, t := range candidates {
		if t != nil && cmp.Or(t.TransactionID, t.ID, t.EndToEndID, t.ClientCode) != "" {
			t.Error = cmp.Or(t.Error, bare.Error)
			e.Body, e.Status = t, success
			break
		}
	}
	return nil
}

func (w *wireTransaction) status() *PixStatus {
	p := cmp.Or(w.Error, &problem{})
	return &PixStatus{
		Found: true, Status: TransactionStatus(strings.ToUpper(string(cmp.Or(w.Status, w.StatusCode.Description)))),
		TransactionID: string(cmp.Or(w.TransactionID, w.ID)), EndToEndID: string(w.EndToEndID),
		ClientCode: string(w.ClientCode), Amount: string(w.Amount),
		ErrorCode: string(cmp.Or(p.Code, p.ErrorCode)), ErrorMessage: string(cmp.Or(p.Description, p.Message)),
	}
}
