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

// stocked is a server whose receiver takes everything, with ten missed webhooks.
func stocked(t *testing.T) *celcointest.Server {
	t.Helper()
	takes := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	server := celcointest.NewServer(t, celcointest.WithReceiver(takes))
	now := time.Now()
	require.NoError(t, server.AddMissed(celcoin.EntityPixPaymentIn, 10, now.Add(-30*24*time.Hour), now))
	return server
}

func TestStocksCountByStatus(t *testing.T) {
	t.Parallel()
	server := stocked(t)
	server.Add(
		celcointest.Webhook{Status: celcoin.StatusSent},
		celcointest.Webhook{Status: "OUTRO"},
		celcointest.Webhook{Entity: celcoin.EntityPixReversalIn},
	)
	want := []celcointest.Stock{
		{Product: celcoin.ProductPix, Entity: celcoin.EntityPixPaymentIn, Pending: 10, Sent: 1, Other: 1},
		{Product: celcoin.ProductPix, Entity: celcoin.EntityPixReversalIn, Pending: 1},
	}
	assert.Equal(t, want, server.Stocks())
	assert.Equal(t, 12, server.Stocks()[0].Total())
}

func TestBrowseShowsTheNewestFirstWhateverTheirAge(t *testing.T) {
	t.Parallel()
	server := stocked(t)
	all, total := server.Browse(celcointest.Part{Count: 100})
	assert.Equal(t, 10, total)
	require.Len(t, all, 10)
	for i := range all[1:] {
		assert.True(t, all[i].Created.After(all[i+1].Created))
	}
	some, total := server.Browse(celcointest.Part{Status: celcoin.StatusPending, Skip: 8, Count: 5})
	assert.Equal(t, 10, total)
	assert.Equal(t, all[8:], some)
	none, total := server.Browse(celcointest.Part{Status: celcoin.StatusSent, Count: 5})
	assert.Zero(t, total)
	assert.Empty(t, none)
	none, total = server.Browse(celcointest.Part{Entity: "unheard-of", Count: 5})
	assert.Zero(t, total)
	assert.Empty(t, none)
}

func TestRedeliverTakesOneOrAllThatArePending(t *testing.T) {
	t.Parallel()
	server := stocked(t)
	all, _ := server.Browse(celcointest.Part{Count: 1})
	assert.Equal(t, 1, server.Redeliver(celcoin.ProductPix, celcoin.EntityPixPaymentIn, all[0].ID))
	server.Settle()
	assert.Equal(t, 9, server.Pending(""))
	assert.Equal(t, 9, server.Redeliver(celcoin.ProductPix, celcoin.EntityPixPaymentIn, ""))
	server.Settle()
	assert.Zero(t, server.Pending(""))
	assert.Zero(t, server.Redeliver(celcoin.ProductPix, celcoin.EntityPixPaymentIn, ""), "nothing is pending any more")
	assert.Equal(t, 1, server.Redeliver(celcoin.ProductPix, celcoin.EntityPixPaymentIn, all[0].ID), "one that is asked for by name is delivered again")
	assert.Zero(t, server.Redeliver(celcoin.ProductPix, celcoin.EntityPixPaymentIn, "unheard-of"))
	assert.Empty(t, server.Requests())
}
