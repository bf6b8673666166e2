package celcointest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// sample makes up the people and the money of one webhook. It is drawn from the
// webhook's id, so that the same id always tells the same, and nothing in it can
// be taken for real: documents begin with 000, accounts with 999, people are
// called "de Teste".
type sample struct {
	entity celcoin.Entity
	id     string
	draw   uint64
}

func newSample(entity celcoin.Entity, id string) sample {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(id)) // a hash takes everything
	return sample{entity, id, scramble(hash.Sum64())}
}

func (s sample) is(part string) bool { return strings.Contains("-"+string(s.entity)+"-", part) }

// filter is what the webhook can be found by. An incoming event has no
// clientRequestId, as nobody here requested it; only Pix has a transaction id.
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

// madeUpID is the n-th id of a seed: a UUID of version 4.
func madeUpID(seed, n uint64) string {
	var raw [16]byte
	high := scramble(scramble(seed) + n)
	binary.BigEndian.PutUint64(raw[:8], high&^0xf000|0x4000)
	binary.BigEndian.PutUint64(raw[8:], scramble(high+n)>>2|1<<63)
	text := hex.EncodeToString(raw[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// scramble is the finaliser of SplitMix64: every bit of x changes about half of
// the bits of the result.
func scramble(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// orNull makes an empty string null in JSON.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// encode writes JSON as the vendor does: < and > are not escaped.
func encode[T any](v T) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return []byte("{}") // only strings and numbers of this package's own come here
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}
