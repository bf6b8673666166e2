package celcointest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// sample makes up the people and the money of one webhook. It is drawn from the
// webhook's id, so that the same id always tells the same. Nothing in it can be taken
// for real: documents begin with 000, accounts with 999, people are called "de Teste".
type sample struct {
	entity celcoin.Entity
	id     string
	draw   uint64
}

func newSample(entity celcoin.Entity, id string) sample {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(id)) // a hash takes everything
	return sample{entity, id, hash.Sum64()}
}

func (s sample) is(part string) bool { return strings.Contains("-"+string(s.entity)+"-", part) }

// filter is what the webhook can be found by. An incoming event has no
// clientRequestId, as nothing here requested it; only Pix has a transaction id.
func (s sample) filter() celcoin.Filter {
	filter := celcoin.Filter{
		DocumentNumber: fmt.Sprintf("000%08d", s.draw%100_000_000),
		Account:        fmt.Sprintf("999%09d", s.draw/7%1_000_000_000),
	}
	if s.is("-pix-") {
		filter.ID = s.id
	}
	if !s.is("-in-") {
		filter.ClientRequestID = fmt.Sprintf("teste-%d", s.draw%1_000_000_000)
	}
	return filter
}

// The envelope and the body of the account events are those of the vendor's
// samples; the Pix body is made up after integrators' notes, for tests that look
// at amounts and parties.
const (
	envelopeFormat = `{"entity":%s,"createTimestamp":"%s","status":%s,"body":%s,"webhookId":%s}`
	pixFormat      = `{"id":%s,"amount":%d.%02d,"clientCode":%s,"endToEndId":"E99999999%s%011d","initiationType":"DICT",` +
		`"transactionType":"TRANSFER","debitParty":%s,"creditParty":%s,"remittanceInformation":"Teste"}`
	partyFormat   = `{"bank":"99999999","branch":"0001","account":%s,"accountType":"TRAN","taxId":%s,"name":"%s"}`
	accountFormat = `{"account":{"branch":"0001","account":%s,"name":"Fulana de Teste %d","documentNumber":%s},` +
		`"onboardingId":%s,"clientCode":%s,"createDate":"%s"}`
)

// payload is the JSON that the receiver is sent.
func (s sample) payload(created time.Time, filter celcoin.Filter, status string) string {
	id, account, document, date := encode(s.id), encode(filter.Account), encode(filter.DocumentNumber), payloadDate(created)
	clientCode := encode(orNull(filter.ClientRequestID))
	body := fmt.Sprintf(accountFormat, account, s.draw%10_000, document, id, clientCode, date)
	if s.is("-pix-") {
		debit := fmt.Sprintf(partyFormat, account, document, "Fulana de Teste")
		credit := fmt.Sprintf(partyFormat, `"999000000001"`, `"00000000001"`, "Beltrano de Teste")
		if s.is("-in-") {
			debit, credit = credit, debit
		}
		body = fmt.Sprintf(pixFormat, id, 1+s.draw/17%5000, s.draw/19%100, clientCode,
			created.UTC().Format("200601021504"), s.draw%100_000_000_000, debit, credit)
	}
	return fmt.Sprintf(envelopeFormat, encode(s.entity), date, encode(status), body, id)
}

// newUUID draws a UUID of version 4.
func newUUID(rng *rand.Rand) string {
	a, b := rng.Uint64(), rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>50|0x8000, b&0xffff_ffff_ffff)
}

// orNull makes what is empty null in JSON.
func orNull[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}

// encode writes JSON as the vendor does: < and > are not escaped.
func encode[T any](v T) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) //nolint:errchkjson // cannot fail with this package's own types
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}
