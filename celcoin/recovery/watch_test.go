package recovery_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestAWatchTellsWhatIsMissingAndRecoversIt(t *testing.T) {
	t.Parallel()
	for _, trueDates := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 0, celcointest.WithTrueDates(trueDates))
			ctx, cancel := context.WithCancel(t.Context())
			var states []recovery.WatchState
			told := 0
			done := make(chan error)
			r := s.recoverer(t)
			go func() {
				done <- r.Watch(ctx, recovery.WatchConfig{
					Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut}, Auto: true,
					Observe: func(w recovery.WatchState) { states = append(states, w) },
					Notify:  func(context.Context, recovery.WatchState) { told++ },
				})
			}()
			time.Sleep(time.Minute) //nolint:forbidigo // virtual time
			synctest.Wait()
			require.Len(t, states, 1)
			assert.Zero(t, states[0].Pending)
			assert.Zero(t, told)

			now := time.Now()
			require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentOut, 50, now.Add(-2*time.Hour), now.Add(-time.Hour)))
			require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 5, now.Add(-time.Minute), now)) // may still come
			time.Sleep(16 * time.Minute)                                                                      //nolint:forbidigo // virtual time
			synctest.Wait()
			require.Len(t, states, 3)
			found, ended := states[1], states[2]
			assert.Equal(t, 50, found.Pending)
			assert.Equal(t, 50, found.Entities[1].Pending)
			assert.False(t, found.Entities[1].Oldest.IsZero())
			assert.WithinDuration(t, found.Entities[1].Oldest.Add(7*24*time.Hour), found.Entities[1].Expires, 3*time.Hour)
			assert.True(t, found.Recovering)
			assert.Nil(t, found.Report)
			assert.Zero(t, ended.Pending)
			assert.False(t, ended.Recovering)
			require.NotNil(t, ended.Report)
			assert.Equal(t, recovery.StateDrained, ended.Report.State, ended.Report.Reason)
			assert.Equal(t, 2, told, "that something is missing, and that it is back")
			cancel()
			require.ErrorIs(t, <-done, context.Canceled)
		})
	}
}

// What a gauge shows must be true before, during and after a long recovery.
func TestAWatchLooksBesideALongRecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0, celcointest.WithReplayDelay(time.Minute))
		s.miss(t, celcoin.EntityPixPaymentIn, 200)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var pending []int
		var last recovery.WatchState
		err := s.recoverer(t, recovery.WithFailureLimit(4)).Watch(ctx, recovery.WatchConfig{
			Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, Auto: true,
			Observe: func(w recovery.WatchState) {
				assert.InDelta(t, s.server.Pending(""), w.Pending, 4, "what is in flight")
				assert.Equal(t, w.Time, w.LastSuccess)
				pending = append(pending, w.Pending)
				if last = w; !w.Recovering {
					cancel()
				}
			},
		})
		require.ErrorIs(t, err, context.Canceled)
		require.NotNil(t, last.Report)
		assert.Equal(t, recovery.StateDrained, last.Report.State, last.Report.Reason)
		assert.Greater(t, len(pending), 3)
		assert.Equal(t, 200, pending[0])
		assert.True(t, slices.IsSortedFunc(pending, func(a, b int) int { return b - a }), "%v", pending)
		assert.Zero(t, last.Pending)
	})
}

func TestAWatchSurvivesACelcoinThatIsDownAndGoesOnWithItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		s.setDown(true)
		store := recovery.MemoryStore()
		config := recovery.WatchConfig{Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, Auto: true}
		watch := func(d time.Duration) (states []recovery.WatchState) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			config.Observe = func(w recovery.WatchState) { states = append(states, w) }
			require.ErrorIs(t, s.recoverer(t, recovery.WithStore(store)).Watch(ctx, config), context.DeadlineExceeded)
			return states
		}
		states := watch(time.Hour)
		assert.True(t, slices.ContainsFunc(states, func(w recovery.WatchState) bool {
			return w.Report != nil && w.Report.State == recovery.StatePartial
		}))
		for _, w := range states {
			assert.Equal(t, 20, w.Pending, "what its recovery cannot bring back is missing still")
		}
		require.NoError(t, s.server.Inject(celcointest.Fault{Status: 503, Times: -1}))
		states = watch(time.Hour)
		require.NotEmpty(t, states)
		require.Error(t, states[0].Err)
		s.server.ClearFaults()
		s.setDown(false)
		watch(2 * time.Hour)
		assert.Zero(t, s.server.Pending(celcoin.EntityPixPaymentIn))
		n := 0
		for _, err := range s.recoverer(t, recovery.WithStore(store)).Recoveries(t.Context()) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 1, n, "it went on with its own")
	})
}

// A week of a watch: the receiver is down for a while, then Celcoin, then both; the
// process is started again in the middle; and a person recovers the same outage.
func TestAWatchKeepsUpThroughAWeek(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		store := recovery.MemoryStore()
		watch := func() (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			r, ended := s.recoverer(t, recovery.WithStore(store)), make(chan error)
			go func() {
				ended <- r.Watch(ctx, recovery.WatchConfig{
					Every: 3 * time.Hour, Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, Auto: true,
				})
			}()
			return func() {
				cancel()
				require.ErrorIs(t, <-ended, context.Canceled)
			}
		}
		stop := watch()
		for day := range 7 {
			now := time.Now()
			require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 20, now.Add(-30*time.Minute), now.Add(-10*time.Minute)))
			if day == 1 || day == 5 {
				s.setDown(true)
			}
			if day == 3 || day == 5 {
				require.NoError(t, s.server.Inject(celcointest.Fault{Status: 503, Times: -1}))
			}
			time.Sleep(5 * time.Hour) //nolint:forbidigo // virtual time
			s.setDown(false)
			s.server.ClearFaults()
			if day == 4 {
				stop()
				stop = watch()
			}
			if day == 6 { // a person, while the watch is at it or after it
				_, err := s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), recovery.Request{
					Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, From: now.Add(-time.Hour), To: now,
				})
				if err != nil {
					require.ErrorIs(t, err, recovery.ErrOverlap)
				}
			}
			time.Sleep(19 * time.Hour) //nolint:forbidigo // virtual time
			assert.Zero(t, s.server.Pending(celcoin.EntityPixPaymentIn), "day %d", day)
		}
		stop()
		assert.Len(t, s.arrived, 7*20)
		for _, n := range s.arrived {
			assert.Equal(t, 1, n)
		}
	})
}

// look is one look of a watch.
func (s *story) look(t *testing.T, r *recovery.Recoverer, entities ...celcoin.Entity) (last recovery.WatchState) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.ErrorIs(t, r.Watch(ctx, recovery.WatchConfig{
		Entities: entities, Observe: func(w recovery.WatchState) { last = w; cancel() },
	}), context.Canceled)
	return last
}

func TestAWatchLooksBackToWhenItLastAskedForEachEntity(t *testing.T) {
	t.Parallel()
	in, out := celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut
	for name, between := range map[string][]celcoin.Entity{"without a watch": nil, "with a watch of another entity": {out}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 0)
				r := s.recoverer(t)
				require.NoError(t, s.look(t, r, in, out).Err)
				time.Sleep(60 * time.Hour) //nolint:forbidigo // virtual time
				if between != nil {
					require.NoError(t, s.look(t, r, between...).Err)
				}
				now := time.Now()
				require.NoError(t, s.server.AddMissed(in, 10, now.Add(-50*time.Hour), now.Add(-40*time.Hour)))
				w := s.look(t, r, in, out)
				assert.Equal(t, 10, w.Pending)
				assert.Equal(t, w.Time, w.LastSuccess)
			})
		})
	}
}

func TestAWatchThatBeginsWhileCelcoinIsDownLooksBackToItsBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		r, in := s.recoverer(t), celcoin.EntityPixPaymentIn
		began := time.Now()
		require.NoError(t, s.server.Inject(celcointest.Fault{Status: 503, Times: -1}))
		w := s.look(t, r, in)
		require.Error(t, w.Err)
		assert.Zero(t, w.LastSuccess)
		time.Sleep(60 * time.Hour) //nolint:forbidigo // virtual time
		s.server.ClearFaults()
		require.NoError(t, s.server.AddMissed(in, 10, began.Add(time.Hour), began.Add(2*time.Hour)))
		assert.Equal(t, 10, s.look(t, r, in).Pending)
	})
}

func TestWhatAWatchFoundMissingIsMissingUntilItIsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		r, in := s.recoverer(t), celcoin.EntityPixPaymentIn
		now := time.Now()
		require.NoError(t, s.server.AddMissed(in, 10, now.Add(-20*time.Hour), now.Add(-10*time.Hour)))
		for range 5 {
			w := s.look(t, r, in)
			require.NoError(t, w.Err)
			assert.Equal(t, 10, w.Pending)
			assert.WithinDuration(t, now.Add(6*24*time.Hour+4*time.Hour), w.Entities[0].Expires, 5*time.Hour)
			time.Sleep(24 * time.Hour) //nolint:forbidigo // virtual time
		}
	})
}

func TestAWatchCountsWhatTwoWindowsShowOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		s.server.Add(celcointest.Webhook{Created: time.Now().Add(-5 * time.Hour)}) // the end of a window, and the begin of the next
		w := s.look(t, s.recoverer(t), celcoin.EntityPixPaymentIn)
		require.NoError(t, w.Err)
		assert.Equal(t, 1, w.Pending)
	})
}

func TestAWatchDoesNotTakeAListThatIsCutForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0, celcointest.WithListingCap(50))
		now := time.Now()
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 90, now.Add(-2*time.Hour), now.Add(-2*time.Hour).Add(time.Minute)))
		w := s.look(t, s.recoverer(t), celcoin.EntityPixPaymentIn)
		require.ErrorContains(t, w.Err, "40")
		assert.Zero(t, w.LastSuccess)
		assert.Equal(t, 50, w.Pending)
	})
}

// One store may serve the watches of several clients.
func TestAWatchLeavesToOthersWhatTheirClientsPlanned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := recovery.MemoryStore()
		one, other := outage(t, 20), outage(t, 0, celcointest.WithCredentials("another-client", "another-test-secret"))
		one.setDown(true)
		for _, s := range []*story{one, other} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			err := s.recoverer(t, recovery.WithStore(store)).Watch(ctx, recovery.WatchConfig{
				Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, Auto: true,
				Observe: func(w recovery.WatchState) { assert.NoError(t, w.Err) },
			})
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		assert.Equal(t, 20, one.server.Pending(celcoin.EntityPixPaymentIn))
	})
}

func TestAWatchThatCouldNotAskAnEntityDoesNotCountAsASuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		refused := celcoin.EntityPixPaymentOut
		require.NoError(t, s.server.Inject(celcointest.EntityRefused(refused, 403, "CBE468")))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var states []recovery.WatchState
		require.ErrorIs(t, s.recoverer(t).Watch(ctx, recovery.WatchConfig{
			Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn, refused},
			Observe: func(w recovery.WatchState) {
				if states = append(states, w); len(states) == 2 {
					cancel()
				}
				s.server.ClearFaults()
			},
		}), context.Canceled)
		require.Len(t, states, 2)
		require.ErrorIs(t, states[0].Err, celcoin.ErrForbidden)
		assert.Zero(t, states[0].LastSuccess, "what it has not asked may be missing")
		require.NoError(t, states[1].Err)
		assert.Equal(t, states[1].Time, states[1].LastSuccess)
	})
}

func TestAWatchThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	s := recovery.WatchConfig{Entities: []celcoin.Entity{"kyc"}}
	r, err := recovery.New(noAPI{})
	require.NoError(t, err)
	require.ErrorIs(t, r.Watch(t.Context(), s), recovery.ErrInvalidRequest, "another product's entity")
	require.ErrorIs(t, r.Watch(t.Context(), recovery.WatchConfig{}), recovery.ErrInvalidRequest)
	require.ErrorIs(t, r.Watch(t.Context(), recovery.WatchConfig{
		Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, Grace: time.Hour, Lookback: time.Minute,
	}), recovery.ErrInvalidRequest)
}

type noAPI struct{ recovery.API }

// A watch looks after its own recoveries: others are neither read nor its trouble.
func TestAWatchIsNotStoppedByTheJournalsOfOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "another"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "another", "plan.jsonl"), []byte("{}\n{}\n"), 0o600))
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		ctx, cancel := context.WithCancel(t.Context())
		var state recovery.WatchState
		err := s.recoverer(t, recovery.WithStore(recovery.FileStore(dir))).Watch(ctx, recovery.WatchConfig{
			Entities: s.request("").Entities, Auto: true,
			Observe: func(w recovery.WatchState) {
				if state = w; !w.Recovering {
					cancel()
				}
			},
		})
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, state.Err)
		require.NotNil(t, state.Report)
		assert.Equal(t, recovery.StateDrained, state.Report.State)
	})
}
