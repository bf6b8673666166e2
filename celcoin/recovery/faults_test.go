package recovery_test

import (
	"context"
	"fmt"
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

func TestFivePercentOfFaultsOnEveryCallLoseNothing(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]celcointest.Fault{
		"a 503":                         {Status: 503},
		"a 429 with Retry-After":        {Status: 429, RetryAfter: "2"},
		"a 500":                         {Code: "CIE999", Status: 500},
		"a reset":                       {Reset: true},
		"a lost answer":                 {Reset: true, Processed: true},
		"a cut body":                    {CutBody: true, Processed: true},
		"HTML instead of JSON":          {Status: 200, Body: []byte("<html>"), Processed: true},
		"a token that was revoked":      {RevokeToken: true},
		"an internal error after all":   {Code: "CIE999", Status: 400, Processed: true},
		"a business error of one's own": {Code: "XYZ123", Status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 300)
				fault.Probability = 0.05
				if fault.Code == "XYZ123" {
					fault.Operation = celcointest.OpReplay // elsewhere windows would be set aside
				}
				require.NoError(t, s.server.Inject(fault))
				r := s.recoverer(t, recovery.WithMaxAttempts(10))
				report, err := r.Recover(t.Context(), s.request("faults"))
				for tries := 0; (err != nil || report.State != recovery.StateDrained) && tries < 10; tries++ {
					report, err = r.Recover(t.Context(), s.request("faults"))
				}
				drained(t, s, report, err)
				most, distinct := s.most()
				assert.Equal(t, 450, distinct)
				if !fault.Processed {
					assert.Equal(t, 1, most)
				}
			})
		})
	}
}

// Celcoin may have carried a replay out whose answer was lost: it is waited for, not
// sent again.
func TestAReplayWhoseAnswerWasLostIsNotSentAgainWhileItMayArrive(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]celcointest.Fault{
		"a reset":             {Reset: true},
		"a cut body":          {CutBody: true},
		"a gateway's 504":     {Status: 504},
		"an error, after all": {Status: 500, Code: "CIE999"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t, celcointest.WithReplayDelay(5*time.Second))
				s.miss(t, celcoin.EntityPixPaymentIn, 30)
				fault.Operation, fault.Processed, fault.Skip, fault.Times = celcointest.OpReplay, true, 10, 3
				require.NoError(t, s.server.Inject(fault))
				report, err := s.recoverer(t).Recover(t.Context(), s.one("lost"))
				drained(t, s, report, err)
				most, distinct := s.most()
				assert.Equal(t, 1, most)
				assert.Equal(t, 30, distinct)
				assert.Equal(t, 30, s.replays())
			})
		})
	}
}

// A loop that replays what it has just listed makes the set shrink under its
// pages, and never sees the rest.
func TestANaiveLoopLosesWebhooksAndARecoveryNone(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 7, 50, 199, 200} {
		t.Run(fmt.Sprintf("pages of %d", size), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t)
				s.miss(t, celcoin.EntityPixPaymentIn, 600)
				client := sized{s.client, size}
				q := celcoin.Query{Entity: celcoin.EntityPixPaymentIn, From: s.from, To: s.to, OnlyPending: new(true)}
				for n, pages := 1, 1; n <= pages; n++ {
					page, err := client.ListWebhooks(t.Context(), q, celcoin.PageOptions{Page: n})
					require.NoError(t, err)
					pages = page.TotalPages
					for _, w := range page.Webhooks {
						_, err := client.ReplayWebhooks(t.Context(), celcoin.ReplayRequest{Entity: q.Entity, WebhookID: w.ID})
						require.NoError(t, err)
						s.server.Settle()
					}
				}
				lost := s.server.Pending(q.Entity)
				assert.Greater(t, lost, 150, "the naive loop loses a part")

				r, err := recovery.New(client, recovery.WithRate(1000, 100))
				require.NoError(t, err)
				report, err := r.Recover(t.Context(), s.one("pages"))
				drained(t, s, report, err)
				assert.Equal(t, lost, report.Totals.Delivered)
				most, distinct := s.most()
				assert.Equal(t, 1, most)
				assert.Equal(t, 600, distinct)
			})
		})
	}
}

// sized is a client that lists in pages of one size.
type sized struct {
	*celcoin.Client
	size int
}

func (c sized) ListWebhooks(ctx context.Context, q celcoin.Query, p celcoin.PageOptions, opts ...celcoin.CallOption) (*celcoin.WebhookPage, error) {
	p.PageSize = c.size
	return c.Client.ListWebhooks(ctx, q, p, opts...)
}

// A bubble ends with an error if a goroutine is left behind.
func TestARecoveryCanBeCancelledAtAnyRequest(t *testing.T) {
	t.Parallel()
	for at := 1; at < 90; at += 4 {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 20, celcointest.WithReplayDelay(2*time.Second))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var n atomic.Int64
			require.NoError(t, s.server.Inject(celcointest.Fault{
				Times: -1, DelayHeaders: time.Millisecond, Match: func(*http.Request) bool {
					if n.Add(1) == int64(at) {
						cancel()
					}
					return true
				},
			}))
			r := s.recoverer(t)
			begin := time.Now()
			report, err := r.Recover(ctx, s.request("")) // a derived ID
			if ctx.Err() == nil {
				drained(t, s, report, err)
				return
			}
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, recovery.StateCancelled, report.State, report.Reason)
			require.ErrorIs(t, report.Err(), recovery.ErrCancelled)
			assert.Less(t, time.Since(begin), time.Minute)
			require.NotEmpty(t, report.ID)

			report, err = r.Resume(t.Context(), report.ID)
			drained(t, s, report, err)
			most, _ := s.most()
			assert.Equal(t, 1, most)
		})
	}
}

// twins are two webhooks of one transaction, an hour and a half apart: the
// receiver tells them apart by what they are called here.
func twins(s *story) {
	for name, created := range map[string]time.Time{
		"first": s.from.Add(10 * time.Minute), "second": s.from.Add(100 * time.Minute),
	} {
		s.server.Add(celcointest.Webhook{
			ID: "one-transaction", Created: created,
			Request: `{"entity":"pix-payment-in","webhookId":"` + name + `","body":{"id":"one-transaction"}}`,
		})
	}
}

func TestAnIDThatIsPendingInASecondWindowIsNotDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		twins(s)
		s.poison["second"] = true
		r := s.recoverer(t)
		report, err := r.Recover(t.Context(), s.request("twins"))
		require.NoError(t, err)
		assert.Equal(t, 1, s.server.Pending(""))
		assert.Equal(t, recovery.StatePartial, report.State, report.Totals)
		assert.Equal(t, 1, report.Totals.StillPending)
		require.Len(t, report.Failures, 1)

		s.heal("second")
		report, err = r.Resume(t.Context(), "twins")
		drained(t, s, report, err)
		assert.Equal(t, 32, report.Totals.Planned)
		assert.Equal(t, 1, s.arrived["first"])
		assert.Equal(t, 1, s.arrived["second"])
	})
}

// Windows meet at a whole second, which belongs to both.
func TestAWebhookOnTheEdgeOfTwoWindowsIsOneItem(t *testing.T) {
	t.Parallel()
	for _, exclusive := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 0, celcointest.WithDateToExclusive(exclusive))
			s.server.Add(celcointest.Webhook{ID: "edge", Created: s.from.Add(time.Hour)})
			req := s.one("edge")
			report, err := s.recoverer(t).Recover(t.Context(), req)
			drained(t, s, report, err)
			assert.Equal(t, 1, report.Totals.Planned)
			assert.Equal(t, 1, s.arrived["edge"])
		})
	}
}

// A busy account has a webhook at each such second. It must not make both windows
// prove their deliveries one by one.
func TestAWebhookOnTheEdgeOfTwoWindowsLeavesBothCountable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		s.miss(t, celcoin.EntityPixPaymentIn, 1000)
		s.server.Add(celcointest.Webhook{ID: "edge", Created: s.from.Add(time.Hour)})
		report, err := s.recoverer(t).Recover(t.Context(), s.one("edges"))
		drained(t, s, report, err)
		most, distinct := s.most()
		assert.Equal(t, 1, most)
		assert.Equal(t, 1001, distinct)
		assert.Less(t, report.Calls, 1250)
	})
}
