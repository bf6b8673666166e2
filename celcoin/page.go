package celcoin

import (
	"bytes"

	"github.com/reenvio/reenvio-go/internal/lenient"
)

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

// decodePage sets memory aside for the webhooks first, so that decoding need not
// grow the list: an eighth of what a page costs.
func decodePage(data []byte, e *envelope[wirePage]) error {
	// Without the first quote, as the search looks for the first byte first, and
	// quotes are everywhere. The last one leaves out the names within payloads.
	n := min(bytes.Count(data, []byte(`webhookId"`)), defaultPageSize)
	if n > 0 {
		e.Body = &wirePage{Webhooks: make([]Webhook, 0, n)}
	}
	mismatch, err := lenient.Unmarshal(data, e)
	w := e.Body
	if w != nil && mismatch {
		w.reread(data)
	}
	// A page without webhooks must say how many there are, or have an empty list.
	if w != nil && len(w.Webhooks) == 0 && (w.Webhooks == nil || cap(w.Webhooks) > 0) && !w.TotalItems.Set {
		e.Body = nil
	}
	return err
}

func (w *wirePage) page(asked PageOptions) *WebhookPage {
	return &WebhookPage{
		ReplaySummary: w.count(),
		Page:          w.CurrentPage.Or(asked.Page),
		TotalPages:    w.TotalPages.Or(0),
		PageSize:      w.LimitPerPage.Or(asked.PageSize),
		Limit:         w.Limit.Or(0),
		Webhooks:      w.Webhooks,
	}
}

// reread decodes the webhooks of a page once more, taking every field in
// whatever type it came.
func (w *wirePage) reread(data []byte) {
	var loose struct {
		Body struct {
			Webhooks []map[string]lenient.Text `json:"webhookDetails"`
		} `json:"body"`
	}
	if _, err := lenient.Unmarshal(data, &loose); err != nil || len(loose.Body.Webhooks) == 0 {
		return
	}
	w.Webhooks = make([]Webhook, len(loose.Body.Webhooks))
	for i, l := range loose.Body.Webhooks {
		var status lenient.Int
		var filter map[string]lenient.Text
		_ = status.UnmarshalJSON([]byte(l["httpStatusCode"]))  // it never fails
		_, _ = lenient.Unmarshal([]byte(l["filter"]), &filter) // a filter that cannot be read is empty
		w.Webhooks[i] = Webhook{
			ID: string(l["webhookId"]), Status: Status(l["status"]), HTTPStatusCode: status.Value,
			URL: string(l["webhookUrl"]), Request: string(l["request"]), Response: string(l["response"]),
			Created: ParseTimestamp(string(l["createDate"])), LastUpdated: ParseTimestamp(string(l["lastUpdateDate"])),
			Filter: Filter{
				DocumentNumber:  string(filter["documentNumber"]),
				Account:         string(filter["account"]),
				ID:              string(filter["id"]),
				ClientRequestID: string(filter["clientRequestId"]),
			},
		}
	}
}
