package celcointest

import (
	"fmt"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

const statusSuccess = "SUCCESS"

// summary is the body of count and replay, and the end of that of details.
type summary struct {
	OnlyPending bool           `json:"onlyPending"`
	Entity      celcoin.Entity `json:"entity"`
	DateFrom    *string        `json:"dateFrom"`
	DateTo      *string        `json:"dateTo"`
	TotalItems  int            `json:"totalItems"`
}

type detailsPage struct {
	Limit          int      `json:"limit"`
	CurrentPage    int      `json:"currentPage"`
	LimitPerPage   int      `json:"limitPerPage"`
	TotalPages     int      `json:"totalPages"`
	WebhookDetails []detail `json:"webhookDetails"`
	summary
}

type detail struct {
	WebhookID      *string        `json:"webhookId"`
	HTTPStatusCode *int           `json:"httpStatusCode"`
	WebhookURL     *string        `json:"webhookUrl"`
	Request        string         `json:"request"`
	Response       *string        `json:"response"`
	Status         celcoin.Status `json:"status"`
	CreateDate     string         `json:"createDate"`
	LastUpdateDate string         `json:"lastUpdateDate"`
	Filter         detailFilter   `json:"filter"`
}

type detailFilter struct {
	DocumentNumber  *string `json:"documentNumber"`
	Account         *string `json:"account"`
	ID              *string `json:"id"`
	ClientRequestID *string `json:"clientRequestId"`
}

// enveloped is a success; members stand in the order of the vendor's samples.
func enveloped[T any](body T, status string) *simulator.Reply {
	text := fmt.Appendf(nil, `{"body":%s,"status":%s,"version":"1.0.0"}`, encode(body), encode(status))
	return &simulator.Reply{Body: text, Verdict: simulator.VerdictOK}
}

// summary echoes the query with the number of matches.
func (q query) summary(total int) summary {
	return summary{q.onlyPending, q.entity, echoDate(q.from), echoDate(q.to), total}
}

// detail shows a webhook as the details call does.
func (v *vendor) detail(e *entry) detail {
	w := v.show(e)
	if w.CreateDate == "" {
		w.CreateDate = showDate(w.Created, v.cfg.trueDates)
	}
	if w.NullID {
		w.ID = ""
	}
	filter := detailFilter{
		orNull(w.Filter.DocumentNumber), orNull(w.Filter.Account), orNull(w.Filter.ID), orNull(w.Filter.ClientRequestID),
	}
	return detail{
		orNull(w.ID), orNull(w.HTTPStatusCode), orNull(w.URL), w.Request, orNull(w.Response), w.Status,
		w.CreateDate, showDate(w.LastUpdated, v.cfg.trueDates), filter,
	}
}
