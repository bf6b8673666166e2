package engine

import (
	"cmp"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/internal/redact"
)

const (
	maxIDLength = 500 // far longer than any that is known
	maxLength   = 64  // of what should be a date or a word
)

// itemOf keeps of a webhook what is neither payload nor personal. A row that
// cannot be asked for by its id has an error.
func itemOf(w *celcoin.Webhook) ledger.Item {
	it := ledger.Item{
		ID: w.ID, Status: celcoin.Status(redact.Text(string(w.Status), maxLength)), HTTPStatus: w.HTTPStatusCode,
		Created: redact.Text(w.Created.Raw, maxLength), Updated: redact.Text(w.LastUpdated.Raw, maxLength),
	}
	if e, err := inbox.Parse([]byte(w.Request)); err == nil {
		it.Key, it.PayloadStatus = e.Key(), redact.Text(e.Status, maxLength)
	}
	control := func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }
	switch {
	case w.ID == "":
		it.Error = "the row has no webhookId"
	case len(w.ID) > maxIDLength:
		it.ID, it.Error = redact.Text(w.ID, maxLength), "its webhookId is too long to be sent"
	case strings.ContainsFunc(w.ID, control):
		it.ID, it.Error = redact.Text(w.ID, maxIDLength), "its webhookId has characters that cannot be sent"
	}
	return it
}

// textsOf are the payload of a webhook, its values, and what it can be found by.
func textsOf(w *celcoin.Webhook) []string {
	texts := []string{w.Request, w.Response, w.Filter.DocumentNumber, w.Filter.Account, w.Filter.ID, w.Filter.ClientRequestID}
	payload := json.NewDecoder(strings.NewReader(w.Request))
	payload.UseNumber()
	var value any
	if payload.Decode(&value) == nil {
		texts = valuesOf(value, texts)
	}
	return texts
}

func valuesOf(value any, texts []string) []string {
	switch v := value.(type) {
	case string:
		return append(texts, v)
	case json.Number:
		return append(texts, v.String())
	case []any:
		for _, e := range v {
			texts = valuesOf(e, texts)
		}
	case map[string]any:
		for _, e := range v {
			texts = valuesOf(e, texts)
		}
	}
	return texts
}

// owned is what belongs to one unit: all rows of an id, or a row that has none.
func owned(it *ledger.Item) string { return cmp.Or(it.ID, " "+it.Key+" "+it.Created) }
