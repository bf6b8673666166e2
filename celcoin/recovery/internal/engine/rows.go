package engine

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
)

// maxIDLength is how long an id may be: far longer than any that is known.
const maxIDLength = 500

// itemOf keeps of a webhook what is neither payload nor personal. A row that
// cannot be asked for by its id has an error.
func itemOf(w *celcoin.Webhook) ledger.Item {
	it := ledger.Item{
		ID: w.ID, Status: w.Status, HTTPStatus: w.HTTPStatusCode,
		Created: cut(w.Created.Raw), Updated: cut(w.LastUpdated.Raw),
	}
	if e, err := inbox.Parse([]byte(w.Request)); err == nil {
		it.Key, it.PayloadStatus = e.Key(), cut(e.Status)
	}
	control := func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }
	switch {
	case w.ID == "":
		it.Error = "the row has no webhookId"
	case len(w.ID) > maxIDLength:
		it.ID, it.Error = cut(w.ID)+"…", "its webhookId is too long to be sent"
	case strings.ContainsFunc(w.ID, control):
		it.ID = strings.Map(func(r rune) rune {
			if control(r) {
				return '?'
			}
			return r
		}, w.ID)
		it.Error = "its webhookId has characters that cannot be sent"
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

// cut shortens a text that should be a date or a word.
func cut(s string) string {
	const longest = 64
	if len(s) <= longest {
		return s
	}
	n := longest
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// rowName tells rows apart: one id may have several, and a listing may show one twice.
type rowName struct{ id, key, created string }

func nameOf(it *ledger.Item) rowName { return rowName{it.ID, it.Key, it.Created} }
