package celcointest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"

	"github.com/reenvio/reenvio-go/celcoin"
)

// draw is what a webhook's people and money come from, so that an id always tells the same.
// Nothing looks real: documents begin with 000, accounts with 999, people are "de Teste".
func draw(id string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(id)) // a hash takes everything
	return hash.Sum64()
}

// is says whether an entity is of a kind: "pix", or "in" for events that come in.
func is(entity celcoin.Entity, kind string) bool {
	return strings.Contains("-"+string(entity)+"-", "-"+kind+"-")
}

// madeUpFilter is what a webhook can be found by. An incoming event has no
// clientRequestId, as nothing here requested it; only Pix has a transaction id.
func madeUpFilter(entity celcoin.Entity, id string) celcoin.Filter {
	filter := celcoin.Filter{
		DocumentNumber: fmt.Sprintf("000%08d", draw(id)%100_000_000),
		Account:        fmt.Sprintf("999%09d", draw(id)/7%1_000_000_000),
	}
	if is(entity, "pix") {
		filter.ID = id
	}
	if !is(entity, "in") {
		filter.ClientRequestID = fmt.Sprintf("teste-%d", draw(id)%1_000_000_000)
	}
	return filter
}

// The envelope and the body of the account events are those of the vendor's samples; the Pix
// body is made up after integrators' notes, for tests that look at amounts and parties.
const (
	envelopeFormat = `{"entity":%s,"createTimestamp":"%s","status":%s,"body":%s,"webhookId":%s}`
	pixFormat      = `{"id":%s,"amount":%d.%02d,"clientCode":%s,"endToEndId":"E99999999%s%011d","initiationType":"DICT",` +
		`"transactionType":"TRANSFER","debitParty":%s,"creditParty":%s,"remittanceInformation":"Teste"}`
	partyFormat   = `{"bank":"99999999","branch":"0001","account":%s,"accountType":"TRAN","taxId":%s,"name":"%s"}`
	accountFormat = `{"account":{"branch":"0001","account":%s,"name":"Fulana de Teste %d","documentNumber":%s},` +
		`"onboardingId":%s,"clientCode":%s,"createDate":"%s"}`
)

// payload is the JSON that the receiver is sent.
func payload(w Webhook) string {
	id, account, document := encode(w.ID), encode(w.Filter.Account), encode(w.Filter.DocumentNumber)
	date, clientCode, n := payloadDate(w.Created), encode(orNull(w.Filter.ClientRequestID)), draw(w.ID)
	body := fmt.Sprintf(accountFormat, account, n%10_000, document, id, clientCode, date)
	if is(w.Entity, "pix") {
		debit := fmt.Sprintf(partyFormat, account, document, "Fulana de Teste")
		credit := fmt.Sprintf(partyFormat, `"999000000001"`, `"00000000001"`, "Beltrano de Teste")
		if is(w.Entity, "in") {
			debit, credit = credit, debit
		}
		body = fmt.Sprintf(pixFormat, id, 1+n/17%5000, n/19%100, clientCode,
			w.Created.UTC().Format("200601021504"), n%100_000_000_000, debit, credit)
	}
	return fmt.Sprintf(envelopeFormat, encode(w.Entity), date, encode(cmp.Or(w.PayloadStatus, "CONFIRMED")), body, id)
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
