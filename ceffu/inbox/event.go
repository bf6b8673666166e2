package inbox

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/internal/canonical"
	"github.com/reenvio/reenvio-go/internal/lenient"
	"github.com/reenvio/reenvio-go/internal/receive"
	"github.com/reenvio/reenvio-go/internal/redact"
)

// ErrNotJSON is the error of [Parse] for what is not a JSON object. The handler
// answers 400 to it.
var ErrNotJSON = receive.ErrNotJSON

// Event is a webhook of Ceffu, as the receiver gets it. Ids are strings, also
// where they come as numbers: they exceed 2^53.
//
// Printing, logging and marshalling an Event shows event type, ids, status and
// size, and nothing else of the payload. To hand an event on, for example to a
// queue, store Raw and [Parse] it again.
type Event struct {
	EventType   ceffu.EventType // event, for example ceffu.DepositSuccess
	WebhookID   string          // webhookId: the endpoint that it was sent for, not the event
	EntityID    string          // entityId
	OrderViewID string          // data.orderViewId: the order
	Status      string          // data.status
	Data        json.RawMessage // see [Event.Decode]
	Raw         []byte          // the payload as it was received
}

// envelope is the outermost object.
type envelope struct {
	Event     lenient.Text    `json:"event"`
	WebhookID lenient.Text    `json:"webhookId"`
	EntityID  lenient.Text    `json:"entityId"`
	Data      json.RawMessage `json:"data"`
}

// Parse reads a webhook's payload. The shape is known from one sample that
// somebody published in 2024, so Parse refuses nothing but what is not a JSON
// object, with [ErrNotJSON]: fields that it does not know stay in Raw, and those
// that are missing or of another type are empty. If event, orderViewId or status
// is an object or a list, OrderViewID is empty too, so that [Event.Key] is made
// of the whole payload.
func Parse(raw []byte) (*Event, error) {
	var e envelope
	if err := receive.Object(raw, &e); err != nil {
		return nil, err
	}
	event := &Event{Data: receive.Present(e.Data), Raw: raw}
	kind, ok1 := e.Event.Scalar()
	event.EventType = ceffu.EventType(kind)
	event.WebhookID, _ = e.WebhookID.Scalar()
	event.EntityID, _ = e.EntityID.Scalar()
	var data struct {
		OrderViewID lenient.Text `json:"orderViewId"`
		Status      lenient.Text `json:"status"`
	}
	if _, err := lenient.Unmarshal(e.Data, &data); err == nil {
		var ok2, ok3 bool
		event.OrderViewID, ok2 = data.OrderViewID.Scalar()
		event.Status, ok3 = data.Status.Scalar()
		if !ok1 || !ok2 || !ok3 {
			event.OrderViewID = ""
		}
	}
	return event, nil
}

// isTest tells whether a payload is what the Test button in Ceffu's UI sends:
// documented as empty data, which here is an empty body, an empty value, or an
// object that has nothing beside ids, event, timestamp and signature.
func isTest(raw []byte) bool {
	var members map[string]json.RawMessage
	if empty(receive.Trim(raw)) {
		return true
	}
	if _, err := lenient.Unmarshal(raw, &members); err != nil || members == nil {
		return false
	}
	for _, name := range []string{"entityId", "webhookId", "event", "timestamp", "sign"} {
		delete(members, name)
	}
	for _, value := range members {
		if !empty(value) {
			return false
		}
	}
	return true
}

// empty tells whether a JSON value, or a missing one, tells nothing.
func empty(value []byte) bool {
	return slices.Contains([]string{"", "null", "false", `""`, "{}", "[]"}, string(receive.Canonical(value)))
}

// Key tells events apart: two payloads of the same key are two deliveries of
// one event. It is made of event, orderViewId and status of data. Without an
// orderViewId it is made of event and the SHA-256 of [Event.Payload]: if Ceffu
// changes timestamp or sign between deliveries, which is unknown, each of these
// is then an event of its own, which is processed twice rather than never.
//
// A key is printable ASCII of at most 600 bytes, differs from every key of
// Celcoin's, and stays the same in later versions of this module.
func (e *Event) Key() string {
	if e.OrderViewID != "" {
		return canonical.Key("ceffu", string(e.EventType), e.OrderViewID, e.Status)
	}
	return canonical.Key("ceffu", string(e.EventType), "", canonical.Sum(e.Payload()))
}

// Payload is what the deliveries of one event have in common, in canonical form
// (members in the order of their names, no white space, one spelling for each
// string and number): Data, without the timestamp and the signature around it.
// Without an orderViewId it is all of Raw. By it, an inbox tells a second
// delivery from another event of the same key.
func (e *Event) Payload() []byte {
	raw := e.Raw
	if e.OrderViewID != "" {
		raw = e.Data
	}
	return receive.Canonical(raw)
}

// Transfer is the data of a deposit or a withdrawal, as far as the one
// published sample shows it. The meaning of the numbers is not documented.
type Transfer struct {
	OrderViewID  Text        `json:"orderViewId"`
	TransferType Text        `json:"transferType"`
	Direction    Text        `json:"direction"`
	CoinSymbol   Text        `json:"coinSymbol"`
	Amount       json.Number `json:"amount"` // of CoinSymbol
	FeeSymbol    Text        `json:"feeSymbol"`
	Status       Text        `json:"status"`
	TxTime       Text        `json:"txTime"` // Unix milliseconds, in the sample
	WalletID     Text        `json:"walletId"`
}

// Text is a string that may also come as a number, of which it keeps the
// spelling. null is empty. It never fails to decode.
type Text string

// UnmarshalJSON never fails.
func (t *Text) UnmarshalJSON(data []byte) error {
	return (*lenient.Text)(t).UnmarshalJSON(data)
}

// Decode reads Data into v, a pointer: to [Transfer] or a type of your own. Data
// that does not fit is an error, which names the field and shows nothing of the
// payload. A missing field is not an error.
func (e *Event) Decode(v any) error {
	if len(e.Data) == 0 {
		return fmt.Errorf("inbox: decode event %q: it has no data", e.EventType)
	}
	return lenient.Decode(fmt.Sprintf("inbox: decode event %q", string(e.EventType)), e.Data, v)
}

// String shows what a log may hold.
func (e Event) String() string {
	return fmt.Sprintf("{EventType:%q WebhookID:%q OrderViewID:%q Status:%q Raw:[%d bytes]}",
		string(e.EventType), e.WebhookID, e.OrderViewID, e.Status, len(e.Raw))
}

// Format prints String for every verb.
func (e Event) Format(s fmt.State, verb rune) { redact.Format(s, verb, e.String()) }

// LogValue is String.
func (e Event) LogValue() slog.Value { return slog.StringValue(e.String()) }

// MarshalJSON is String as a JSON string: an event within something that is
// logged as JSON must not show its payload.
func (e Event) MarshalJSON() ([]byte, error) { return json.Marshal(e.String()) }
