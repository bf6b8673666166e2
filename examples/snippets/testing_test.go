package snippets

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// README testing
func TestMyRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // waits pass in no time
		server := celcointest.NewServer(t, celcointest.WithReceiver(http.HandlerFunc(
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })))
		now := time.Now()
		require.NoError(t, server.AddMissed(celcoin.EntityPixPaymentIn, 600, now.Add(-time.Hour), now))
		require.NoError(t, server.Inject(celcointest.Fault{Operation: "replay", Status: 429, RetryAfter: "60", Times: 3}))

		client, err := server.Client()
		require.NoError(t, err)
		require.NoError(t, recoverAll(t.Context(), client, now.Add(-time.Hour), now)) // the code under test

		server.Settle() // an accepted replay is delivered later
		require.Zero(t, server.Pending(celcoin.EntityPixPaymentIn))
	})
}

// README end
