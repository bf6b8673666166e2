package recovery_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
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

func TestTwoProcessesShareARecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 400, celcointest.WithReplayDelay(time.Second))
		store := recovery.FileStore(t.TempDir())
		var group sync.WaitGroup
		for range 2 {
			r := s.recoverer(t, recovery.WithStore(store))
			group.Go(func() {
				report, err := r.Recover(t.Context(), s.request("shared"))
				assert.NoError(t, err) //nolint:testifylint // not the test's goroutine
				assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
			})
		}
		group.Wait()
		most, distinct := s.most()
		assert.Equal(t, 1, most)
		assert.Equal(t, 600, distinct)
	})
}

func TestTwoRecoveriesOfTheSameWebhooksDoNotRunAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 400, celcointest.WithReplayDelay(time.Second))
		store := recovery.MemoryStore()
		one, other := s.recoverer(t, recovery.WithStore(store)), s.recoverer(t, recovery.WithStore(store))
		done := make(chan *recovery.Report)
		go func() {
			report, err := one.Recover(t.Context(), s.request("one"))
			assert.NoError(t, err)
			done <- report
		}()
		time.Sleep(2 * time.Second) //nolint:forbidigo // virtual time
		plan, err := other.Plan(t.Context(), s.request("other"))
		require.NoError(t, err)
		assert.Equal(t, []string{"one"}, plan.Overlaps)
		report, err := other.Run(t.Context(), plan)
		require.ErrorIs(t, err, recovery.ErrOverlap)
		assert.Equal(t, recovery.StateRefused, report.State)
		drained(t, s, <-done, nil)
		report, err = other.Run(t.Context(), plan)
		drained(t, s, report, err)
		assert.Zero(t, report.Totals.Replayed)
		most, _ := s.most()
		assert.Equal(t, 1, most)
	})
}

func TestAnOverlapThatIsAllowedMayAlsoBeResumed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		s.setDown(true)
		r := s.recoverer(t)
		_, err := r.Recover(t.Context(), s.request("one"))
		require.NoError(t, err)
		req := s.request("other")
		_, err = r.Recover(t.Context(), req)
		require.ErrorIs(t, err, recovery.ErrOverlap)
		req.AllowOverlap = true
		_, err = r.Recover(t.Context(), req)
		require.NoError(t, err)
		for _, id := range []string{"one", "other"} {
			_, err = r.Resume(t.Context(), id)
			require.NoError(t, err, id)
		}
	})
}

func TestAPlanIsNotRunAtAnotherCelcoin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		store := recovery.MemoryStore()
		plan, err := s.recoverer(t, recovery.WithStore(store)).Plan(t.Context(), s.request("here"))
		require.NoError(t, err)
		elsewhere := celcointest.NewServer(t, celcointest.WithCredentials("other-client", "other-secret"))
		client, err := elsewhere.Client()
		require.NoError(t, err)
		r, err := recovery.New(client, recovery.WithStore(store))
		require.NoError(t, err)
		report, err := r.Run(t.Context(), plan)
		require.ErrorIs(t, err, recovery.ErrOtherEnvironment)
		assert.Equal(t, recovery.StateRefused, report.State)
		_, err = r.RunUnit(t.Context(), plan.ID, plan.Units[0].Unit)
		require.ErrorIs(t, err, recovery.ErrOtherEnvironment)
		_, err = r.Verify(t.Context(), plan.ID)
		require.ErrorIs(t, err, recovery.ErrOtherEnvironment)
		report, err = r.Report(t.Context(), plan.ID)
		require.NoError(t, err)
		assert.NotEmpty(t, report.OtherEnvironment)
		assert.Empty(t, elsewhere.Requests())
	})
}

func TestAReportIsReadBesideARunAndSaysNoMoreThanIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200, celcointest.WithReplayDelay(5*time.Second))
		store := recovery.MemoryStore()
		done := make(chan error)
		runner := s.recoverer(t, recovery.WithStore(store))
		go func() {
			_, err := runner.Recover(t.Context(), s.request("run"))
			done <- err
		}()
		time.Sleep(20 * time.Second) //nolint:forbidigo // virtual time
		reader := s.recoverer(t, recovery.WithStore(store))
		report, err := reader.Report(t.Context(), "run")
		require.NoError(t, err)
		assert.Equal(t, recovery.StateRunning, report.State)
		assert.Positive(t, report.Totals.Delivered)
		assert.Positive(t, report.Totals.StillPending)
		require.NoError(t, <-done)

		// A verification that cannot finish takes nothing back.
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "details", Status: 403, Code: "CBE468", Times: -1}))
		report, err = reader.Verify(t.Context(), "run")
		require.ErrorIs(t, err, celcoin.ErrForbidden)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = reader.Verify(ctx, "run")
		require.ErrorIs(t, err, context.Canceled)
		for summary, err := range reader.Recoveries(t.Context()) {
			require.NoError(t, err)
			assert.Equal(t, "run", summary.ID)
			assert.Equal(t, recovery.StateDrained, summary.State)
			assert.Equal(t, 300, summary.Totals.Delivered)
		}
	})
}

func TestAnInterruptedPlanningGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 300)
		store := recovery.MemoryStore()
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Operation: "details", Skip: 9, Times: 1, DelayHeaders: time.Second,
			Match: func(*http.Request) bool { return true },
		}))
		go func() {
			time.Sleep(time.Second / 2) //nolint:forbidigo // virtual time
			cancel()
		}()
		report, err := s.recoverer(t, recovery.WithStore(store), recovery.WithConcurrency(1)).Recover(ctx, s.request("planning"))
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, recovery.StateCancelled, report.State)
		report, err = s.recoverer(t, recovery.WithStore(store)).Resume(t.Context(), "planning")
		drained(t, s, report, err)
		_, err = s.recoverer(t, recovery.WithStore(store)).Resume(t.Context(), "never")
		require.ErrorIs(t, err, recovery.ErrNotFound)
	})
}

// losing is a store of which some leases of units are lost.
type losing struct {
	journal.Store
	appends atomic.Int64
	every   int64
}

func (l *losing) Open(ctx context.Context, recovery, name string) (journal.Log, error) {
	log, err := l.Store.Open(ctx, recovery, name)
	if err != nil || !strings.HasPrefix(name, "unit-") {
		return log, err
	}
	return &losingLog{Log: log, store: l, lost: make(chan struct{})}, nil
}

type losingLog struct {
	journal.Log
	store *losing
	lost  chan struct{}
}

func (l *losingLog) Append(ctx context.Context, durable bool, records ...[]byte) error {
	select {
	case <-l.lost:
		return journal.ErrLost
	default:
	}
	if l.store.every > 0 && l.store.appends.Add(1)%l.store.every == 0 {
		close(l.lost)
		return journal.ErrLost
	}
	return l.Log.Append(ctx, durable, records...)
}

func (l *losingLog) Lost() <-chan struct{} { return l.lost }

// A lease that is lost is the trouble of its unit.
func TestALeaseThatIsLostStopsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		store := &losing{Store: recovery.MemoryStore()}
		r := s.recoverer(t, recovery.WithStore(store))
		plan, err := r.Plan(t.Context(), s.request("leases"))
		require.NoError(t, err)
		store.every = 25
		report, err := r.Run(t.Context(), plan)
		drained(t, s, report, err)
	})
}
