package celcointest

import (
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestRedeliverTakesOneOrAllThatArePending(t *testing.T) {
	t.Parallel()
	server := NewServer(t, WithReceiver(new(receiver)))
	require.NoError(t, server.AddMissed(celcoin.EntityPixPaymentIn, 10, time.Now().Add(-30*24*time.Hour), time.Now()))
	all := server.Webhooks()
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

// What receivers answered before is nobody's any more, however often a webhook is
// sent again.
func TestOnlyTheLastAnswerOfAReceiverIsKept(t *testing.T) {
	t.Parallel()
	answers := 0
	s := NewServer(t, at(noon), WithReceiver(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answers++
		_, _ = io.WriteString(w, "request "+strconv.Itoa(answers))
	})))
	s.Add(Webhook{ID: "one"}, Webhook{ID: "two", Response: "request 100"})
	require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentIn, 3, noon.Add(-time.Hour), noon))
	for range 100 {
		s.Redeliver("", celcoin.EntityPixPaymentIn, "one")
		s.Settle()
	}
	for id, want := range map[string]string{"one": "request 100", "two": "request 100"} {
		got, _ := s.Webhook(id)
		assert.Equal(t, want, got.Response)
		assert.Equal(t, "https://receiver.example/webhooks", got.URL)
	}
	s.Redeliver("", celcoin.EntityPixPaymentIn, "") // all but the one that was delivered
	s.Settle()
	var responses []string
	for _, w := range s.Webhooks() {
		responses = append(responses, w.Response)
	}
	assert.ElementsMatch(t, []string{"request 100", "request 101", "request 102", "request 103", "request 104"}, responses)
}
