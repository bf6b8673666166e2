package recovery_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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

func stores(t *testing.T) map[string]func() journal.Store {
	t.Helper()
	memory, dir := recovery.MemoryStore(), t.TempDir()
	return map[string]func() journal.Store{
		"in memory":              func() journal.Store { return memory },
		"in files, each its own": func() journal.Store { return recovery.FileStore(dir) },
	}
}

// Nobody waits for a run, or stops one, by looking.
func TestAReportIsReadBesideARun(t *testing.T) {
	t.Parallel()
	for name, store := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 200, celcointest.WithReplayDelay(2*time.Second))
				reader := s.recoverer(t, recovery.WithStore(store()))
				looked := 0
				var states []recovery.State
				r := s.recoverer(t, recovery.WithStore(store()), recovery.WithProgress(func(p recovery.Progress) {
					if p.Step != "replaying" || p.Totals.Replayed < 60 || looked > 3 {
						return
					}
					looked++
					began := time.Now()
					report, err := reader.Report(t.Context(), "beside")
					if err != nil {
						t.Error(err)
						return
					}
					states = append(states, report.State)
					assert.Equal(t, 300, report.Totals.Planned)
					assert.Positive(t, report.Totals.Replayed)
					assert.Zero(t, time.Since(began))
					items := 0
					for _, err := range reader.Items(t.Context(), "beside") {
						if err != nil {
							t.Error(err)
						}
						items++
					}
					assert.Equal(t, 300, items)
					for sum, err := range reader.Recoveries(t.Context()) {
						if err != nil {
							t.Error(err)
						}
						assert.Equal(t, "beside", sum.ID)
						assert.Equal(t, recovery.StateRunning, sum.State)
					}
				}))
				report, err := r.Recover(t.Context(), s.request("beside"))
				drained(t, s, report, err)
				require.NotEmpty(t, states)
				assert.Equal(t, recovery.StateRunning, states[0])
			})
		})
	}
}

func TestAReadOnlyCopyIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		dir, copied := t.TempDir(), filepath.Join(t.TempDir(), "copy")
		report, err := s.recoverer(t, recovery.WithStore(recovery.FileStore(dir))).Recover(t.Context(), s.request("copy"))
		drained(t, s, report, err)
		require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
		before := readOnly(t, copied)
		r := s.recoverer(t, recovery.WithStore(recovery.FileStore(copied)))
		again, err := r.Report(t.Context(), "copy")
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, again.State)
		assert.Equal(t, report.Totals, again.Totals)
		for sum, err := range r.Recoveries(t.Context()) {
			require.NoError(t, err)
			assert.Equal(t, recovery.StateDrained, sum.State)
			assert.Equal(t, report.Totals, sum.Totals)
		}
		_, err = r.Stored(t.Context(), "copy")
		require.NoError(t, err)
		assert.Equal(t, before, readOnly(t, copied), "nothing was made or changed")
	})
}

// readOnly makes everything in a folder 0444, and returns what is in it. Root may
// write all the same, so that is compared.
func readOnly(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	files := map[string]int64{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() {
			t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
			return os.Chmod(path, 0o555)
		}
		files[path] = info.Size()
		return os.Chmod(path, 0o444)
	}))
	return files
}

// What is known stays known when Celcoin cannot be asked again.
func TestAVerificationThatCannotFinishTakesNothingBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  celcointest.Fault
		cancel bool
	}{
		"cancelled":         {celcointest.Fault{DelayHeaders: time.Second, Times: -1}, true},
		"refused":           {celcointest.Fault{Skip: 3, Status: 403, Code: "CBE468", Times: -1}, false},
		"refused once":      {celcointest.Fault{Skip: 3, Status: 400, Code: "XYZ123"}, false},
		"without an answer": {celcointest.Fault{Skip: 3, Status: 503, Times: -1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 60)
				r := s.recoverer(t)
				report, err := r.Recover(t.Context(), s.request("verify"))
				drained(t, s, report, err)
				require.NoError(t, s.server.Inject(c.fault))
				ctx, cancel := context.WithCancel(t.Context())
				if c.cancel {
					time.AfterFunc(2500*time.Millisecond, cancel)
				}
				again, err := r.Verify(ctx, "verify")
				cancel()
				require.Error(t, err)
				if c.cancel {
					require.ErrorIs(t, err, context.Canceled)
				}
				require.NotNil(t, again)
				assert.Equal(t, recovery.StateDrained, again.State, again.Reason)
				assert.Equal(t, report.Totals, again.Totals)
				again, err = r.Report(t.Context(), "verify")
				require.NoError(t, err)
				assert.Equal(t, recovery.StateDrained, again.State)
				s.server.ClearFaults()
				again, err = r.Verify(t.Context(), "verify")
				drained(t, s, again, err)
			})
		})
	}
}

func TestAPlanningThatWasInterruptedGoesOn(t *testing.T) {
	t.Parallel()
	for _, after := range []int{0, 1, 5, 12} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 200)
			ctx, cancel := context.WithCancel(t.Context())
			store := recovery.FileStore(t.TempDir())
			interrupted := s.recoverer(t, recovery.WithStore(store), recovery.WithConcurrency(1),
				recovery.WithProgress(func(p recovery.Progress) {
					if p.Step == "listing" && p.Done > after {
						cancel()
					}
				}))
			report, err := interrupted.Recover(ctx, s.request("planning"))
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, recovery.StateCancelled, report.State)
			for sum, err := range interrupted.Recoveries(t.Context()) {
				require.NoError(t, err)
				assert.Equal(t, recovery.StatePlanning, sum.State)
				assert.True(t, sum.Planned.IsZero())
			}
			_, err = interrupted.Report(t.Context(), "planning")
			require.ErrorIs(t, err, recovery.ErrNotFound)

			report, err = s.recoverer(t, recovery.WithStore(store)).Resume(t.Context(), "planning")
			drained(t, s, report, err)
			assert.Equal(t, 300, report.Totals.Delivered)
			windows := map[string]int{}
			for _, r := range s.server.Requests() {
				if r.Operation == celcointest.OpDetails && r.Time.Before(report.Started) {
					windows[r.URL]++
				}
			}
			for window, n := range windows {
				assert.LessOrEqual(t, n, 2, window)
			}
		})
	}
}

func TestAPlanningThatGoesOnCountsWhatWasListedBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200)
		ctx, cancel := context.WithCancel(t.Context())
		store := recovery.MemoryStore()
		req := s.request("most")
		req.MaxItems = 299 // of 300
		_, err := s.recoverer(t, recovery.WithStore(store), recovery.WithConcurrency(1), recovery.WithProgress(func(p recovery.Progress) {
			if p.Totals.Planned >= 100 {
				cancel()
			}
		})).Plan(ctx, req)
		require.ErrorIs(t, err, context.Canceled)
		_, err = s.recoverer(t, recovery.WithStore(store)).Plan(t.Context(), req)
		require.ErrorIs(t, err, recovery.ErrTooManyItems)
	})
}

// What a run has seen drained it need not read again for its report.
func TestAPullReadsAUnitOnceAndReportsWhatTheJournalSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200)
		store := newCounting(recovery.MemoryStore())
		r := s.recoverer(t, recovery.WithStore(store), recovery.WithPull(func(context.Context, celcoin.Webhook) error { return nil }))
		report, err := r.Recover(t.Context(), s.request("once"))
		require.NoError(t, err)
		require.Equal(t, recovery.StateDrained, report.State, report.Reason)
		require.NotEmpty(t, store.reads)
		for name, n := range store.reads {
			if strings.Contains(name, "/unit-") {
				assert.Equal(t, 1, n, name)
			}
		}
		again, err := r.Report(t.Context(), "once")
		require.NoError(t, err)
		var own, stored strings.Builder
		require.NoError(t, report.WriteJSON(&own))
		require.NoError(t, again.WriteJSON(&stored))
		assert.JSONEq(t, stored.String(), own.String())
	})
}

// A last look at many windows takes longer than a sign of life is good for.
func TestARunIsUnderWayDuringItsLastLookToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		store := recovery.MemoryStore()
		plan, err := s.recoverer(t, recovery.WithStore(store), recovery.WithWindow(10*time.Second)).Plan(t.Context(), s.one("slow"))
		require.NoError(t, err)
		runner, reader := s.recoverer(t, recovery.WithStore(store), recovery.WithRate(2, 1)), s.recoverer(t, recovery.WithStore(store))
		ended := make(chan error)
		go func() {
			_, err := runner.Run(t.Context(), plan)
			ended <- err
		}()
		for looked := 0; ; looked++ {
			select {
			case err := <-ended:
				require.NoError(t, err)
				assert.GreaterOrEqual(t, looked, 5)
				return
			case <-time.After(55 * time.Second): // not when it ends
			}
			report, err := reader.Report(t.Context(), "slow")
			require.NoError(t, err)
			assert.Equal(t, recovery.StateRunning, report.State)
		}
	})
}
