package celcointest_test

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

func TestClientRecoversWhatWasMissed(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]celcointest.Option{
		"plain":               nil,
		"TLS":                 {celcointest.WithTLS()},
		"pending hidden":      {celcointest.WithPendingHidden(true)},
		"true dates":          {celcointest.WithTrueDates(true)},
		"a default limit":     {celcointest.WithDefaultLimit(200)},
		"newest first":        {celcointest.WithNewestFirst(true)},
		"single token":        {celcointest.WithSingleToken(true)},
		"nothing, with a 200": {celcointest.WithEmptyDetailsOK(true)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recoverAll(t, celcointest.NewServer(t, append(opts, celcointest.WithReceiver(ok()))...))
		})
	}
}

func TestClientRecoversInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		recoverAll(t, celcointest.NewServer(t, celcointest.WithReceiver(ok()), celcointest.WithReplayDelay(time.Minute)))
	})
}

// recoverAll lists what is pending, replays it, and lists again.
func recoverAll(t *testing.T, s *celcointest.Server) {
	t.Helper()
	now := time.Now()
	require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentOut, 450, now.Add(-time.Hour), now))
	client, err := s.Client()
	require.NoError(t, err)
	pending := true
	query := celcoin.Query{Entity: celcoin.EntityPixPaymentOut, From: now.Add(-4 * time.Hour), To: now, OnlyPending: &pending}
	var ids []string
	for webhook, err := range client.Webhooks(t.Context(), query) {
		require.NoError(t, err)
		ids = append(ids, webhook.ID)
	}
	require.Len(t, ids, 450)
	for _, id := range ids {
		summary, err := client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Entity: query.Entity, WebhookID: id})
		require.NoError(t, err)
		require.Equal(t, 1, summary.TotalItems)
	}
	s.Settle()
	summary, err := client.CountWebhooks(t.Context(), query)
	require.NoError(t, err)
	assert.Zero(t, summary.TotalItems)
	for _, err := range client.Webhooks(t.Context(), query) {
		require.NoError(t, err)
		assert.Fail(t, "something is left")
	}
	assert.Zero(t, s.Pending(celcoin.EntityPixPaymentOut))
	assert.Equal(t, 1, s.TokenRequests())
}

func TestClientTakesFurtherOptions(t *testing.T) {
	t.Parallel()
	s := celcointest.NewServer(t)
	client, err := s.Client(celcoin.WithRetryPolicy(celcoin.RetryPolicy{MaxRetries: -1}))
	require.NoError(t, err)
	require.NoError(t, s.Inject(celcointest.Fault{Operation: "count", Status: http.StatusServiceUnavailable, Times: -1}))
	_, err = client.CountWebhooks(t.Context(), celcoin.Query{
		Entity: celcoin.EntityKYC, Product: celcoin.ProductBaaS, From: time.Now().Add(-time.Hour), To: time.Now(),
	})
	require.ErrorIs(t, err, celcoin.ErrServer)
	assert.Len(t, s.Requests(), 2)
}

func ok() http.Handler { return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}) }
