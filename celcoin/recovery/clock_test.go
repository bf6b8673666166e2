package recovery_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// setClock is a store whose clock can be set.
type setClock struct {
	journal.Store
	by atomic.Int64
}

func (s *setClock) Update(ctx context.Context, name string, f func(time.Time, []byte) ([]byte, error)) error {
	return s.Store.Update(ctx, name, func(now time.Time, old []byte) ([]byte, error) {
		return f(now.Add(time.Duration(s.by.Load())), old)
	})
}

func TestAStoreWhoseClockIsSetBackStopsNoCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 50)
		store := &setClock{Store: recovery.MemoryStore()}
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

// What was written when the clock was ahead must not pass for what this run has seen.
func TestAfterTheClockWasSetBackARunBeginsAsAnyOther(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(context.Context, *recovery.Recoverer, *recovery.Plan) (recovery.State, error){
		"a resume": func(ctx context.Context, r *recovery.Recoverer, p *recovery.Plan) (recovery.State, error) {
			report, err := r.Resume(ctx, p.ID)
			return report.State, err
		},
		"a unit": func(ctx context.Context, r *recovery.Recoverer, p *recovery.Plan) (recovery.State, error) {
			result, err := r.RunUnit(ctx, p.ID, p.Units[0].Unit)
			return result.State, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t)
				s.miss(t, celcoin.EntityPixPaymentIn, 100)
				store := &setClock{Store: recovery.MemoryStore()}
				store.by.Store(int64(time.Hour))
				r := s.recoverer(t, recovery.WithStore(store))
				plan, err := r.Plan(t.Context(), s.one("clock"))
				require.NoError(t, err)
				report, err := r.Run(t.Context(), plan)
				drained(t, s, report, err)
				store.by.Store(0)
				s.miss(t, celcoin.EntityPixPaymentIn, 200)
				s.setDown(true)
				for range 2 {
					state, err := again(t.Context(), r, plan)
					if err != nil {
						require.ErrorAs(t, err, new(*recovery.BreakerError))
					}
					assert.Equal(t, recovery.StatePartial, state)
					assert.Equal(t, 6, s.failures(), "twice the canaries")
				}
				s.setDown(false)
				time.Sleep(11 * time.Minute) //nolint:forbidigo // virtual time: the next trial
				state, err := again(t.Context(), r, plan)
				require.NoError(t, err)
				assert.Equal(t, recovery.StateDrained, state)
			})
		})
	}
}

// Whether Celcoin still replays something is a matter of Celcoin's clock.
func TestAStoreWhoseClockIsAheadExpiresNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 50)
		store := &setClock{Store: recovery.MemoryStore()}
		store.by.Store(int64(8 * 24 * time.Hour))
		r := s.recoverer(t, recovery.WithStore(store), recovery.WithWindow(10*time.Minute), recovery.WithProgress(func(p recovery.Progress) {
			assert.Zero(t, p.Totals.Expired)
		}))
		plan, err := r.Plan(t.Context(), s.one("ahead"))
		require.NoError(t, err)
		report, err := r.Run(t.Context(), plan)
		drained(t, s, report, err)
	})
}
