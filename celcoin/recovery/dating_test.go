package recovery_test

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// dating is a Celcoin that dates a webhook anew when a replay is accepted.
type dating struct {
	recovery.API
	mu    sync.Mutex
	dates map[string]time.Time // by webhook id
}

func newDating(api recovery.API) *dating {
	return &dating{API: api, dates: map[string]time.Time{}}
}

func (d *dating) ReplayWebhooks(
	ctx context.Context, req celcoin.ReplayRequest, opts ...celcoin.CallOption,
) (*celcoin.ReplaySummary, error) {
	summary, err := d.API.ReplayWebhooks(ctx, req, opts...)
	if err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.dates[req.WebhookID] = time.Now()
	}
	return summary, err
}

func (d *dating) Webhooks(ctx context.Context, q celcoin.Query, opts ...celcoin.CallOption) iter.Seq2[celcoin.Webhook, error] {
	return func(yield func(celcoin.Webhook, error) bool) {
		for w, err := range d.API.Webhooks(ctx, q, opts...) {
			d.mu.Lock()
			if at, ok := d.dates[w.ID]; ok {
				w.LastUpdated = celcoin.ParseTimestamp(at.Format(time.RFC3339Nano))
			}
			d.mu.Unlock()
			if !yield(w, err) {
				return
			}
		}
	}
}
