package recovery_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestTheReceiversOwnWordCountsMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 40)
		all := s.server.Webhooks()
		has := all[3].ID // pending at Celcoin, and yet received
		var lost atomic.Bool
		lacks := all[7].ID // delivered once, and lost by the receiver
		report, err := s.recoverer(t, recovery.WithReceived(func(_ context.Context, w celcoin.Webhook) (bool, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if w.ID == lacks && s.arrived[w.ID] == 1 {
				lost.Store(true)
				return false, nil
			}
			return w.ID == has || s.arrived[w.ID] > 0, nil
		})).Recover(t.Context(), s.request("received"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Zero(t, s.arrived[has], "not replayed")
		assert.Equal(t, 2, s.arrived[lacks], "replayed again")
		assert.True(t, lost.Load())
		assert.Equal(t, 1, report.Totals.AlreadyDelivered)
	})
}

func TestAReceiverThatCannotAnswerForAWhileIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 40)
		var asked atomic.Int64
		report, err := s.recoverer(t, recovery.WithReceived(func(_ context.Context, w celcoin.Webhook) (bool, error) {
			if asked.Add(1)%3 == 0 {
				return false, errors.New("too many connections")
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.arrived[w.ID] > 0, nil
		})).Recover(t.Context(), s.request("hiccups"))
		drained(t, s, report, err)
	})
}

func TestAReceiverThatNeverAnswersEndsTheRunAndSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 40)
		begin := time.Now()
		report, err := s.recoverer(t, recovery.WithPatience(5*time.Minute),
			recovery.WithReceived(func(context.Context, celcoin.Webhook) (bool, error) {
				return false, errors.New("no route to\nthe database")
			})).Recover(t.Context(), s.request("mute"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, "the receiver could not say for 5m0s what it has: no route to the database", report.Reason)
		assert.Less(t, time.Since(begin), 6*time.Minute)
		assert.Equal(t, 60, s.server.Pending(""), "nothing is asked for that may be there")
	})
}

func TestTheReceiverIsToldTheEntity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		for _, entity := range s.request("").Entities {
			s.server.Add(celcointest.Webhook{
				ID: "one-transaction", Entity: entity, Created: s.from.Add(time.Minute),
				Request: `{"webhookId":"` + string(entity) + `"}`,
			})
		}
		report, err := s.recoverer(t, recovery.WithReceivedItem(func(_ context.Context, it recovery.Item) (bool, error) {
			assert.Equal(t, "one-transaction", it.ID)
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.arrived[string(it.Entity)] > 0, nil
		})).Recover(t.Context(), s.request("entity"))
		drained(t, s, report, err)
		assert.Equal(t, 2, report.Totals.Delivered)
	})
}
