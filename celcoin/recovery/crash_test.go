package recovery_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
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

// dyingStore is a store whose process dies at an append: before it, or right
// after. From then on nothing of it works, and its locks are free.
type dyingStore struct {
	journal.Store
	die     func() // the process ends
	at      int64
	after   bool
	untold  bool // it dies before delivery control hears of a failure that was appended
	failed  atomic.Bool
	appends atomic.Int64
	dead    atomic.Bool
	mu      sync.Mutex
	logs    []journal.Log
}

// failure is a record of a delivery that has failed.
var failure = regexp.MustCompile(`"kind":"(undelivered|unpulled|other)"`)

var errDead = errors.New("the process is dead")

func (s *dyingStore) Open(ctx context.Context, id, name string) (journal.Log, error) {
	if s.dead.Load() {
		return nil, errDead
	}
	log, err := s.Store.Open(ctx, id, name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logs = append(s.logs, log)
	return &dyingLog{Log: log, s: s}, nil
}

func (s *dyingStore) Update(ctx context.Context, name string, f func(time.Time, []byte) ([]byte, error)) error {
	if s.failed.Load() && strings.HasPrefix(name, "control-") && !s.dead.Swap(true) {
		s.die()
	}
	if s.dead.Load() {
		return errDead
	}
	return s.Store.Update(ctx, name, f)
}

// release lets go what a dead process held.
func (s *dyingStore) release(t *testing.T) {
	t.Helper()
	for _, log := range s.logs {
		require.NoError(t, log.Close())
	}
}

type dyingLog struct {
	journal.Log
	s *dyingStore
}

func (l *dyingLog) Append(ctx context.Context, durable bool, records ...[]byte) error {
	if l.s.dead.Load() {
		return errDead
	}
	n := l.s.appends.Add(1)
	if n == l.s.at && !l.s.after {
		l.s.dead.Store(true)
		l.s.die()
		return errDead
	}
	err := l.Log.Append(ctx, durable, records...)
	if l.s.untold && slices.ContainsFunc(records, func(r []byte) bool { return failure.Match(r) }) {
		l.s.failed.Store(true)
	}
	if n == l.s.at {
		l.s.dead.Store(true)
		l.s.die()
		return errDead
	}
	return err
}

// A process that dies at any append, before or after it, leaves what another
// goes on with: all is recovered, and no more arrives twice than was in flight.
func TestARecoveryThatDiesAtAnyAppendGoesOn(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		died := true
		for at := int64(1); died; at += 3 {
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 30, celcointest.WithReplayDelay(2*time.Second))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				store := &dyingStore{Store: recovery.MemoryStore(), at: at, after: after, die: cancel}
				report, err := s.recoverer(t, recovery.WithStore(store), recovery.WithConcurrency(4)).Recover(ctx, s.request("dies"))
				if died = store.dead.Load(); !died {
					drained(t, s, report, err)
					return
				}
				require.Error(t, err)
				store.release(t)
				report, err = s.recoverer(t, recovery.WithStore(store.Store), recovery.WithConcurrency(4)).Recover(t.Context(), s.request("dies"))
				drained(t, s, report, err)
				twice := 0
				for _, n := range s.arrived {
					assert.LessOrEqual(t, n, 2, "append %d, after %v", at, after)
					twice += n - 1
				}
				assert.LessOrEqual(t, twice, 4, "append %d, after %v", at, after)
				assert.Len(t, s.arrived, 45)
			})
		}
	}
}

// A pull keeps each outcome by itself, so a killed one hands over again what it
// was handing over, and no more.
func TestAPullThatDiesAtAnyAppendGoesOn(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		died := true
		for at := int64(1); died; at += 3 {
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 30)
				h := &handler{}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				recoverer := func(store journal.Store) *recovery.Recoverer {
					return s.recoverer(t, recovery.WithStore(store), recovery.WithConcurrency(4), recovery.WithPull(h.deliver))
				}
				store := &dyingStore{Store: recovery.MemoryStore(), at: at, after: after, die: cancel}
				report, err := recoverer(store).Recover(ctx, s.request("dies"))
				if died = store.dead.Load(); died {
					require.Error(t, err)
					store.release(t)
					report, err = recoverer(store.Store).Recover(t.Context(), s.request("dies"))
				}
				require.NoError(t, err)
				assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
				assert.Len(t, h.taken, 45, "append %d, after %v", at, after)
				assert.Equal(t, 45, report.Totals.Pulled, "append %d, after %v", at, after)
				assert.LessOrEqual(t, h.tried, 45+4, "append %d, after %v", at, after)
				assert.Zero(t, s.replays())
			})
		}
	}
}

// However often a process dies after it has written that deliveries failed, and before
// delivery control heard of it, the next one counts them.
func TestFailuresThatAProcessDiesWithCountForTheLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pull   bool
		status celcoin.Status // of what has failed
	}{{}, {status: "FALHA"}, {pull: true}} {
		synctest.Test(t, func(t *testing.T) {
			b := &breaking{takes: func(n int) bool { return n < 3 }, arrived: map[string]int{}}
			sim := []celcointest.Option{celcointest.WithReceiver(http.HandlerFunc(b.serve))}
			if c.status != "" {
				sim = append(sim, celcointest.WithFailedReplayStatus(c.status))
			}
			s := empty(t, sim...)
			s.miss(t, celcoin.EntityPixPaymentIn, 100)
			opts := []recovery.Option{recovery.WithFailureLimit(10), recovery.WithMaxAttempts(15)}
			if c.pull {
				opts = append(opts, recovery.WithPull(func(_ context.Context, w celcoin.Webhook) error {
					if b.take(w.ID) != http.StatusOK {
						return errors.New("the receiver is broken")
					}
					return nil
				}))
			}
			shared, deaths := recovery.MemoryStore(), 0
			for i := range 20 {
				ctx, cancel := context.WithCancel(t.Context())
				store := &dyingStore{Store: shared, untold: true, die: cancel}
				store.failed.Store(i < 10 && i%2 == 1) // it dies before it tells of what the one before knew
				_, err := s.recoverer(t, append(opts, recovery.WithStore(store))...).Recover(ctx, s.one("dies"))
				cancel()
				if store.dead.Load() {
					require.Error(t, err)
					store.release(t)
					deaths++
				}
			}
			assert.Greater(t, deaths, 5)
			assert.LessOrEqual(t, b.longest, 10, "failures in a row: %+v", c)
		})
	}
}

// Whether a replay that a dead process was sending has been carried out, only
// Celcoin's lists tell: it does not stay in flight for good.
func TestAVerificationAfterADeathLeavesNothingInFlight(t *testing.T) {
	t.Parallel()
	sending, died := 0, true
	for at := int64(1); died; at++ {
		synctest.Test(t, func(t *testing.T) {
			s := empty(t)
			s.miss(t, celcoin.EntityPixPaymentIn, 1)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			store := &dyingStore{Store: recovery.MemoryStore(), at: at, after: true, die: cancel}
			_, err := s.recoverer(t, recovery.WithStore(store)).Recover(ctx, s.one("dies"))
			if died = store.dead.Load(); !died {
				return
			}
			require.Error(t, err)
			store.release(t)
			r := s.recoverer(t, recovery.WithStore(store.Store))
			report, err := r.Report(t.Context(), "dies")
			if err != nil || report.Totals.Sending == 0 {
				return // it died before or after
			}
			sending++
			report, err = r.Verify(t.Context(), "dies")
			require.NoError(t, err)
			assert.Zero(t, report.Totals.Sending)
			assert.Equal(t, 1, report.Totals.Delivered+report.Totals.Pending+report.Totals.InDoubt)
			for _, f := range report.Failures {
				assert.NotContains(t, f.Error, "accepted")
			}
		})
	}
	assert.Positive(t, sending)
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

// A unit's log has the rows before the plan's says that it is listed: a planning that
// goes on must not give an id of it to another window that shows the id as well.
func TestAnIDOfTwoWindowsIsReplayedOnceHoweverThePlanningDies(t *testing.T) {
	t.Parallel()
	for at := int64(1); at <= 9; at++ {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 0)
			for i := range 12 {
				s.server.Add(celcointest.Webhook{
					ID: fmt.Sprint("T", i%6), PayloadStatus: []string{"PROCESSING", "CONFIRMED"}[i/6],
					Created: s.from.Add(time.Duration(3+i+i/6*60) * time.Minute),
				})
			}
			var second atomic.Bool // after the crash another window answers first
			require.NoError(t, s.server.Inject(celcointest.Fault{
				Operation: celcointest.OpDetails, Times: -1, DelayHeaders: 3 * time.Second,
				Match: func(r *http.Request) bool {
					last := strings.HasPrefix(r.URL.Query().Get("DateTo"), s.to.UTC().Format("2006-01-02T15"))
					return last != second.Load()
				},
			}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			store := &dyingStore{Store: recovery.MemoryStore(), at: at, after: true, die: cancel}
			_, err := s.recoverer(t, recovery.WithStore(store)).Plan(ctx, s.one("dies"))
			if store.dead.Load() {
				require.Error(t, err)
				store.release(t)
			}
			second.Store(true)
			report, err := s.recoverer(t, recovery.WithStore(store.Store)).Recover(t.Context(), s.one("dies"))
			drained(t, s, report, err)
			assert.Equal(t, 12, report.Totals.Planned, "append %d", at)
			assert.Equal(t, 6, s.replays(), "append %d", at)
		})
	}
}

// mutePace is a store that cannot keep the pace once an answer has asked to slow down.
type mutePace struct {
	journal.Store
	mute atomic.Bool
}

func (s *mutePace) Update(ctx context.Context, name string, f func(time.Time, []byte) ([]byte, error)) error {
	if s.mute.Load() && strings.HasPrefix(name, "pace-") {
		return errDead
	}
	return s.Store.Update(ctx, name, f)
}

// The answer was a 503, which may have been carried out.
func TestAReplayIsInDoubtThoughItsAnswerCouldNotBeKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 1, celcointest.WithReplayDelay(time.Second))
		store := &mutePace{Store: recovery.MemoryStore()}
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Operation: celcointest.OpReplay, Times: 1, Status: http.StatusServiceUnavailable, RetryAfter: "1", Processed: true,
			Match: func(*http.Request) bool { store.mute.Store(true); return true },
		}))
		report, err := s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), s.one("doubt"))
		require.ErrorIs(t, err, errDead)
		assert.Equal(t, 1, report.Totals.InDoubt)
		report, err = s.recoverer(t, recovery.WithStore(store.Store)).Resume(t.Context(), "doubt")
		drained(t, s, report, err)
		assert.Equal(t, 1, s.replays())
	})
}
