package celcointest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// filled is a server whose receiver takes everything, with ten missed webhooks.
func filled(t *testing.T) *celcointest.Server {
	t.Helper()
	takes := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	server := celcointest.NewServer(t, celcointest.WithReceiver(takes))
	now := time.Now()
	require.NoError(t, server.AddMissed(celcoin.EntityPixPaymentIn, 10, now.Add(-30*24*time.Hour), now))
	return server
}

func TestCountsAreByStatus(t *testing.T) {
	t.Parallel()
	server := filled(t)
	server.Add(
		celcointest.Webhook{Status: celcoin.StatusSent},
		celcointest.Webhook{Status: "OUTRO"},
		celcointest.Webhook{Entity: celcoin.EntityPixReversalIn},
	)
	want := []celcointest.Count{
		{Product: celcoin.ProductPix, Entity: celcoin.EntityPixPaymentIn, Pending: 10, Sent: 1, Other: 1},
		{Product: celcoin.ProductPix, Entity: celcoin.EntityPixReversalIn, Pending: 1},
	}
	assert.Equal(t, want, server.Counts())
	assert.Equal(t, 12, server.Counts()[0].Total())
}

func TestBrowseShowsTheNewestFirstWhateverTheirAge(t *testing.T) {
	t.Parallel()
	server := filled(t)
	all, total := server.Browse(celcointest.Page{Count: 100})
	assert.Equal(t, 10, total)
	require.Len(t, all, 10)
	for i := range all[1:] {
		assert.True(t, all[i].Created.After(all[i+1].Created))
	}
	some, total := server.Browse(celcointest.Page{Status: celcoin.StatusPending, Skip: 8, Count: 5})
	assert.Equal(t, 10, total)
	assert.Equal(t, all[8:], some)
	none, total := server.Browse(celcointest.Page{Status: celcoin.StatusSent, Count: 5})
	assert.Zero(t, total)
	assert.Empty(t, none)
	none, total = server.Browse(celcointest.Page{Entity: "unheard-of", Count: 5})
	assert.Zero(t, total)
	assert.Empty(t, none)
}
