package recovery_test

import (
	"context"
	"errors"
	"strings"
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

// A job engine repeats a job until it is done.
func TestUnitsOfAReceiverThatWasDownAreRecoveredByTheNextPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 134, celcointest.WithBlocking(20, 50))
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.request("passes"))
		require.NoError(t, err)
		s.setDown(true)
		for range 4 {
			for _, u := range plan.Units {
				result, err := r.RunUnit(t.Context(), plan.ID, u.Unit)
				if err == nil {
					assert.Equal(t, recovery.StatePartial, result.State)
					continue
				}
				var open *recovery.BreakerError
				require.ErrorAs(t, err, &open)
				require.ErrorIs(t, err, recovery.ErrBreakerOpen)
				assert.Equal(t, u.Entity, open.Entity)
				assert.Equal(t, 10*time.Minute, time.Until(open.Next).Round(time.Minute))
			}
		}
		s.setDown(false)
		for _, u := range plan.Units {
			for tries := 0; ; tries++ {
				require.Less(t, tries, 5)
				result, err := r.RunUnit(t.Context(), plan.ID, u.Unit)
				if open, ok := errors.AsType[*recovery.BreakerError](err); ok {
					time.Sleep(time.Until(open.Next)) //nolint:forbidigo // virtual time
					continue
				}
				require.NoError(t, err)
				if result.State == recovery.StateDrained {
					assert.Empty(t, result.Reason)
					assert.Equal(t, u.Items, result.Totals.Planned)
					break
				}
			}
		}
		_, err = r.RunUnit(t.Context(), plan.ID, recovery.Unit{Entity: "kyc", From: s.from, To: s.to})
		require.ErrorIs(t, err, recovery.ErrNotFound)
		report, err := r.Verify(t.Context(), plan.ID)
		drained(t, s, report, err)
		_, distinct := s.most()
		assert.Equal(t, 201, distinct)
		for _, w := range s.server.Webhooks() {
			require.False(t, w.Blocked)
		}
	})
}

// slow is an outage of 24 h of five entities, in 120 units, at a Celcoin that takes
// a second to answer and two to deliver.
func slow(t *testing.T, items int) *story {
	t.Helper()
	s := outage(t, 0, celcointest.WithReplayDelay(2*time.Second))
	s.from = s.to.Add(-24 * time.Hour)
	for _, e := range fiveEntities {
		s.miss(t, e, items/len(fiveEntities))
	}
	require.NoError(t, s.server.Inject(celcointest.Fault{DelayHeaders: time.Second, Times: -1}))
	return s
}

var fiveEntities = []celcoin.Entity{
	celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut, celcoin.EntityPixReversalIn,
	celcoin.EntityPixReversalOut, celcoin.EntityPixMEDRefund,
}

func (s *story) five(id string) recovery.Request {
	req := s.one(id)
	req.Entities = fiveEntities
	return req
}

// jobs runs the units in jobs of at most a minute each, workers at once, until all
// are drained, and returns how long it took.
func jobs(t *testing.T, workers int, units []recovery.UnitPlan, of func(worker int) *recovery.Recoverer) time.Duration {
	t.Helper()
	began := time.Now()
	queue := make(chan recovery.Unit, len(units))
	var left, group sync.WaitGroup
	for _, u := range units {
		queue <- u.Unit
		left.Add(1)
	}
	for w := range workers {
		r := of(w)
		group.Go(func() {
			for u := range queue {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				result, err := r.RunUnit(ctx, "units", u)
				cancel()
				if err == nil && result.State == recovery.StateDrained {
					left.Done()
					continue
				}
				if err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v: %v", u, err)
				}
				queue <- u
			}
		})
	}
	left.Wait()
	close(queue)
	group.Wait()
	return time.Since(began)
}

// Units run side by side, in one process and in several.
func TestEightWorkersAreNearlyEightTimesAsFastAsOne(t *testing.T) {
	t.Parallel()
	items := 600
	if long() {
		items = 6000
	}
	took := map[string]time.Duration{}
	var mu sync.Mutex
	t.Run("runs", func(t *testing.T) {
		for name, c := range map[string]struct {
			run                func(t *testing.T, s *story, workers, processes int) time.Duration
			workers, processes int
		}{
			"one worker": {side, 1, 1}, "eight workers": {side, 8, 1}, "two processes": {side, 8, 2},
			"one job": {jobbed, 1, 1}, "eight jobs": {jobbed, 8, 1}, "jobs of two": {jobbed, 8, 2},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := slow(t, items)
					d := c.run(t, s, c.workers, c.processes)
					assert.Zero(t, s.server.Pending(""))
					most, distinct := s.most()
					assert.Equal(t, 1, most)
					assert.Equal(t, items, distinct)
					mu.Lock()
					took[name] = d
					mu.Unlock()
				})
			})
		}
	})
	t.Log(took)
	for name, one := range map[string]string{
		"eight workers": "one worker", "two processes": "one worker", "eight jobs": "one job", "jobs of two": "one job",
	} {
		assert.GreaterOrEqual(t, took[one].Seconds(), 6*took[name].Seconds(), "%s: %v, %s: %v", name, took[name], one, took[one])
	}
}

// processes are so many of them, with so many workers together, over one plan.
func processes(t *testing.T, s *story, workers, n int) ([]*recovery.Recoverer, *recovery.Plan) {
	t.Helper()
	store := recovery.MemoryStore()
	recoverers := make([]*recovery.Recoverer, n)
	for i := range recoverers {
		recoverers[i] = s.recoverer(t, recovery.WithStore(store), recovery.WithConcurrency(workers/n))
	}
	plan, err := recoverers[0].Plan(t.Context(), s.five("units"))
	require.NoError(t, err)
	require.Len(t, plan.Units, 120)
	return recoverers, plan
}

// side runs a plan in so many processes.
func side(t *testing.T, s *story, workers, n int) time.Duration {
	t.Helper()
	recoverers, plan := processes(t, s, workers, n)
	began := time.Now()
	var group sync.WaitGroup
	for _, r := range recoverers {
		group.Go(func() {
			report, err := r.Run(t.Context(), plan)
			if err != nil {
				t.Error(err)
				return
			}
			assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		})
	}
	group.Wait()
	return time.Since(began)
}

// jobbed runs its units as jobs, by so many workers with a call at a time each.
func jobbed(t *testing.T, s *story, workers, n int) time.Duration {
	t.Helper()
	recoverers, plan := processes(t, s, workers, n)
	return jobs(t, workers, plan.Units, func(w int) *recovery.Recoverer { return recoverers[w%n] })
}

// A watch runs a recovery again and again that lacks but one webhook.
func TestTheLogOfAUnitThatIsDrainedDoesNotGrowWithEachRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		s.poison[s.server.Webhooks()[0].ID] = true
		store := recovery.MemoryStore()
		r := s.recoverer(t, recovery.WithStore(store))
		report, err := r.Recover(t.Context(), s.request("again"))
		require.NoError(t, err)
		require.Equal(t, recovery.StatePartial, report.State)
		size := func() map[string]int {
			n := map[string]int{}
			for name, err := range store.List(t.Context(), "again") {
				require.NoError(t, err)
				for _, err := range store.Read(t.Context(), "again", name) {
					require.NoError(t, err)
					if strings.HasPrefix(name, "unit-") {
						n[name]++
					}
				}
			}
			return n
		}
		before := size()
		for range 3 {
			report, err = r.Resume(t.Context(), "again")
			require.NoError(t, err)
			require.Equal(t, 1, report.Totals.StillPending)
		}
		grown := 0
		for name, n := range size() {
			if n != before[name] {
				grown++
			}
		}
		assert.Equal(t, 1, grown, "that of the webhook")
	})
}
