package recovery_test

import (
	"context"
	"net/http"
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

// failedDeliveries counts what the receiver did not take, by entity and webhook.
func (s *story) failedDeliveries() (byEntity, byWebhook map[string]int) {
	byEntity, byWebhook = map[string]int{}, map[string]int{}
	for _, d := range s.server.Deliveries() {
		if d.Status != 200 {
			byEntity[d.Event]++
			byWebhook[d.WebhookID]++
		}
	}
	return byEntity, byWebhook
}

func TestDeliveriesFarLaterThanTheSettleTimeAreWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200, celcointest.WithReplayDelay(30*time.Second), celcointest.WithReplaySpread(30*time.Second))
		report, err := s.recoverer(t, recovery.WithCanary(0)).Recover(t.Context(), s.request("late"))
		drained(t, s, report, err)
		assert.Equal(t, 300, report.Totals.Delivered)
	})
}

// The receiver breaks while replays are on their way that are long overdue. All
// of them fail, and Celcoin must not come to block the entity for it.
func TestALateDeliveryKeepsItsRoomUntilItIsKnown(t *testing.T) {
	t.Parallel()
	for _, breakAfter := range []int{1, 50, 130} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 400, celcointest.WithReplayDelay(30*time.Second), celcointest.WithReplaySpread(30*time.Second),
				celcointest.WithBlocking(20, 50))
			report, err := s.recoverer(t, recovery.WithCanary(0), recovery.WithProgress(func(p recovery.Progress) {
				if p.Totals.Replayed > breakAfter {
					s.setDown(true)
				}
			})).Recover(t.Context(), s.request("late"))
			require.NoError(t, err)
			assert.Equal(t, recovery.StatePartial, report.State)
			s.server.Settle()
			unblocked(t, s)
		})
	}
}

func TestReplaysThatNeverComeDoNotStopARunWhoseOthersDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 600, celcointest.WithLostReplays(0.1))
		report, err := s.recoverer(t, recovery.WithMaxAttempts(10)).Recover(t.Context(), s.request("lost"))
		drained(t, s, report, err)
		assert.Equal(t, 900, report.Totals.Delivered)
		assert.Positive(t, report.Retries)
	})
}

// A replay whose answer was an error may have been carried out. It is looked up,
// and asked for again once it is plain that nothing comes of it. That holds up
// nobody else, and is no attempt.
func TestUnknownOutcomesAreAskedForAgainWithoutHaste(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]celcointest.Fault{
		"errors of Celcoin's own":        {Status: 500, Code: "CIE999"},
		"connections that are reset":     {Reset: true},
		"answers that are lost":          {Reset: true, Processed: true},
		"errors that were none, in HTML": {Status: 502, Body: []byte("<html>"), Processed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 1000, celcointest.WithReplayDelay(2*time.Second), celcointest.WithBlocking(20, 50))
				fault.Operation, fault.Probability = "replay", 0.1
				require.NoError(t, s.server.Inject(fault))
				begin := time.Now()
				report, err := s.recoverer(t, recovery.WithRate(200, 10), recovery.WithSettle(30*time.Second)).
					Recover(t.Context(), s.request("unknown"))
				drained(t, s, report, err)
				most, distinct := s.most()
				assert.Equal(t, 1500, distinct)
				assert.Equal(t, 1, most, "what was carried out is not asked for again")
				assert.Less(t, time.Since(begin), 15*time.Minute)
			})
		})
	}
}

// Where a new date tells that a replay was carried out, and nothing of its
// delivery, that may still fail: whether Celcoin said that it took it or not.
// What arrived before the receiver broke says nothing of it.
func TestWhereDatesTellNothingABrokenReceiverIsNotBlockedEither(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]bool{"accepted": false, "outcomes unknown": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 400, celcointest.WithReplayDelay(time.Second), celcointest.WithBlocking(20, 50))
				api := &forgetful{dating: newDating(s.client)}
				r, err := recovery.New(api, recovery.WithRate(1000, 100), recovery.WithSettle(10*time.Second),
					recovery.WithProgress(func(p recovery.Progress) {
						if p.Totals.Replayed > 200 {
							s.setDown(true)
							api.forget.Store(forget)
						}
					}))
				require.NoError(t, err)
				report, err := r.Recover(t.Context(), s.request("dates"))
				require.NoError(t, err)
				assert.Equal(t, recovery.StatePartial, report.State)
				s.server.Settle()
				unblocked(t, s)
			})
		})
	}
}

// A settle time that is too short is no reason to take an unknown outcome for none
// as long as nothing arrives.
func TestUnknownOutcomesKeepTheirRoomWhileNothingArrives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200, celcointest.WithReplayDelay(time.Minute), celcointest.WithBlocking(20, 50))
		s.setDown(true)
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "replay", Reset: true, Processed: true, Probability: 0.4}))
		report, err := s.recoverer(t, recovery.WithCanary(0), recovery.WithSettle(time.Second)).Recover(t.Context(), s.request("short"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		s.server.Settle()
		unblocked(t, s)
	})
}

// forgetful carries replays out and does not say so.
type forgetful struct {
	*dating
	forget atomic.Bool
}

func (f *forgetful) ReplayWebhooks(
	ctx context.Context, req celcoin.ReplayRequest, opts ...celcoin.CallOption,
) (*celcoin.ReplaySummary, error) {
	summary, err := f.dating.ReplayWebhooks(ctx, req, opts...)
	if err == nil && f.forget.Load() {
		return nil, celcoin.ErrOutcomeUnknown
	}
	return summary, err
}

// Nothing came of them, so they say nothing of the receiver.
func TestCanariesOfAnUnknownOutcomeDoNotEndTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "replay", Status: 500, Code: "CIE999", Times: 6}))
		report, err := s.recoverer(t).Recover(t.Context(), s.request("canaries"))
		drained(t, s, report, err)
	})
}

// An answer that is an error, every time, is none.
func TestACelcoinThatFailsAtEveryReplayEndsTheRun(t *testing.T) {
	t.Parallel()
	for _, canary := range []int{0, 3} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 2000)
			require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "replay", Status: 500, Code: "CIE999", Times: -1}))
			begin := time.Now()
			report, err := s.recoverer(t, recovery.WithCanary(canary)).Recover(t.Context(), s.request("errors"))
			require.NoError(t, err)
			assert.Equal(t, recovery.StatePartial, report.State)
			assert.Contains(t, report.Reason, "unknown for 10m0s")
			assert.Less(t, time.Since(begin), 15*time.Minute)
		})
	}
}

// A replay of which nothing came is no attempt, nor is it a round.
func TestManyUnknownOutcomesInARowUseUpNoRounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 50)
		id := s.server.Webhooks()[4].ID
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Operation: "replay", Status: 500, Code: "CIE999", Times: 8,
			Match: func(r *http.Request) bool { return r.URL.Query().Get("webhookId") == id },
		}))
		report, err := s.recoverer(t).Recover(t.Context(), s.request("rounds"))
		drained(t, s, report, err)
	})
}

// Patience with a Celcoin that takes no replay begins when it first takes none,
// not when there was last something to ask for.
func TestALongWaitForDeliveriesIsNotCelcoinTurningReplaysAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 1)
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "replay", Status: 500, Code: "CIE999"}))
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "replay", Status: 429, Skip: 1}))
		report, err := s.recoverer(t, recovery.WithPatience(time.Minute), recovery.WithSettle(2*time.Minute)).
			Recover(t.Context(), s.request("patience"))
		drained(t, s, report, err)
	})
}

func TestAVendorThatTakesEverythingAndDeliversNothingEndsTheRun(t *testing.T) {
	t.Parallel()
	for _, canary := range []int{0, 3} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 400, celcointest.WithLostReplays(1))
			begin := time.Now()
			report, err := s.recoverer(t, recovery.WithCanary(canary)).Recover(t.Context(), s.request("never"))
			require.NoError(t, err)
			assert.Equal(t, recovery.StatePartial, report.State)
			assert.Contains(t, report.Reason, "is the receiver up?")
			assert.LessOrEqual(t, report.Totals.Replayed, 80)
			assert.Less(t, time.Since(begin), time.Hour)
			assert.Equal(t, "accepted, and not delivered yet", report.Failures[0].Error)
		})
	}
}

func TestWhatBecomesPendingAnywhereInTheWindowIsCountedApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.request("fresh"))
		require.NoError(t, err)
		// After the outage, where nothing was pending when it was planned.
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentOut, 7, s.to.Add(10*time.Minute), s.to.Add(50*time.Minute)))
		report, err := r.Run(t.Context(), plan)
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Equal(t, 7, report.Totals.NewDuringRun)
		assert.Equal(t, 7, s.server.Pending(""))
		report, err = r.Verify(t.Context(), plan.ID)
		require.NoError(t, err)
		assert.Equal(t, 7, report.Totals.NewDuringRun)
	})
}

// What deliveries took that came late is the settle time of those after them.
func TestTheSettleTimeIsLearnedFromWhatCameLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 400, celcointest.WithReplayDelay(25*time.Second))
		store := recovery.MemoryStore()
		report, err := s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), s.request("learned"))
		drained(t, s, report, err)
		journal, err := store.Open(t.Context(), "learned")
		require.NoError(t, err)
		late := 0
		for stored, err := range journal.Entries(t.Context()) {
			require.NoError(t, err)
			if stored.Entry.Result == recovery.ResultLate {
				late += len(stored.Entry.Items)
			}
		}
		assert.Positive(t, late)
		assert.LessOrEqual(t, late, 6, "the canaries")
	})
}
