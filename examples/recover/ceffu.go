package main

import (
	"context"

	"github.com/reenvio/reenvio-go/ceffu"
)

// resend asks for all failed notifications of one event type, of every webhook.
// Ceffu says neither how many there are nor what arrived.
func (j *job) resend(ctx context.Context, event ceffu.EventType) (row, error) {
	r := row{vendor: "Ceffu", what: event.String(), missed: unknown, arrived: unknown, missing: unknown}
	for _, id := range j.webhookIDs {
		result, err := j.ceffu.ResendWebhooks(ctx, ceffu.ResendRequest{WebhookID: id, EventType: event, From: j.from})
		if err != nil {
			return r, err
		}
		if result.Accepted {
			r.asked++
		}
	}
	return r, nil
}
