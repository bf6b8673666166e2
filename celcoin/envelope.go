package celcoin

import (
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/internal/lenient"
)

// envelope is what is around every answer, together with the shapes of errors
// that come from before the API or from its older parts.
type envelope[T any] struct {
	Body   *T           `json:"body"`
	Status lenient.Text `json:"status"`
	Error  *struct {
		ErrorCode lenient.Text `json:"errorCode"`
		Message   lenient.Text `json:"message"`
	} `json:"error"`

	Message      lenient.Text `json:"message"`   // gateway: {"statusCode":N,"message":"…"}
	ErrorCode    lenient.Text `json:"errorCode"` // legacy, with one of the two below
	ErrorMessage lenient.Text `json:"errorMessage"`
	Description  lenient.Text `json:"description"`
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

func (e *envelope[T]) failed() bool {
	return strings.EqualFold(string(e.Status), "ERROR") || e.code() != ""
}

// wireSummary is the body of a count and of a replay, and part of a page.
type wireSummary struct {
	Entity      lenient.Text `json:"entity"`
	DateFrom    Timestamp    `json:"dateFrom"`
	DateTo      Timestamp    `json:"dateTo"`
	OnlyPending lenient.Text `json:"onlyPending"`
	TotalItems  lenient.Int  `json:"totalItems"`
}

// ReplaySummary is what Celcoin says of the webhooks that match a request.
type ReplaySummary struct {
	Entity Entity
	// From and To are the window as Celcoin understood it; zero if it did not say.
	From, To    time.Time
	OnlyPending bool
	// TotalItems is how many match; -1 if a list or replay did not say.
	TotalItems int
}

func (w *wireSummary) summary() ReplaySummary {
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
	wireSummary
	CurrentPage  lenient.Int `json:"currentPage"`
	TotalPages   lenient.Int `json:"totalPages"`
	LimitPerPage lenient.Int `json:"limitPerPage"`
	Limit        lenient.Int `json:"limit"`
	// Webhooks are decoded in place, which is what makes a page cheap. Should a
	// field come with another type than documented, decodeLoosely takes over.
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

// decodeLoosely reads the webhooks of a page again, taking every field in
// whatever type it came.
func (p *wirePage) decodeLoosely(data []byte) {
	var again struct {
		Body struct {
			Webhooks []looseWebhook `json:"webhookDetails"`
		} `json:"body"`
	}
	if _, err := lenient.Unmarshal(data, &again); err != nil || len(again.Body.Webhooks) == 0 {
		return
	}
	p.Webhooks = make([]Webhook, len(again.Body.Webhooks))
	for i, w := range again.Body.Webhooks {
		p.Webhooks[i] = Webhook{
			ID: string(w.ID), Status: Status(w.Status), HTTPStatusCode: w.HTTPStatusCode.Value,
			URL: string(w.URL), Request: string(w.Request), Response: string(w.Response),
			Created: w.Created, LastUpdated: w.LastUpdated,
			Filter: Filter{
				DocumentNumber:  string(w.Filter.DocumentNumber),
				Account:         string(w.Filter.Account),
				ID:              string(w.Filter.ID),
				ClientRequestID: string(w.Filter.ClientRequestID),
			},
		}
	}
}
