package main

import (
	"context"
	"iter"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
)

// ResendAllRequest is to be ceffu's.
type ResendAllRequest struct {
	WebhookIDs []string
	EventTypes []ceffu.EventType
	From       time.Time
}

// ResendOutcome is to be ceffu's.
type ResendOutcome struct {
	WebhookID string
	EventType ceffu.EventType
	Accepted  bool
	Err       error
}

func resendAll(ctx context.Context, c *ceffu.Client, req ResendAllRequest) iter.Seq2[ResendOutcome, error] {
	return func(yield func(ResendOutcome, error) bool) {
		for _, id := range req.WebhookIDs {
			for _, event := range req.EventTypes {
				result, err := c.ResendWebhooks(ctx, ceffu.ResendRequest{WebhookID: id, EventType: event, From: req.From})
				if ctx.Err() != nil {
					yield(ResendOutcome{}, ctx.Err())
					return
				}
				o := ResendOutcome{WebhookID: id, EventType: event, Err: err, Accepted: err == nil && result.Accepted}
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}
