package celcoin

import (
	"cmp"
	"strings"

	"github.com/reenvio/reenvio-go/internal/lenient"
)

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
	Error *struct {
		Code        lenient.Text `json:"code"`
		Description lenient.Text `json:"description"`
		ErrorCode   lenient.Text `json:"errorCode"`
		Message     lenient.Text `json:"message"`
	} `json:"error"`
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
	inside := e.Body
	e.Body = nil
	for _, t := range [...]*wireTransaction{inside, bare.RequestBody, &bare.wireTransaction} {
		if t != nil && cmp.Or(t.TransactionID, t.ID, t.EndToEndID, t.ClientCode) != "" {
			t.Error = cmp.Or(t.Error, bare.Error)
			e.Body, e.Status = t, success
			break
		}
	}
	return nil
}

func (w *wireTransaction) status() *PixStatus {
	s := &PixStatus{
		Found: true, Status: TransactionStatus(strings.ToUpper(string(cmp.Or(w.Status, w.StatusCode.Description)))),
		TransactionID: string(cmp.Or(w.TransactionID, w.ID)), EndToEndID: string(w.EndToEndID),
		ClientCode: string(w.ClientCode), Amount: string(w.Amount),
	}
	if w.Error != nil {
		s.ErrorCode = string(cmp.Or(w.Error.Code, w.Error.ErrorCode))
		s.ErrorMessage = string(cmp.Or(w.Error.Description, w.Error.Message))
	}
	return s
}
