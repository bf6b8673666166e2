package celcoin_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// The main job, end to end, under each reading of what is not documented.
func TestWhatWasMissedArrivesUnderEveryReading(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]celcointest.Option{
		"as documented":                     nil,
		"pending webhooks are hidden":       {celcointest.WithPendingHidden(true)},
		"a listing is capped in mid-page":   {celcointest.WithDefaultLimit(250)},
		"a listing is capped at a page":     {celcointest.WithDefaultLimit(200)},
		"a listing is capped below a page":  {celcointest.WithDefaultLimit(7)},
		"a limit means nothing":             {celcointest.WithLimitIgnored(true), celcointest.WithDefaultLimit(7)},
		"an empty page is 200":              {celcointest.WithEmptyDetailsOK(true)},
		"an empty page is 200, with a cap":  {celcointest.WithEmptyDetailsOK(true), celcointest.WithDefaultLimit(333)},
		"the newest come first":             {celcointest.WithNewestFirst(true), celcointest.WithDefaultLimit(250)},
		"each token revokes the one before": {celcointest.WithSingleToken(true), celcointest.WithTokenLifetime(time.Second)},
		"replays are late, in any order":    {celcointest.WithReplayDelay(time.Minute), celcointest.WithReplaySpread(time.Hour)},
		"calls are limited, with a hint":    {celcointest.WithRateLimit(50, time.Minute, true)},
		"a subscription is needed":          {celcointest.WithSubscriptionRequired(true)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				arrived := 0
				server := celcointest.NewServer(t, append(opts, celcointest.WithReceiver(http.HandlerFunc(
					func(http.ResponseWriter, *http.Request) { arrived++ })))...)
				begin := time.Now()
				require.NoError(t, server.AddMissed(celcoin.EntityPixPaymentIn, 600, begin, begin.Add(time.Hour)))
				<-time.After(time.Hour)
				client, err := server.Client()
				require.NoError(t, err)
				query := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: begin, To: begin.Add(time.Hour), OnlyPending: new(true)}

				count, err := client.CountWebhooks(t.Context(), query)
				require.NoError(t, err)
				assert.Equal(t, 600, count.TotalItems)
				ids, err := collect(t, client.Webhooks(t.Context(), query))
				require.NoError(t, err)
				require.Len(t, ids, 600)
				for _, id := range ids {
					_, err := client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Entity: query.Entity, WebhookID: id})
					require.NoError(t, err)
				}
				server.Settle()
				assert.Equal(t, 600, arrived, "each once")
				assert.Zero(t, server.Pending(query.Entity))
				count, err = client.CountWebhooks(t.Context(), query)
				require.NoError(t, err)
				assert.Zero(t, count.TotalItems)
			})
		})
	}
}

// A set of pending webhooks shrinks while it is replayed from within the loop.
// Some are skipped then, but the loop says so.
func TestReplayingInTheLoopSkipsSomeAndSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := celcointest.NewServer(t, celcointest.WithReceiver(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
		begin := time.Now()
		require.NoError(t, server.AddMissed(celcoin.EntityPixPaymentIn, 600, begin, begin.Add(time.Hour)))
		<-time.After(time.Hour)
		client, err := server.Client()
		require.NoError(t, err)
		query := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: begin, To: begin.Add(time.Hour), OnlyPending: new(true)}
		var last error
		for webhook, err := range client.Webhooks(t.Context(), query) {
			if last = err; err != nil {
				break
			}
			_, err := client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Entity: query.Entity, WebhookID: webhook.ID})
			require.NoError(t, err)
			server.Settle()
		}
		require.ErrorIs(t, last, celcoin.ErrIncomplete)
		assert.NotZero(t, server.Pending(query.Entity))
	})
}
