package recovery_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// A failed replay may take a webhook out of the list of what is pending: that it
// is gone from there is not evidence.
func TestReplaysThatFailUnderAnotherStatusAreNotTakenForDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t, celcointest.WithFailedReplayStatus("FALHA"))
		s.miss(t, celcoin.EntityPixPaymentIn, 60)
		s.setDown(true)
		store := recovery.MemoryStore()
		r := s.recoverer(t, recovery.WithStore(store))
		report, err := r.Recover(t.Context(), s.one("status"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		require.ErrorIs(t, report.Err(), recovery.ErrPartial)
		assert.Zero(t, report.Totals.Delivered)
		assert.Positive(t, report.Totals.Unproven)
		assert.LessOrEqual(t, len(s.server.Deliveries()), 6, "twice the canaries")

		s.setDown(false)
		for range 3 {
			time.Sleep(10 * time.Minute) //nolint:forbidigo // virtual time
			report, err = r.Resume(t.Context(), "status")
			require.NoError(t, err)
		}
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		most, distinct := s.most()
		assert.Equal(t, 1, most)
		assert.Equal(t, 60, distinct)
	})
}

// What is replayed under any status is not kept back by Celcoin once it has arrived.
func TestWhatWasSentSinceTheLastRunIsNotReplayedUnderAnyStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 4, celcointest.WithFailedReplayStatus("FALHA"))
		for _, w := range s.server.Webhooks() {
			s.poison[w.ID] = true
		}
		r := s.recoverer(t)
		report, err := r.Recover(t.Context(), s.request("any"))
		require.NoError(t, err)
		require.Equal(t, 6, report.Totals.Unproven)
		clear(s.poison)
		for _, w := range s.server.Webhooks()[1:] {
			s.server.Redeliver("", w.Entity, w.ID) // by Celcoin itself, or by a person
		}
		s.server.Settle()
		require.Len(t, s.arrived, 5)
		report, err = r.Resume(t.Context(), "any")
		drained(t, s, report, err)
		most, distinct := s.most()
		assert.Equal(t, 1, most)
		assert.Equal(t, 6, distinct)
	})
}

// What Celcoin lists as sent is delivered if its receiver answered with a success.
func TestAWebhookThatWasSentAndNotTakenIsNotDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t, celcointest.WithFailedReplayStatus("FALHA"))
		s.miss(t, celcoin.EntityPixPaymentIn, 60)
		s.setDown(true)
		r, err := recovery.New(failedAsSent{s.client}, recovery.WithSettle(10*time.Second))
		require.NoError(t, err)
		report, err := r.Recover(t.Context(), s.one("sent"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Zero(t, report.Totals.Delivered)
		assert.Positive(t, report.Totals.Replayed)
	})
}

// failedAsSent is a client of a Celcoin that lists a replay as sent although it failed.
type failedAsSent struct{ *celcoin.Client }

func (c failedAsSent) ListWebhooks(ctx context.Context, q celcoin.Query, p celcoin.PageOptions, opts ...celcoin.CallOption) (*celcoin.WebhookPage, error) {
	page, err := c.Client.ListWebhooks(ctx, q, p, opts...)
	if err != nil {
		return nil, err
	}
	for i := range page.Webhooks {
		if page.Webhooks[i].Status == "FALHA" {
			page.Webhooks[i].Status = celcoin.StatusSent
		}
	}
	return page, nil
}

// What Celcoin takes for sent the receiver may not have.
func TestTheReceiversWordCountsMoreThanCelcoins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 50)
		lost := s.server.Webhooks()[20].ID
		var mu sync.Mutex
		forgets := 1 // the receiver answers 200 to it, and has not stored it
		r := s.recoverer(t, recovery.WithReceived(func(_ context.Context, items []recovery.Item) ([]bool, error) {
			mu.Lock()
			defer mu.Unlock()
			has := make([]bool, len(items))
			s.mu.Lock()
			defer s.mu.Unlock()
			for i, it := range items {
				n := s.arrived[it.ID]
				if it.ID == lost {
					n -= forgets
				}
				has[i] = n > 0
			}
			return has, nil
		}))
		report, err := r.Recover(t.Context(), s.one("word"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Equal(t, 50, report.Totals.Received)
		assert.Equal(t, 2, s.arrived[lost])
		most, distinct := s.most()
		assert.Equal(t, 2, most)
		assert.Equal(t, 50, distinct)
	})
}

// That nothing matched is not a refusal: Celcoin may have delivered it by itself.
func TestAReplayThatMatchesNothingNeedsEvidenceLikeAnyOther(t *testing.T) {
	t.Parallel()
	for name, delivered := range map[string]bool{"delivered meanwhile": true, "ignored": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t)
				s.miss(t, celcoin.EntityPixPaymentIn, 50)
				id := s.server.Webhooks()[30].ID
				r := s.recoverer(t)
				plan, err := r.Plan(t.Context(), s.one("nothing"))
				require.NoError(t, err)
				if delivered {
					s.server.Redeliver("", celcoin.EntityPixPaymentIn, id)
					s.server.Settle()
				} else {
					s.server.IgnoreReplays(id)
				}
				report, err := r.Run(t.Context(), plan)
				require.NoError(t, err)
				if delivered {
					drained(t, s, report, err)
					assert.Equal(t, 50, report.Totals.Delivered+report.Totals.AlreadyDelivered)
				} else {
					assert.Equal(t, recovery.StatePartial, report.State)
					assert.Equal(t, 49, report.Totals.Delivered)
					assert.Zero(t, report.Totals.Rejected)
				}
				most, _ := s.most()
				assert.Equal(t, 1, most)
			})
		})
	}
}

// The count of what is pending falls when somebody else replays, too: that it fell
// further than it should is not evidence for what is in flight.
func TestWhatOthersReplayIsNotTakenForOnesOwnDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 300)
		api := &overtaken{Client: s.client, server: s.server, taken: map[string]bool{}}
		r, err := recovery.New(api, recovery.WithSettle(10*time.Second), recovery.WithProgress(func(p recovery.Progress) {
			assert.LessOrEqual(t, p.Totals.Delivered, api.forwarded())
		}))
		require.NoError(t, err)
		report, err := r.Recover(t.Context(), s.one("others"))
		drained(t, s, report, err)
		_, distinct := s.most()
		assert.Equal(t, 300, distinct)
	})
}

// overtaken is a client whose replays from the 11th to the 20th are lost, while
// somebody else delivers two other webhooks for each of them.
type overtaken struct {
	*celcoin.Client
	server *celcointest.Server

	mu    sync.Mutex
	calls int
	taken map[string]bool
}

func (o *overtaken) lost() int { return min(max(o.calls-10, 0), 10) }

func (o *overtaken) forwarded() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls - o.lost()
}

func (o *overtaken) ReplayWebhooks(ctx context.Context, req celcoin.ReplayRequest, opts ...celcoin.CallOption) (*celcoin.ReplaySummary, error) {
	o.mu.Lock()
	before := o.lost()
	o.calls++
	lost := o.lost() > before
	if lost {
		o.taken[req.WebhookID] = true
		others := 0
		for _, w := range slices.Backward(o.server.Webhooks()) {
			if others < 2 && !o.taken[w.ID] {
				o.taken[w.ID] = true
				o.server.Redeliver(celcoin.ProductPix, w.Entity, w.ID)
				others++
			}
		}
	}
	o.mu.Unlock()
	if lost {
		return &celcoin.ReplaySummary{TotalItems: 1}, nil
	}
	return o.Client.ReplayWebhooks(ctx, req, opts...)
}

// The count fell by all of a batch, but its newest went to another status: the others
// are looked up before those in doubt are replayed again.
func TestWhatIsInDoubtIsLookedUpBeforeItIsReplayedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t, celcointest.WithFailedReplayStatus("FALHA"), celcointest.WithReplayDelay(time.Second))
		s.miss(t, celcoin.EntityPixPaymentIn, 60)
		for _, w := range s.server.Webhooks()[36:50] {
			s.poison[w.ID] = true
		}
		n := 0
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Operation: celcointest.OpReplay, Times: -1, Status: http.StatusGatewayTimeout, Processed: true,
			Match: func(*http.Request) bool { n++; return n > 5 && n%4 == 0 },
		}))
		report, err := s.recoverer(t, recovery.WithConcurrency(4)).Recover(t.Context(), s.one("doubt"))
		require.NoError(t, err)
		assert.Equal(t, 46, report.Totals.Sent)
		assert.Equal(t, 60, s.replays())
	})
}
