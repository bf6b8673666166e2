package celcointest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// fiction makes up the people and the money of one webhook. It is drawn from the
// webhook's id, so that the same id always tells the same story, and nothing in
// it can be taken for real: documents begin with 000, accounts with 999, the
// people are called "de Teste".
type fiction struct {
	entity celcoin.Entity
	id     string
	draw   uint64
	status string
}

func newFiction(entity celcoin.Entity, id string) fiction {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(id)) // a hash takes everything
	return fiction{entity: entity, id: id, status: "CONFIRMED", draw: scramble(hash.Sum64())}
}

// filter is what the webhook can be found by. An incoming event has no
// clientRequestId, as nobody here requested it; only Pix has a transaction id.
func (f fiction) filter() celcoin.Filter {
	filter := celcoin.Filter{
		DocumentNumber: fmt.Sprintf("000%08d", f.draw%100_000_000),
		Account:        fmt.Sprintf("999%09d", f.draw/7%1_000_000_000),
	}
	if f.isPix() {
		filter.ID = f.id
	}
	if !strings.HasSuffix(string(f.entity), "-in") {
		filter.ClientRequestID = fmt.Sprintf("teste-%d", f.draw%1_000_000_000)
	}
	return filter
}

func (f fiction) isPix() bool { return strings.HasPrefix(string(f.entity), "pix-") }

// payload is the envelope of what a receiver is sent.
type payload[T any] struct {
	Entity          celcoin.Entity `json:"entity"`
	CreateTimestamp string         `json:"createTimestamp"`
	Status          string         `json:"status"`
	Body            T              `json:"body"`
	WebhookID       string         `json:"webhookId"`
}

type pixBody struct {
	ID              string      `json:"id"`
	Amount          json.Number `json:"amount"`
	ClientCode      *string     `json:"clientCode"`
	EndToEndID      string      `json:"endToEndId"`
	InitiationType  string      `json:"initiationType"`
	TransactionType string      `json:"transactionType"`
	DebitParty      party       `json:"debitParty"`
	CreditParty     party       `json:"creditParty"`
	Remittance      string      `json:"remittanceInformation"`
}

type party struct {
	Bank        string `json:"bank"`
	Branch      string `json:"branch"`
	Account     string `json:"account"`
	AccountType string `json:"accountType"`
	TaxID       string `json:"taxId"`
	Name        string `json:"name"`
}

type accountBody struct {
	Account      accountOwner `json:"account"`
	OnboardingID string       `json:"onboardingId"`
	ClientCode   *string      `json:"clientCode"`
	CreateDate   string       `json:"createDate"`
}

type accountOwner struct {
	Branch         string `json:"branch"`
	Account        string `json:"account"`
	Name           string `json:"name"`
	DocumentNumber string `json:"documentNumber"`
}

// payload is the JSON that the receiver is sent. The envelope and the body of
// the account events are those of the vendor's samples; the Pix body is made up
// after integrators' notes, for tests that look at amounts and parties.
func (f fiction) payload(created time.Time, filter celcoin.Filter) string {
	if f.isPix() {
		return encode(wrap(f, created, f.pixBody(created, filter)))
	}
	return encode(wrap(f, created, f.accountBody(created, filter)))
}

func wrap[T any](f fiction, created time.Time, body T) payload[T] {
	return payload[T]{
		Entity:          f.entity,
		CreateTimestamp: payloadDate(created),
		Status:          f.status,
		Body:            body,
		WebhookID:       f.id,
	}
}

func (f fiction) pixBody(created time.Time, filter celcoin.Filter) pixBody {
	own := party{
		Bank: "00000000", Branch: "0001", Account: filter.Account, AccountType: "TRAN",
		TaxID: filter.DocumentNumber, Name: f.person(0),
	}
	other := party{
		Bank: "99999999", Branch: "0001", Account: fmt.Sprintf("999%09d", f.draw/11%1_000_000_000), AccountType: "CACC",
		TaxID: fmt.Sprintf("000%08d", f.draw/13%100_000_000), Name: f.person(1),
	}
	debit, credit := own, other
	if strings.HasSuffix(string(f.entity), "-in") {
		debit, credit = other, own
	}
	transaction := "TRANSFER"
	if strings.Contains(string(f.entity), "reversal") {
		transaction = "REVERSAL"
	}
	return pixBody{
		ID:              f.id,
		Amount:          json.Number(fmt.Sprintf("%d.%02d", 1+f.draw/17%5000, f.draw/19%100)),
		ClientCode:      orNull(filter.ClientRequestID),
		EndToEndID:      fmt.Sprintf("E%s%s%011d", debit.Bank, created.UTC().Format("200601021504"), f.draw%100_000_000_000),
		InitiationType:  "DICT",
		TransactionType: transaction,
		DebitParty:      debit,
		CreditParty:     credit,
		Remittance:      "Teste " + f.id[:min(8, len(f.id))],
	}
}

func (f fiction) accountBody(created time.Time, filter celcoin.Filter) accountBody {
	return accountBody{
		Account: accountOwner{
			Branch: "0001", Account: filter.Account, Name: f.person(0), DocumentNumber: filter.DocumentNumber,
		},
		OnboardingID: f.id,
		ClientCode:   orNull(filter.ClientRequestID),
		CreateDate:   payloadDate(created),
	}
}

// person names one of the people of the story.
func (f fiction) person(which uint64) string {
	first := [...]string{"Fulana", "Beltrano", "Sicrana", "Fulano", "Beltrana", "Sicrano"}
	draw := scramble(f.draw + which)
	return fmt.Sprintf("%s de Teste %d", first[draw%uint64(len(first))], draw/8%10_000)
}

// orNull makes an empty string null in JSON.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// encode writes JSON as the vendor does: < and > are not escaped.
func encode(v any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		// Only this package's own structs of strings and numbers come here.
		return "{}"
	}
	return strings.TrimSuffix(text.String(), "\n")
}
