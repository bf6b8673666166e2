package recovery_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"runtime"
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
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// At 200 calls a second, in virtual time: all that it waits for is the rate.
func TestALargeRecoveryKeepsItsRateAndLittleMemory(t *testing.T) { //nolint:paralleltest // others would use memory, too
	items := 10_000
	if long() {
		items = 1_000_000
	}
	synctest.Test(t, func(t *testing.T) {
		const rate = 200
		s := many(t, items)
		var began, last time.Time // of the replays
		planned := 0
		var most uint64
		told := 0
		r, err := recovery.New(s.client, recovery.WithStore(recovery.FileStore(t.TempDir())), recovery.WithRate(rate, 10),
			recovery.WithProgress(func(p recovery.Progress) {
				if p.Step == "replaying" && p.Totals.Replayed > 0 && p.Totals.Delivered < items {
					if began.IsZero() {
						began, planned = time.Now(), p.Totals.Replayed
					}
					last = time.Now()
				}
				if told++; told%(items/400) == 0 {
					most = max(most, inUse())
				}
			}))
		require.NoError(t, err)
		before := inUse()
		most = before
		report, err := r.Recover(t.Context(), s.one("scale"))
		drained(t, s, report, err)
		assert.Equal(t, items, report.Totals.Delivered)
		took := last.Sub(began)
		reached := float64(items-planned) / took.Seconds()
		t.Logf("%d webhooks, %v for the replays: %.1f a second of %d; %d calls; at most %d KiB in use beyond the simulator",
			items, took, reached, rate, report.Calls, (most-before)>>10)
		assert.Greater(t, reached, 0.9*rate)
		assert.Less(t, most-before, uint64(48<<20))
	})
}

// many is an outage of so many webhooks, at most 10,000 an hour.
func many(t *testing.T, items int) *story {
	t.Helper()
	s := outage(t, 0, celcointest.WithRecords(1), celcointest.WithReceiver(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	s.from = s.to.Add(-time.Duration(max(items/10_000, 4)) * time.Hour)
	s.miss(t, celcoin.EntityPixPaymentIn, items)
	return s
}

// inUse is the memory that is really in use.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// counting is a store that knows what was read and written of which log.
type counting struct {
	journal.Store
	mu    sync.Mutex
	reads map[string]int // that gave something, by log
	bytes map[string]int // read, by log
	opens map[string]bool
}

func newCounting(s journal.Store) *counting {
	return &counting{Store: s, reads: map[string]int{}, bytes: map[string]int{}, opens: map[string]bool{}}
}

func (c *counting) Open(ctx context.Context, recovery, name string) (journal.Log, error) {
	c.mu.Lock()
	c.opens[recovery+"/"+name] = true
	c.mu.Unlock()
	return c.Store.Open(ctx, recovery, name)
}

func (c *counting) Read(ctx context.Context, recovery, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		first := 1
		for record, err := range c.Store.Read(ctx, recovery, name) {
			c.mu.Lock()
			c.reads[recovery+"/"+name] += first
			c.bytes[recovery+"/"+name] += len(record)
			c.mu.Unlock()
			first = 0
			if !yield(record, err) {
				return
			}
		}
	}
}

// A job costs what its unit costs, however large the plan is.
func TestAUnitReadsAndWritesItsOwnLogOnly(t *testing.T) {
	t.Parallel()
	items, window := 20_000, 12*time.Minute // of 1,000 each
	if long() {
		items, window = 1_000_000, 6*time.Minute
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := many(t, items)
		c := newCounting(recovery.FileStore(dir))
		r := s.recoverer(t, recovery.WithStore(c), recovery.WithWindow(window))
		plan, err := r.Plan(t.Context(), s.one("job"))
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(plan.Units), items/1000)
		other := s.recoverer(t, recovery.WithStore(c)) // another process, which has not planned
		clear(c.bytes)
		clear(c.opens)
		u := plan.Units[len(plan.Units)/2]
		result, err := other.RunUnit(t.Context(), "job", u.Unit)
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, result.State, result.Reason)
		assert.InDelta(t, 1000, result.Totals.Delivered, 20)
		require.Len(t, c.opens, 1, fmt.Sprint(c.opens))
		require.Len(t, c.bytes, 1, fmt.Sprint(c.bytes))
		for name, n := range c.bytes {
			assert.True(t, strings.HasPrefix(name, "job/unit-"), name)
			assert.True(t, c.opens[name])
			assert.Less(t, n, 1000*400)
			t.Logf("%d bytes read, of %s", n, name)
		}
		assert.Equal(t, items-result.Totals.Delivered, s.server.Pending(""))
	})
}
