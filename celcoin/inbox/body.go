package inbox

import (
	"encoding/json"
	"fmt"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/lenient"
)

// Text is a string that Celcoin also sends as a number: branch, account and
// bank come as either. A number keeps its spelling; null is empty. It never
// fails to decode.
type Text string

// UnmarshalJSON never fails.
func (t *Text) UnmarshalJSON(data []byte) error {
	return (*lenient.Text)(t).UnmarshalJSON(data)
}

// PixPayment is the body of pix-payment-in and pix-payment-out, and of the
// reversals as far as they share its fields. Fields come from integrators'
// samples: any may be missing, and Celcoin adds others.
type PixPayment struct {
	ID                    Text              `json:"id"`
	Amount                json.Number       `json:"amount"` // reais
	ClientCode            Text              `json:"clientCode"`
	EndToEndID            Text              `json:"endToEndId"`
	InitiationType        Text              `json:"initiationType"`
	PaymentType           Text              `json:"paymentType"`
	Urgency               Text              `json:"urgency"`
	TransactionType       Text              `json:"transactionType"`
	DebitParty            Party             `json:"debitParty"`
	CreditParty           Party             `json:"creditParty"`
	RemittanceInformation Text              `json:"remittanceInformation"`
	CurrentBalance        json.Number       `json:"currentBalance"` // reais; in only
	OldBalance            json.Number       `json:"oldBalance"`     // reais; in only
	TransactionIDBRCode   Text              `json:"transactionIdBRCode"`
	Reason                Text              `json:"reason"`       // out only
	Inserted              celcoin.Timestamp `json:"dataInsercao"` // out only
}

// Party is one side of a payment.
type Party struct {
	Bank        Text `json:"bank"`
	Branch      Text `json:"branch"`
	Account     Text `json:"account"`
	AccountType Text `json:"accountType"`
	TaxID       Text `json:"taxId"` // CPF or CNPJ
	Name        Text `json:"name"`
	Key         Text `json:"key"` // Pix key; of the credit party
}

// Onboarding is the body of onboarding-create, and of what Celcoin's page of
// the replay shows as the payload of its samples.
type Onboarding struct {
	Account      Account           `json:"account"`
	OnboardingID Text              `json:"onboardingId"`
	ClientCode   Text              `json:"clientCode"`
	CreateDate   celcoin.Timestamp `json:"createDate"`
}

// Account is an account and its holder.
type Account struct {
	Branch         Text `json:"branch"`
	Account        Text `json:"account"`
	Name           Text `json:"name"`
	DocumentNumber Text `json:"documentNumber"` // CPF or CNPJ
	ISPB           Text `json:"ispb"`           // the bank's number at the central bank
}

// LegacyPix is the body of the legacy Pix form. Its dates, which are not listed
// here, are MM/DD/YYYY hh:mm:ss in Brasília's time.
type LegacyPix struct {
	TransactionType Text         `json:"TransactionType"`
	Amount          json.Number  `json:"Amount"` // reais
	EndToEndID      Text         `json:"EndToEndId"`
	StatusCode      LegacyStatus `json:"StatusCode"`
}

// LegacyStatus is the status of the legacy Pix form, for example 2, Confirmed.
type LegacyStatus struct {
	StatusID    Text `json:"StatusId"`
	Description Text `json:"Description"`
}

// Failure is what [Event.Error] holds.
type Failure struct {
	Code    Text `json:"errorCode"`
	Message Text `json:"message"`
}

// legacyStatus is the status in a RequestBody, empty if there is none.
func legacyStatus(body json.RawMessage) string {
	var pix struct{ StatusCode LegacyStatus }
	if _, err := lenient.Unmarshal(body, &pix); err != nil {
		return ""
	}
	text := pix.StatusCode.Description
	if text == "" {
		text = pix.StatusCode.StatusID
	}
	status, _ := lenient.Text(text).Scalar()
	return status
}

// Decode reads the body into v, a pointer: to [PixPayment], [Onboarding],
// [LegacyPix] or a type of your own. A body that does not fit is an error, which
// names the field and shows nothing of the payload. A missing field is not an error.
func (e *Event) Decode(v any) error {
	if len(e.Body) == 0 {
		return fmt.Errorf("inbox: decode %q: the event has no body", e.Entity)
	}
	return lenient.Decode(fmt.Sprintf("inbox: decode %q", string(e.Entity)), e.Body, v)
}
