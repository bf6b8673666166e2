package recovery_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// setBack is a store whose clock can be set.
type setBack struct {
	journal.Store
	by atomic.Int64
}

func (s *setBack) Update(ctx context.Context, name string, f func(time.Time, []byte) ([]byte, error)) error {
	return s.Store.Update(ctx, name, func(now time.Time, old []byte) ([]byte, error) {
		return f(now.Add(time.Duration(s.by.Load())), old)
	})
}

func TestAStoreWhoseClockIsSetBackStopsNoCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 50)
		store := &setBack{Store: recovery.MemoryStore()}
		r := s.recoverer(t, recovery.WithStore(store), recovery.WithRate(10, 1), recovery.WithWindow(30*time.Second),
			recovery.WithProgress(func(p recovery.Progress) {
				if p.Done == 20 {
					store.by.Store(int64(-2 * time.Hour))
				}
			}))
		plan, err := r.Plan(t.Context(), s.one("clock"))
		require.NoError(t, err)
		assert.Equal(t, 50, plan.Items)
		requests := s.server.Requests()
		assert.Greater(t, len(requests), 60)
		for i := range requests[1:] {
			assert.LessOrEqual(t, requests[i+1].Time.Sub(requests[i].Time), 500*time.Millisecond, "a slot")
		}
	})
}

// What the client refuses to send is known not to have been sent.
func TestAWebhookThatCannotBeSentHasFailedForCertain(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]func(*celcoin.Client) error{
		"by our client": func(c *celcoin.Client) error {
			_, err := c.ReplayWebhooks(context.Background(), celcoin.ReplayRequest{Entity: celcoin.EntityPixPaymentIn, WebhookID: "\x00"})
			return err
		},
		"by another": func(*celcoin.Client) error { return fmt.Errorf("the id: %w", celcoin.ErrInvalidRequest) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t)
				s.miss(t, celcoin.EntityPixPaymentIn, 20)
				api := &refusing{Client: s.client, id: s.server.Webhooks()[10].ID, err: refusal(s.client)}
				require.ErrorIs(t, api.err, celcoin.ErrInvalidRequest)
				r, err := recovery.New(api, recovery.WithSettle(10*time.Second))
				require.NoError(t, err)
				for range 2 { // also in a run that tries it again
					report, err := r.Recover(t.Context(), s.one("refused"))
					require.NoError(t, err)
					assert.Equal(t, recovery.StatePartial, report.State)
					assert.Equal(t, 19, report.Totals.Delivered)
					assert.Equal(t, 1, report.Totals.Failed)
					assert.Zero(t, report.Totals.Rejected, "Celcoin has not been asked")
					require.Len(t, report.Failures, 1)
					assert.Equal(t, api.id, report.Failures[0].ID)
					assert.Zero(t, report.Failures[0].Attempts)
					assert.NotEmpty(t, report.Failures[0].Error)
				}
			})
		})
	}
}

// refusing is a client that does not send one webhook's replays.
type refusing struct {
	*celcoin.Client
	id  string
	err error
}

func (r *refusing) ReplayWebhooks(ctx context.Context, req celcoin.ReplayRequest, opts ...celcoin.CallOption) (*celcoin.ReplaySummary, error) {
	if req.WebhookID == r.id {
		return nil, r.err
	}
	return r.Client.ReplayWebhooks(ctx, req, opts...)
}

// A 429 holds back all calls of the client, also those that the run does not wait
// for any more.
func TestCallsThatTheClientHoldsBackDoNotOutlastTheMaxWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 200)
		client, err := s.server.Client(celcoin.WithRateLimit(2, 1))
		require.NoError(t, err)
		s.client = client
		r := s.recoverer(t, recovery.WithMaxWait(20*time.Second))
		plan, err := r.Plan(t.Context(), s.one("held"))
		require.NoError(t, err)
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: celcointest.OpReplay, Skip: 20, Status: 429, RetryAfter: "110"}))
		for _, u := range plan.Units {
			began := time.Now()
			result, err := r.RunUnit(t.Context(), plan.ID, u.Unit)
			require.NoError(t, err)
			if result.State == recovery.StateDrained {
				continue
			}
			assert.Contains(t, result.Reason, "takes no calls")
			assert.Less(t, time.Since(began), 50*time.Second)
			assert.Zero(t, result.Totals.InDoubt, "what was held back was not sent")
			return
		}
		t.Error("no unit was asked to wait")
	})
}

// A job that is cut into pieces goes on with what an open breaker had stopped.
func TestAJobGoesOnWithAUnitThatWaitedForItsBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 40)
		s.setDown(true)
		r := s.recoverer(t, recovery.WithStore(recovery.MemoryStore()))
		plan, err := r.Plan(t.Context(), s.request("job"))
		require.NoError(t, err)
		made := time.Now()
		report, err := r.ResumeSince(t.Context(), plan.ID, made)
		require.NoError(t, err)
		require.Equal(t, recovery.StatePartial, report.State)
		require.False(t, report.Next.IsZero())
		s.setDown(false)
		time.Sleep(time.Until(report.Next)) //nolint:forbidigo // virtual time
		report, err = r.ResumeSince(t.Context(), plan.ID, made)
		drained(t, s, report, err)
	})
}

// asked counts the replays of an id.
func (s *story) asked(id string) (n int) {
	for _, r := range s.server.Requests() {
		if r.Method == http.MethodPut && strings.Contains(r.URL, id) {
			n++
		}
	}
	return n
}

// One replay sends all webhooks of an id.
func TestWebhooksOfOneIDAreReplayedTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 20)
		for _, status := range []string{"PROCESSING", "CONFIRMED"} {
			s.server.Add(celcointest.Webhook{ID: "twins", PayloadStatus: status, Created: s.from.Add(time.Minute)})
		}
		report, err := s.recoverer(t).Recover(t.Context(), s.one("together"))
		drained(t, s, report, err)
		assert.Equal(t, 22, report.Totals.Delivered)
		assert.Equal(t, 2, s.arrived["twins"], "each of them once")
		assert.Equal(t, 1, s.asked("twins"))
	})
}

func TestAnIDIsNotReplayedWhileItsReplayIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t, celcointest.WithReplayDelay(time.Minute))
		twin := celcointest.Webhook{ID: "twins", PayloadStatus: "PROCESSING", Created: s.from.Add(time.Minute)}
		s.server.Add(twin)
		r := s.recoverer(t)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := r.Recover(ctx, s.one("under-way"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, s.asked("twins"))
		twin.PayloadStatus = "CONFIRMED"
		s.server.Add(twin)
		_, err = r.Verify(t.Context(), "under-way") // it finds the other one
		require.NoError(t, err)
		report, err := r.Resume(t.Context(), "under-way")
		drained(t, s, report, err)
		assert.Equal(t, 2, s.arrived["twins"], "each of them once")
		assert.Equal(t, 2, s.asked("twins"))
	})
}

// A run whose process has died is not under way, however lately it gave a sign.
func TestARunThatDiedIsNotUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 30, celcointest.WithReplayDelay(2*time.Second))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		store := &dyingStore{Store: recovery.MemoryStore(), at: 30, die: cancel}
		_, err := s.recoverer(t, recovery.WithStore(store)).Recover(ctx, s.request("died"))
		require.Error(t, err)
		report, err := s.recoverer(t, recovery.WithStore(store.Store)).Report(t.Context(), "died")
		require.NoError(t, err)
		assert.Equal(t, recovery.StateCancelled, report.State)
		require.ErrorIs(t, report.Err(), recovery.ErrCancelled)
	})
}
