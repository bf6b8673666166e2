package recovery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// By an older page of Celcoin's, more than 20 failed deliveries block a webhook,
// and more than 50 an entity.
func unblocked(t *testing.T, s *story) {
	t.Helper()
	byEntity, byWebhook := s.failedDeliveries()
	assert.NotEmpty(t, byEntity, "nothing failed, so nothing was tested")
	for entity, n := range byEntity {
		assert.LessOrEqual(t, n, 50, entity)
	}
	for id, n := range byWebhook {
		assert.LessOrEqual(t, n, 20, id)
	}
	for _, w := range s.server.Webhooks() {
		require.False(t, w.Blocked, w.ID)
	}
}

func TestAReceiverThatIsBrokenFromTheStartIsNotBlocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 600, celcointest.WithBlocking(20, 50))
		s.setDown(true)
		report, err := s.recoverer(t).Recover(t.Context(), s.request("broken"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Contains(t, report.Reason, "is the receiver up?")
		unblocked(t, s)

		s.setDown(false)
		report, err = s.recoverer(t).Recover(t.Context(), s.request("mended"))
		drained(t, s, report, err)
	})
}

func TestAReceiverThatBreaksDuringTheRunIsNotBlocked(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]recovery.Option{
		nil,
		{recovery.WithCanary(0)},
		{recovery.WithConcurrency(64)},
		{recovery.WithMaxAttempts(15)},
		{recovery.WithRate(20_000, 1000)},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 600, celcointest.WithBlocking(20, 50))
			opts := append(opts, recovery.WithProgress(func(p recovery.Progress) {
				if p.Totals.Replayed > 200 {
					s.setDown(true)
				}
			}))
			report, err := s.recoverer(t, opts...).Recover(t.Context(), s.request("breaks"))
			require.NoError(t, err)
			assert.Equal(t, recovery.StatePartial, report.State)
			assert.Contains(t, report.Reason, "the receiver is broken")
			unblocked(t, s)
		})
	}
}

// All batches are of one window, and what the earlier ones have done to its
// numbers must not prove the later ones.
func TestAReceiverThatBreaksWithinAWindowIsNotBlocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0, celcointest.WithBlocking(20, 50))
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 500, s.from, s.from.Add(50*time.Minute)))
		report, err := s.recoverer(t, recovery.WithProgress(func(p recovery.Progress) {
			if p.Totals.Replayed > 200 {
				s.setDown(true)
			}
		})).Recover(t.Context(), s.request("breaks"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		unblocked(t, s)
	})
}

// One that only some webhooks fail at is no broken receiver: they are given up
// one by one.
func TestPoisonIsNotBlockedEither(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 300, celcointest.WithBlocking(20, 0))
		for _, w := range s.server.Webhooks()[:10] {
			s.poison[w.ID] = true
		}
		store := recovery.MemoryStore()
		for range 8 { // whoever resumes it again and again
			report, err := s.recoverer(t, recovery.WithStore(store), recovery.WithCanary(0)).Recover(t.Context(), s.request("poison"))
			require.NoError(t, err)
			assert.Equal(t, 440, report.Totals.Delivered)
			assert.Equal(t, 10, report.Totals.StillPending)
			for _, f := range report.Failures {
				assert.LessOrEqual(t, f.Attempts, 15)
			}
		}
		_, byWebhook := s.failedDeliveries()
		for id, n := range byWebhook {
			assert.Equal(t, 15, n, id)
		}
	})
}

// Those that expire soonest are asked for first, unless they have failed before.
func TestWhatHasFailedBeforeComesAfterAllOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		for _, w := range s.server.Webhooks() {
			if w.Created.Before(s.from.Add(5 * time.Minute)) {
				s.poison[w.ID] = true
			}
		}
		require.Greater(t, len(s.poison), 5)
		r := s.recoverer(t)
		report, err := r.Recover(t.Context(), s.request("order"))
		require.NoError(t, err)
		assert.Zero(t, report.Totals.Delivered, "none of the canaries arrives")
		report, err = r.Resume(t.Context(), "order")
		require.NoError(t, err)
		assert.Equal(t, 150-len(s.poison), report.Totals.Delivered)
	})
}
