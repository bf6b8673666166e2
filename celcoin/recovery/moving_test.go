package recovery_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
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

// empty is an outage of one hour in which nothing is missing yet.
func empty(t *testing.T, opts ...celcointest.Option) *story {
	t.Helper()
	s := outage(t, 0, opts...)
	s.from = s.to.Add(-time.Hour)
	return s
}

// one is a request for payments in, without a margin.
func (s *story) one(id string) recovery.Request {
	return recovery.Request{
		ID: id, Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, From: s.from, To: s.to, Margin: -1,
	}
}

func (s *story) miss(t *testing.T, entity celcoin.Entity, n int) {
	t.Helper()
	require.NoError(t, s.server.AddMissed(entity, n, s.from, s.to))
}

// replays counts the requests that ask for a replay.
func (s *story) replays() (n int) {
	for _, r := range s.server.Requests() {
		if r.Method == http.MethodPut {
			n++
		}
	}
	return n
}

// The total stays what it was, and so does the number of rows: only which rows
// they are tells that a page was turned over others.
func TestWebhooksThatFailWhileTheListingTurnsItsPagesAreRecovered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ moved, times int }{{3, 1}, {1, 4}, {20, 5}, {2, -1}} {
		t.Run(fmt.Sprintf("%d at a page, %d times", c.moved, c.times), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t, celcointest.WithMovingSet(c.moved, c.times))
				s.miss(t, celcoin.EntityPixPaymentIn, 500)
				report, err := s.recoverer(t).Recover(t.Context(), s.one("moving"))
				drained(t, s, report, err)
				most, distinct := s.most()
				assert.Equal(t, 1, most)
				assert.Len(t, s.server.Webhooks(), distinct)
				assert.Greater(t, distinct, 500)
				assert.Zero(t, report.Totals.NewDuringRun)
			})
		})
	}
}

// One of them is listed twice then, and another never: there are as many lines as
// the total says, and fewer webhooks.
func TestWebhooksOfOneInstantThatChangePlacesAreAllRecovered(t *testing.T) {
	t.Parallel()
	for _, swaps := range []int{1, 5, -1} {
		t.Run(fmt.Sprintf("%d pairs", swaps), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t, celcointest.WithUnstableTies(swaps))
				all := make([]celcointest.Webhook, 600)
				for i := range all {
					all[i].Created = s.from.Add(time.Minute)
				}
				s.server.Add(all...)
				report, err := s.recoverer(t).Recover(t.Context(), s.one("ties"))
				drained(t, s, report, err)
				most, distinct := s.most()
				assert.Equal(t, 1, most)
				assert.Equal(t, 600, distinct)
			})
		})
	}
}

func TestAWindowThatIsNotListedWholeIsHalved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t, celcointest.WithListingCap(130))
		s.miss(t, celcoin.EntityPixPaymentIn, 500)
		plan, err := s.recoverer(t).Plan(t.Context(), s.one("cap"))
		require.NoError(t, err)
		assert.Equal(t, 500, plan.Items)
		assert.Zero(t, plan.Unlisted)
		assert.GreaterOrEqual(t, len(plan.Units), 4)
	})
}

func TestWhatIsCountedAndCannotBeListedIsNeverDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t, celcointest.WithListingCap(50))
		all := make([]celcointest.Webhook, 60)
		for i := range all { // in one second, which cannot be halved
			all[i].Created = s.from.Add(time.Minute).Truncate(time.Second)
		}
		s.server.Add(all...)
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.one("second"))
		require.NoError(t, err)
		assert.Equal(t, 50, plan.Items)
		assert.Positive(t, plan.Unlisted)
		report, err := r.Run(t.Context(), plan)
		require.NoError(t, err)
		_, distinct := s.most()
		if report.State == recovery.StateDrained {
			assert.Equal(t, 60, distinct)
		}
		assert.GreaterOrEqual(t, distinct, 50)
	})
}

// Celcoin's figures about a listing need not agree, nor all be there: as long as one of
// them promises more, the next page is asked for.
func TestAListingGoesOnWhileItsTotalOrItsPagesPromiseMore(t *testing.T) {
	t.Parallel()
	for name, claim := range map[string]claiming{
		"no number of pages": {pages: new(0)},
		"one page only":      {pages: new(1)},
		"a total too low":    {total: new(200)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t)
				all := make([]celcointest.Webhook, 450)
				for i := range all { // in one second, which cannot be halved
					all[i].Created = s.from.Add(time.Minute).Truncate(time.Second)
				}
				s.server.Add(all...)
				claim.Client = s.client
				r, err := recovery.New(claim)
				require.NoError(t, err)
				plan, err := r.Plan(t.Context(), s.one("figures"))
				require.NoError(t, err)
				assert.Equal(t, 450, plan.Items)
			})
		})
	}
}

// threeMethods is a client that gives no single pages.
type threeMethods struct{ recovery.API }

func TestAClientThatGivesNoSinglePagesIsEnough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t, celcointest.WithMovingSet(3, 1))
		s.miss(t, celcoin.EntityPixPaymentIn, 500)
		r, err := recovery.New(threeMethods{s.client}, recovery.WithRate(1000, 100))
		require.NoError(t, err)
		report, err := r.Recover(t.Context(), s.one("three"))
		drained(t, s, report, err)
		_, distinct := s.most()
		assert.Len(t, s.server.Webhooks(), distinct)
	})
}

// What Celcoin counts and never shows may be pending, whenever it says so.
func TestWhatIsCountedWhereNothingIsListedIsNeverDrained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ missed, planned, later int }{
		"in the plan":         {0, 5, 5},
		"in the last look":    {0, 0, 5},
		"in the closing look": {10, 10, 10},
	} {
		for _, opts := range [][]recovery.Option{nil, {recovery.WithPull(func(context.Context, celcoin.Webhook) error { return nil })}} {
			t.Run(fmt.Sprintf("%s, %d options", name, len(opts)), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := empty(t)
					s.miss(t, celcoin.EntityPixPaymentIn, c.missed)
					n := c.planned
					r, err := recovery.New(claiming{Client: s.client, total: &n}, opts...)
					require.NoError(t, err)
					plan, err := r.Plan(t.Context(), s.one("counted"))
					require.NoError(t, err)
					assert.Equal(t, c.planned-c.missed, plan.Unlisted)
					n = c.later
					if len(opts) > 0 && c.missed > 0 {
						n++ // what is pulled stays pending
					}
					report, err := r.Run(t.Context(), plan)
					require.NoError(t, err)
					assert.Equal(t, recovery.StatePartial, report.State)
				})
			})
		}
	}
}

// claiming is a client whose pages bear other figures than Celcoin's.
type claiming struct {
	*celcoin.Client
	pages, total *int
}

func (c claiming) CountWebhooks(ctx context.Context, q celcoin.Query, opts ...celcoin.CallOption) (*celcoin.ReplaySummary, error) {
	summary, err := c.Client.CountWebhooks(ctx, q, opts...)
	if err == nil && c.total != nil {
		summary.TotalItems = *c.total
	}
	return summary, err
}

func (c claiming) ListWebhooks(ctx context.Context, q celcoin.Query, p celcoin.PageOptions, opts ...celcoin.CallOption) (*celcoin.WebhookPage, error) {
	page, err := c.Client.ListWebhooks(ctx, q, p, opts...)
	if err != nil {
		return nil, err
	}
	if c.pages != nil {
		page.TotalPages = *c.pages
	}
	if c.total != nil {
		page.TotalItems = *c.total
	}
	return page, nil
}

// sizeAbove matches requests for pages of more than n.
func sizeAbove(n int) func(*http.Request) bool {
	return func(r *http.Request) bool {
		size, err := strconv.Atoi(r.URL.Query().Get("LimitPerPage"))
		return err == nil && size > n
	}
}

// A window in which nothing was pending is looked at again when the others are done.
func TestWebhooksThatFailInAWindowThatWasEmptyAreRecovered(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 5} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 0)
			require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 20, s.from, s.from.Add(time.Hour)))
			r := s.recoverer(t)
			plan, err := r.Plan(t.Context(), s.one("empty"))
			require.NoError(t, err)
			require.Len(t, plan.Units, 1)
			require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, n, s.from.Add(90*time.Minute), s.to))
			report, err := r.Run(t.Context(), plan)
			drained(t, s, report, err)
			assert.Equal(t, n, report.Totals.FoundLater)
			assert.Equal(t, 20+n, report.Totals.Delivered)
		})
	}
}

// A look that replays nothing does not stand for the last look of a run beside it.
func TestWhatVerifyFindsBesideARunIsRecoveredByTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 20, s.from, s.from.Add(time.Hour)))
		store := recovery.MemoryStore()
		plan, err := s.recoverer(t, recovery.WithStore(store)).Plan(t.Context(), s.one("beside"))
		require.NoError(t, err)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 5, s.from.Add(90*time.Minute), s.to))
		var verified sync.WaitGroup
		var once sync.Once
		verifier := s.recoverer(t, recovery.WithStore(store))
		r := s.recoverer(t, recovery.WithStore(store), recovery.WithProgress(func(p recovery.Progress) {
			if p.Step == "replaying" {
				once.Do(func() {
					verified.Go(func() {
						_, err := verifier.Verify(t.Context(), "beside")
						assert.NoError(t, err)
					})
				})
			}
		}))
		report, err := r.Run(t.Context(), plan)
		verified.Wait()
		drained(t, s, report, err)
		assert.Equal(t, 5, report.Totals.FoundLater)
	})
}
