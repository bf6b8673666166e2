package celcoin

import (
	"cmp"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/reenvio/reenvio-go/internal/argument"
	"github.com/reenvio/reenvio-go/internal/redact"
)

// Status is how far a webhook has come. The set is open.
type Status string

// The documented statuses.
const (
	// StatusPending: not delivered; Celcoin may have given up.
	StatusPending Status = "PENDENTE"
	// StatusSent: the receiver answered 200.
	StatusSent Status = "ENVIADO"
)

// Webhook is one notification and its last delivery, as the details call tells
// it. Any field may be empty.
//
// Printing or logging a Webhook shows neither payload nor filter, which hold
// personal data. Marshalling it to JSON gives Celcoin's own form, with all; so
// does slog's JSON handler for a slice of webhooks, which it marshals.
type Webhook struct {
	// ID is opaque. One Pix transaction can have several webhooks of one ID
	// that differ in entity or in the payload's status.
	ID     string `json:"webhookId"`
	Status Status `json:"status"`
	// HTTPStatusCode is the receiver's last answer; 0: it never answered.
	HTTPStatusCode int    `json:"httpStatusCode"`
	URL            string `json:"webhookUrl"`
	// Request is the payload, JSON as a string, exactly as it was sent.
	Request string `json:"request"`
	// Response is what the receiver answered: JSON, HTML or any text.
	Response string `json:"response"`
	// Created and LastUpdated may be three hours off: see [Timestamp].
	Created     Timestamp `json:"createDate"`
	LastUpdated Timestamp `json:"lastUpdateDate"`
	Filter      Filter    `json:"filter"`
}

// Filter is what a webhook can be found by. In a request, an empty field does
// not filter. Printing or logging a Filter shows only which fields are set;
// marshalling it to JSON gives all.
type Filter struct {
	DocumentNumber  string `json:"documentNumber,omitempty"` // CPF or CNPJ
	Account         string `json:"account,omitempty"`
	ID              string `json:"id,omitempty"`
	ClientRequestID string `json:"clientRequestId,omitempty"`
}

func (f Filter) check() error {
	return cmp.Or(
		argument.Text("DocumentNumber", f.DocumentNumber), argument.Text("Account", f.Account),
		argument.Text("ID", f.ID), argument.Text("ClientRequestID", f.ClientRequestID),
	)
}

// String shows which fields are set, and nothing of them.
func (f Filter) String() string {
	return "{DocumentNumber:" + redact.Presence(f.DocumentNumber != "") +
		" Account:" + redact.Presence(f.Account != "") +
		" ID:" + redact.Presence(f.ID != "") +
		" ClientRequestID:" + redact.Presence(f.ClientRequestID != "") + "}"
}

// Format prints String for every verb.
func (f Filter) Format(s fmt.State, verb rune) { redact.Format(s, verb, f.String()) }

// LogValue is String.
func (f Filter) LogValue() slog.Value { return slog.StringValue(f.String()) }

// String shows what is neither payload nor personal.
func (w Webhook) String() string {
	return "{ID:" + strconv.Quote(w.ID) + " Status:" + strconv.Quote(string(w.Status)) +
		" HTTPStatusCode:" + strconv.Itoa(w.HTTPStatusCode) +
		" Created:" + strconv.Quote(w.Created.Raw) + " LastUpdated:" + strconv.Quote(w.LastUpdated.Raw) +
		" Request:[" + strconv.Itoa(len(w.Request)) + " bytes] Response:[" + strconv.Itoa(len(w.Response)) + " bytes]}"
}

// Format prints String for every verb.
func (w Webhook) Format(s fmt.State, verb rune) { redact.Format(s, verb, w.String()) }

// LogValue is String.
func (w Webhook) LogValue() slog.Value { return slog.StringValue(w.String()) }
