package recovery

import (
	"context"
	"iter"

	"github.com/reenvio/reenvio-go/celcoin"
)

// API is what a recovery needs of Celcoin. *celcoin.Client has it.
type API interface {
	CountWebhooks(ctx context.Context, q celcoin.Query, opts ...celcoin.CallOption) (*celcoin.ReplaySummary, error)
	Webhooks(ctx context.Context, q celcoin.Query, opts ...celcoin.CallOption) iter.Seq2[celcoin.Webhook, error]
	ReplayWebhooks(ctx context.Context, req celcoin.ReplayRequest, opts ...celcoin.CallOption) (*celcoin.ReplaySummary, error)
}

var _ API = (*celcoin.Client)(nil)
