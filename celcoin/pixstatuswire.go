package celcoin

import "github.com/reenvio/reenvio-go/internal/lenient"

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

// identified tells whether it is a transaction at all.
func (w *wireTransaction) identified() bool {
	return firstText(w.TransactionID, w.ID, w.EndToEndID, w.ClientCode) != ""
}

// bareTransaction decodes a response whose envelope does not say SUCCESS: a Pix
// payment is the whole of it, a receipt is its requestBody. That of BaaS may be
// in an envelope that tells of the transaction's own failure. It is nil if
// there is no transaction.
func bareTransaction(data []byte) *wireTransaction {
	var w struct {
		wireTransaction

		RequestBody *wireTransaction `json:"requestBody"`
		Body        *wireTransaction `json:"body"`
	}
	if _, err := lenient.Unmarshal(data, &w); err != nil {
		return nil
	}
	for _, t := range [...]*wireTransaction{w.Body, w.RequestBody, &w.wireTransaction} {
		if t != nil && t.identified() {
			if t.Error == nil {
				t.Error = w.Error
			}
			return t
		}
	}
	return nil
}

// firstText is the first text that is not empty.
func firstText(texts ...lenient.Text) lenient.Text {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
