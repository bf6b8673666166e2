package survival

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// The same holds over real HTTP: celcoin's TestEveryArgumentDecodesToWhatWasGiven.
func TestEveryArgumentArrivesThroughTheDirectTransport(t *testing.T) {
	t.Parallel()
	server := celcointest.NewServer(t, celcointest.WithRecords(4))
	client, err := server.Client(celcoin.WithHTTPClient(&http.Client{Transport: server.Transport()}))
	require.NoError(t, err)
	text := rapid.StringN(0, 40, -1).Filter(func(s string) bool { return !strings.ContainsFunc(s, unicode.IsControl) })
	rapid.Check(t, func(rt *rapid.T) {
		q := celcoin.Query{
			Entity: "pix-payment-in", From: time.Unix(0, 0), To: time.Unix(1, 0), WebhookID: text.Draw(rt, "webhook id"),
			DocumentNumber: text.Draw(rt, "document number"), Account: text.Draw(rt, "account"),
			ID: text.Draw(rt, "id"), ClientRequestID: text.Draw(rt, "client request id"),
		}
		_, err := client.CountWebhooks(rt.Context(), q)
		require.NoError(rt, err)
		requests := server.Requests()
		u, err := url.ParseRequestURI(requests[len(requests)-1].URL)
		require.NoError(rt, err)
		values, err := url.ParseQuery(u.RawQuery)
		require.NoError(rt, err)
		require.Equal(rt, []string{q.WebhookID, q.DocumentNumber, q.Account, q.ID, q.ClientRequestID}, []string{
			values.Get("webhookId"), values.Get("documentNumber"), values.Get("account"), values.Get("id"), values.Get("clientRequestId"),
		})
	})
}
