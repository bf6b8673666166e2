package inbox

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/canonical"
	"github.com/reenvio/reenvio-go/internal/lenient"
	"github.com/reenvio/reenvio-go/internal/receive"
	"github.com/reenvio/reenvio-go/internal/redact"
)

// ErrNotJSON is the error of [Parse] for what is not a JSON object. The handler
// answers 400 to it.
var ErrNotJSON = receive.ErrNotJSON

// Event is a webhook of Celcoin, as the receiver gets it.
//
// Printing, logging and marshalling an Event shows entity, status, webhookId,
// date and size, and nothing else of the payload, which holds personal data. To
// hand an event on, for example to a queue, store Raw and [Parse] it again.
type Event struct {
	// Entity names the event. It is empty in the legacy Pix form, which has none.
	Entity celcoin.Entity
	// Status is the status of the transaction, for example CONFIRMED or ERROR;
	// in the legacy Pix form the description of its status code.
	Status string
	// WebhookID is opaque, and missing from some events. For Pix it equals the
	// transaction's id, so one id comes with several entities and statuses.
	WebhookID string
	// Created is createTimestamp or createTimeStamp: both spellings are seen.
	Created celcoin.Timestamp
	// Body is what the event is about, see [Event.Decode]; in the legacy Pix
	// form its RequestBody.
	Body json.RawMessage
	// Error stands beside Body on status ERROR, and has errorCode and message.
	Error json.RawMessage
	// Raw is the payload as it was received, with all that is not listed above.
	Raw []byte
}

// envelope is the outermost object. encoding/json ignores the case of names, so
// that createTimeStamp is taken too.
type envelope struct {
	Entity      lenient.Text      `json:"entity"`
	Status      lenient.Text      `json:"status"`
	WebhookID   lenient.Text      `json:"webhookId"`
	Created     celcoin.Timestamp `json:"createTimestamp"`
	Body        json.RawMessage   `json:"body"`
	Error       json.RawMessage   `json:"error"`
	RequestBody json.RawMessage   `json:"requestBody"`
}

// Parse reads a webhook's payload. It also takes the request of a
// [celcoin.Webhook], which is the same payload.
//
// It refuses nothing but what is not a JSON object, with [ErrNotJSON]: fields
// that it does not know stay in Raw, and those that are missing or of another
// type are empty. A number for a string is its text. The legacy Pix form,
// {"RequestBody":{…}}, has neither entity nor webhookId: its Body is the
// RequestBody, see [LegacyPix]. If entity, status or webhookId is an object or a
// list, WebhookID is empty too, so that [Event.Key] is made of the whole payload.
func Parse(raw []byte) (*Event, error) {
	var e envelope
	if err := receive.Object(raw, &e); err != nil {
		return nil, err
	}
	entity, ok1 := e.Entity.Scalar()
	status, ok2 := e.Status.Scalar()
	id, ok3 := e.WebhookID.Scalar()
	if !ok1 || !ok2 || !ok3 {
		id = ""
	}
	if _, ok := lenient.Text(e.Created.Raw).Scalar(); !ok {
		e.Created = celcoin.Timestamp{}
	}
	event := &Event{
		Entity:    celcoin.Entity(entity),
		Status:    status,
		WebhookID: id,
		Created:   e.Created,
		Body:      receive.Present(e.Body),
		Error:     receive.Present(e.Error),
		Raw:       raw,
	}
	if legacy := receive.Present(e.RequestBody); event.Entity == "" && event.Body == nil && legacy != nil {
		event.Body = legacy
		event.Status = legacyStatus(legacy)
	}
	return event, nil
}

// Key tells events apart: two payloads of the same key are two deliveries of
// one event. It is made of entity, webhookId and status, because for Pix one
// webhookId comes with several of both. Without a webhookId it is made of
// entity, status and the SHA-256 of [Event.Payload].
//
// A key is printable ASCII of at most 600 bytes and has no personal data. Keys
// stay the same in later versions of this module.
func (e *Event) Key() string {
	if e.WebhookID != "" {
		return canonical.Key(string(e.Entity), e.WebhookID, e.Status)
	}
	return canonical.Key(string(e.Entity), "", e.Status, canonical.Sum(e.Payload()))
}

// Payload is Raw in canonical form, by which an inbox tells a second delivery
// from another event of the same key: members in the order of their names, no
// white space, and one spelling for each string and number (1, 1.0 and 10e-1
// are the same; 1 and "1" are not, nor are null and a missing member). In a
// payload with text that is not valid Unicode, only white space is taken out.
func (e *Event) Payload() []byte { return receive.Canonical(e.Raw) }

// String shows what is not personal.
func (e Event) String() string {
	return fmt.Sprintf("{Entity:%q Status:%q WebhookID:%q Created:%q Raw:[%d bytes]}",
		string(e.Entity), e.Status, e.WebhookID, e.Created.Raw, len(e.Raw))
}

// Format prints String for every verb.
func (e Event) Format(s fmt.State, verb rune) { redact.Format(s, verb, e.String()) }

// LogValue is String.
func (e Event) LogValue() slog.Value { return slog.StringValue(e.String()) }

// MarshalJSON is String as a JSON string: an event within something that is
// logged as JSON must not show its payload.
func (e Event) MarshalJSON() ([]byte, error) { return json.Marshal(e.String()) }
