package celcoin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

func TestARefusedPageBeyondTheAnnouncedOnesMeansThatSomethingIsMissing(t *testing.T) {
	t.Parallel()
	server := celcointest.NewServer(t, celcointest.WithDefaultLimit(200))
	now := time.Now()
	require.NoError(t, server.AddMissed(celcoin.EntityPixPaymentIn, 450, now.Add(-time.Hour), now))
	require.NoError(t, server.Inject(celcointest.Fault{
		Operation: "details", Skip: 1, Times: -1, Status: 400, Code: "CBE080",
	}))
	client, err := server.Client()
	require.NoError(t, err)
	seen := 0
	var last error
	for _, err := range client.Webhooks(t.Context(), celcoin.Query{
		Entity: celcoin.EntityPixPaymentIn, From: now.Add(-time.Hour), To: now,
	}) {
		if last = err; err == nil {
			seen++
		}
	}
	assert.Equal(t, 200, seen)
	require.ErrorIs(t, last, celcoin.ErrIncomplete)
	assert.ErrorIs(t, last, celcoin.ErrInvalidRequest, "and what the vendor said stays in the chain")
}
