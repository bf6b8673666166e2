package celcoin

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/lenient"
)

// envelope is what is around every response, together with the shapes of errors
// that come from before the API or from its older parts.
type envelope[T any] struct {
	Body   *T           `json:"body"`
	Status lenient.Text `json:"status"`
	Error  *problem     `json:"error"`

	Message      lenient.Text `json:"message"`   // gateway: {"statusCode":N,"message":"…"}
	ErrorCode    lenient.Text `json:"errorCode"` // legacy, with one of the two below
	ErrorMessage lenient.Text `json:"errorMessage"`
	Description  lenient.Text `json:"description"`

	bare bool // there was none: Body is the whole response
}

// problem is the error of an envelope. One that is only a text is its message.
type problem struct {
	ErrorCode lenient.Text `json:"errorCode"`
	Message   lenient.Text `json:"message"`
}

// UnmarshalJSON takes both.
func (p *problem) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return p.Message.UnmarshalJSON(data)
	}
	type plain problem
	return json.Unmarshal(data, (*plain)(p))
}

func (e *envelope[T]) code() string {
	if e.Error != nil && e.Error.ErrorCode != "" {
		return string(e.Error.ErrorCode)
	}
	return string(e.ErrorCode)
}

func (e *envelope[T]) message() string {
	if e.Error != nil && e.Error.Message != "" {
		return string(e.Error.Message)
	}
	for _, m := range [...]lenient.Text{e.Message, e.ErrorMessage, e.Description} {
		if m != "" {
			return string(m)
		}
	}
	return ""
}

func (e *envelope[T]) succeeded() bool { return strings.EqualFold(string(e.Status), "SUCCESS") }

// wireCount is the body of a count and of a replay, and part of a page.
type wireCount struct {
	Entity      lenient.Text `json:"entity"`
	DateFrom    Timestamp    `json:"dateFrom"`
	DateTo      Timestamp    `json:"dateTo"`
	OnlyPending lenient.Text `json:"onlyPending"`
	TotalItems  lenient.Int  `json:"totalItems"`
}

// WebhookCount is what Celcoin says of the webhooks that match a request.
type WebhookCount struct {
	Entity Entity
	// From and To are the window as Celcoin understood it; zero if it did not say.
	From, To    time.Time
	OnlyPending bool
	// TotalItems is how many match; -1 if a list or replay did not say.
	TotalItems int
}

// ReplaySummary is the count of a replay: the webhooks that matched it.
type ReplaySummary = WebhookCount

func (w *wireCount) count() ReplaySummary {
	return ReplaySummary{
		Entity:      Entity(w.Entity),
		From:        w.DateFrom.Time,
		To:          w.DateTo.Time,
		OnlyPending: w.OnlyPending == "true",
		TotalItems:  w.TotalItems.Or(-1),
	}
}

// wirePage is the body of the details.
type wirePage struct {
	wireCount
	CurrentPage  lenient.Int `json:"currentPage"`
	TotalPages   lenient.Int `json:"totalPages"`
	LimitPerPage lenient.Int `json:"limitPerPage"`
	Limit        lenient.Int `json:"limit"`
	// Webhooks are decoded in place, which is what makes a page cheap. Should a
	// field come with another type than documented, reread takes over.
	Webhooks []Webhook `json:"webhookDetails"`
}

// looseWebhook takes a webhook whose fields have changed their types.
type looseWebhook struct {
	ID             lenient.Text `json:"webhookId"`
	Status         lenient.Text `json:"status"`
	HTTPStatusCode lenient.Int  `json:"httpStatusCode"`
	URL            lenient.Text `json:"webhookUrl"`
	Request        lenient.Text `json:"request"`
	Response       lenient.Text `json:"response"`
	Created        Timestamp    `json:"createDate"`
	LastUpdated    Timestamp    `json:"lastUpdateDate"`
	Filter         struct {
		DocumentNumber  lenient.Text `json:"documentNumber"`
		Account         lenient.Text `json:"account"`
		ID              lenient.Text `json:"id"`
		ClientRequestID lenient.Text `json:"clientRequestId"`
	} `json:"filter"`
}

// reread decodes the webhooks of a page once more, taking every field in
// whatever type it came.
func (w *wirePage) reread(data []byte) {
	var loose struct {
		Body struct {
			Webhooks []looseWebhook `json:"webhookDetails"`
		} `json:"body"`
	}
	if _, err := lenient.Unmarshal(data, &loose); err != nil || len(loose.Body.Webhooks) == 0 {
		return
	}
	w.Webhooks = make([]Webhook, len(loose.Body.Webhooks))
	for i, l := range loose.Body.Webhooks {
		w.Webhooks[i] = Webhook{
			ID: string(l.ID), Status: Status(l.Status), HTTPStatusCode: l.HTTPStatusCode.Value,
			URL: string(l.URL), Request: string(l.Request), Response: string(l.Response),
			Created: l.Created, LastUpdated: l.LastUpdated,
			Filter: Filter{
				DocumentNumber:  string(l.Filter.DocumentNumber),
				Account:         string(l.Filter.Account),
				ID:              string(l.Filter.ID),
				ClientRequestID: string(l.Filter.ClientRequestID),
			},
		}
	}
}
