package recovery_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// has is a receiver's table, asked in batches.
func (s *story) has(_ context.Context, items []recovery.Item) ([]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	received := make([]bool, len(items))
	for i, it := range items {
		received[i] = s.arrived[it.ID] > 0
	}
	return received, nil
}

func TestTheReceiversWordIsTheEvidence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200, celcointest.WithReplayDelay(2*time.Second))
		had := s.server.Webhooks()[0].ID
		s.arrived[had] = 1
		r := s.recoverer(t, recovery.WithReceived(s.has))
		plan, err := r.Plan(t.Context(), s.request("received"))
		require.NoError(t, err)
		assert.Equal(t, 299, plan.Items)
		assert.Equal(t, 1, plan.LeftOut)
		report, err := r.Run(t.Context(), plan)
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Equal(t, 299, report.Totals.Received)
		assert.Equal(t, 1, s.arrived[had])
	})
}

// One that answers 200 and loses what it got is found out.
func TestWhatCelcoinSentAndTheReceiverLacksIsReplayed(t *testing.T) {
	t.Parallel()
	for _, verify := range []bool{true, false} { // or the run finds it out
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 60)
			store := recovery.MemoryStore()
			report, err := s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), s.request("lost"))
			drained(t, s, report, err)
			lost := s.server.Webhooks()[5].ID
			delete(s.arrived, lost)
			if verify {
				report, err = s.recoverer(t, recovery.WithStore(store), recovery.WithReceived(s.has)).Verify(t.Context(), "lost")
				require.NoError(t, err)
				assert.Equal(t, recovery.StatePartial, report.State)
				assert.Equal(t, 1, report.Totals.Pending)
				assert.Equal(t, 89, report.Totals.Received)
			}
			report, err = s.recoverer(t, recovery.WithStore(store), recovery.WithReceived(s.has)).Resume(t.Context(), "lost")
			drained(t, s, report, err)
			assert.Equal(t, 90, report.Totals.Received)
			assert.Equal(t, 1, s.arrived[lost])
			most, _ := s.most()
			assert.Equal(t, 1, most)
		})
	}
}

func TestOneTransactionsWebhooksAreToldApartByTheirStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		for i, status := range []string{"PROCESSING", "CONFIRMED"} {
			s.server.Add(celcointest.Webhook{
				ID: "T1", Created: s.from.Add(time.Duration(i) * time.Minute),
				Request: fmt.Sprintf(`{"entity":"pix-payment-in","webhookId":"T1","status":%q}`, status),
			})
		}
		table := map[string]bool{"PROCESSING": true}
		r := s.recoverer(t, recovery.WithReceived(func(ctx context.Context, items []recovery.Item) ([]bool, error) {
			received, err := s.has(ctx, items)
			for i, it := range items {
				received[i] = table[it.PayloadStatus] || it.PayloadStatus == "CONFIRMED" && received[i]
			}
			return received, err
		}))
		plan, err := r.Plan(t.Context(), s.request("T1"))
		require.NoError(t, err)
		assert.Equal(t, 1, plan.Items)
		assert.Equal(t, 1, plan.LeftOut)
		report, err := r.Run(t.Context(), plan)
		drained(t, s, report, err)
		n := 0
		for it, err := range r.Items(t.Context(), "T1") {
			require.NoError(t, err)
			assert.Equal(t, "CONFIRMED", it.PayloadStatus)
			assert.Equal(t, "received", it.Evidence)
			n++
		}
		assert.Equal(t, 1, n)
	})
}

func TestAReceiverThatDoesNotSayWhatItHasEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		mute := false
		r := s.recoverer(t, recovery.WithReceived(func(ctx context.Context, items []recovery.Item) ([]bool, error) {
			if mute {
				return nil, errors.New("no database")
			}
			return s.has(ctx, items)
		}))
		plan, err := r.Plan(t.Context(), s.request("mute"))
		require.NoError(t, err)
		mute = true
		report, err := r.Run(t.Context(), plan)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Contains(t, report.Reason, "no database")
		assert.Empty(t, s.server.Deliveries())
		mute = false
		report, err = r.Resume(t.Context(), "mute")
		drained(t, s, report, err)
	})
}
