package celcointest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestWebhookIsBlockedAfterTooManyFailures(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{20: 21, 0: 30} {
		inbox := receiver{status: 500}
		s := NewServer(t, at(noon), WithReceiver(&inbox), WithBlocking(limit, 0))
		id := s.Add(Webhook{})[0]
		w := direct(t, s)
		for range 30 {
			assert.Equal(t, 1, w.put(paymentIn+"?webhookId="+id, "").total(t), "a blocked one is accepted all the same")
			s.Settle()
		}
		assert.Len(t, inbox.arrived(), want, "blocked after more than %d", limit)
		got, _ := s.Webhook(id)
		assert.Equal(t, limit > 0, got.Blocked)
		assert.Equal(t, want, got.Attempts)
		assert.Equal(t, got, s.Webhooks()[0])
	}
}

func TestEarlierFailuresCount(t *testing.T) {
	t.Parallel()
	inbox := receiver{status: 500}
	s := NewServer(t, at(noon), WithReceiver(&inbox), WithBlocking(20, 0))
	pending := s.Add(Webhook{Attempts: 20})[0]
	sent := s.Add(Webhook{Attempts: 21, Status: celcoin.StatusSent})[0]
	for id, want := range map[string]bool{pending: true, sent: false} {
		got, _ := s.Webhook(id)
		assert.False(t, got.Blocked)
		direct(t, s).put(paymentIn+"?webhookId="+id, "").total(t)
		s.Settle()
		got, _ = s.Webhook(id)
		assert.Equal(t, want, got.Blocked)
	}
	require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentOut, 1, noon, noon))
	for range 30 {
		direct(t, s).put(paymentOut, "").total(t)
		s.Settle()
	}
	assert.Len(t, inbox.arrived(), 2+20, "the delivery that was missed was the first failure")

	s.Unblock(celcoin.EntityPixPaymentOut)
	direct(t, s).put(paymentOut, "").total(t)
	s.Settle()
	assert.Len(t, inbox.arrived(), 2+21)
}

func TestEntityIsBlockedAfterTooManyFailures(t *testing.T) {
	t.Parallel()
	inbox := receiver{status: 500}
	s := NewServer(t, at(noon), WithReceiver(&inbox), WithBlocking(20, 50))
	for _, entity := range []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut} {
		require.NoError(t, s.AddMissed(entity, 60, noon.Add(-time.Hour), noon))
	}
	w := direct(t, s)
	w.put(paymentIn, "").total(t)
	s.Settle()
	assert.Len(t, inbox.arrived(), 51)

	inbox.answer(200)
	w.put(paymentIn, "").total(t)
	s.Settle()
	assert.Len(t, inbox.arrived(), 51, "success cannot come any more")
	assert.Equal(t, 60, s.Pending(celcoin.EntityPixPaymentIn))

	w.put(paymentOut, "").total(t)
	s.Settle()
	assert.Zero(t, s.Pending(celcoin.EntityPixPaymentOut), "another entity is not concerned")

	s.Unblock(celcoin.EntityPixPaymentIn)
	w.put(paymentIn, "").total(t)
	s.Settle()
	assert.Zero(t, s.Pending(celcoin.EntityPixPaymentIn))
}
