package ceffutest_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
)

func TestTheMessageHasTheShapeThatSomebodySaw(t *testing.T) {
	t.Parallel()
	tests := []struct {
		eventType ceffu.EventType
		direction string
		status    string
	}{
		{ceffu.DepositSuccess, "10", "40"},
		{ceffu.DepositFailed, "10", "99"},
		{ceffu.WithdrawalSuccess, "20", "40"},
		{ceffu.WithdrawalFailed, "20", "99"},
	}
	for _, test := range tests {
		t.Run(test.eventType.String(), func(t *testing.T) {
			t.Parallel()
			server, clock := open(t, up)
			addFailed(t, server, test.eventType, 1, noon.Add(-time.Hour), noon)
			ask(t, server, clock, string(test.eventType), noon.Add(-time.Hour))
			server.Settle()
			n, d := server.Notifications()[0], server.Deliveries()[0]

			decoder := json.NewDecoder(bytes.NewReader(d.Body))
			decoder.UseNumber()
			var message map[string]any
			require.NoError(t, decoder.Decode(&message))
			data, ok := message["data"].(map[string]any)
			require.True(t, ok)
			delete(message, "data")

			assert.Regexp(t, `^\d{1,3}\.\d{8}$`, data["amount"])
			assert.NotEmpty(t, data["coinSymbol"])
			delete(data, "amount")
			delete(data, "coinSymbol")
			delete(data, "feeSymbol")
			assert.Equal(t, map[string]any{
				"encoded": false, "entityId": json.Number("1721442311151521001"), "webhookId": hookID,
				"sign": "not-a-signature", "event": string(test.eventType),
				"timestamp": json.Number(clock.millis()),
			}, message)
			assert.Equal(t, map[string]any{
				"orderViewId": n.ID, "transferType": json.Number("1"), "direction": json.Number(test.direction),
				"status": json.Number(test.status), "walletId": json.Number("1721442311151521002"),
				"txTime": json.Number("1772362800000"),
			}, data)
		})
	}
}

func TestAResentMessageTellsTheSame(t *testing.T) {
	t.Parallel()
	server, clock := open(t, up, ceffutest.WithResentStayingFailed())
	addFailed(t, server, "1", 1, noon.Add(-time.Hour), noon)
	var told []json.RawMessage
	for range 2 {
		ask(t, server, clock, "1", noon.Add(-time.Hour))
		server.Settle()
		var message struct {
			Data json.RawMessage `json:"data"`
		}
		deliveries := server.Deliveries()
		require.NoError(t, json.Unmarshal(deliveries[len(deliveries)-1].Body, &message))
		told = append(told, message.Data)
	}
	assert.JSONEq(t, string(told[0]), string(told[1]))
}
