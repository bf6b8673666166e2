package inboxsql

import (
	"context"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// Received tells for each item of a recovery whether its event was processed:
// it is what recovery.WithReceived asks. An item without a key, whose payload
// Celcoin does not show or shows as something else than JSON, was not, as far as
// this inbox can know.
func (i *Inbox[E]) Received(ctx context.Context, items []recovery.Item) ([]bool, error) {
	keys := make([]string, len(items))
	for n, item := range items {
		keys[n] = item.Key
	}
	return i.Has(ctx, keys)
}
