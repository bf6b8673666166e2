package recovery_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// paged is a client that lists in pages of another size.
type paged struct {
	*celcoin.Client
	size int
}

func (p paged) Webhooks(ctx context.Context, q celcoin.Query, opts ...celcoin.CallOption) iter.Seq2[celcoin.Webhook, error] {
	return func(yield func(celcoin.Webhook, error) bool) {
		for n := 1; ; n++ {
			page, err := p.ListWebhooks(ctx, q, celcoin.PageOptions{Page: n, PageSize: p.size}, opts...)
			if err != nil {
				yield(celcoin.Webhook{}, err)
				return
			}
			for _, w := range page.Webhooks {
				if !yield(w, nil) {
					return
				}
			}
			if n >= page.TotalPages {
				return
			}
		}
	}
}

// A loop that replays what it has just listed makes the set shrink under its
// pages, and never sees the rest.
func TestANaiveLoopLosesWebhooksAndARecoveryNone(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 7, 50, 199, 200} {
		t.Run(fmt.Sprintf("pages of %d", size), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 600)
				client := paged{s.client, size}
				q := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: s.from, To: s.to, OnlyPending: new(true)}
				for w, err := range client.Webhooks(t.Context(), q) {
					require.NoError(t, err)
					_, err := client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Entity: q.Entity, WebhookID: w.ID})
					require.NoError(t, err)
					s.server.Settle()
				}
				lost := s.server.Pending(q.Entity)
				assert.Greater(t, lost, 150, "the naive loop loses a part")

				r, err := recovery.New(client, recovery.WithRate(1000, 100))
				require.NoError(t, err)
				report, err := r.Recover(t.Context(), s.request("pages"))
				drained(t, s, report, err)
				assert.Equal(t, lost+300, report.Totals.Delivered)
				most, distinct := s.most()
				assert.Equal(t, 1, most)
				assert.Equal(t, 900, distinct)
			})
		})
	}
}
