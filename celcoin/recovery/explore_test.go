package recovery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
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

// Whatever Celcoin, the receiver and people do, in any mixture: a recovery never
// says that it is drained while something of the outage is missing, is drained in
// the end, blocks no entity, and lets nothing arrive twice that it did not have to doubt.
// REENVIO_SEED runs one seed, REENVIO_LONG many.
func TestNoMixtureOfTroublesMakesARecoverySayMoreThanItKnows(t *testing.T) {
	t.Parallel()
	first, seeds := uint64(1), 20
	if long() {
		seeds = 1500
	}
	if s, err := strconv.ParseUint(os.Getenv("REENVIO_SEED"), 10, 64); err == nil {
		first, seeds = s, 1
	}
	for seed := first; seed < first+uint64(seeds); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { newWorld(t, seed).explore() })
		})
	}
}

// world is a Celcoin, a receiver and a store with troubles of their own.
type world struct {
	*story
	t     *testing.T
	rng   *rand.Rand
	store journal.Store
	text  []string // what was drawn, for whoever reads a failure
	// doubts: something leaves the outcome of replays unknown, so that some may arrive twice.
	doubts bool
	asks   bool // the receiver is asked

	mu      sync.Mutex
	up      bool
	rows    map[string]int // failed deliveries of an entity in a row
	longest int
}

func (w *world) chance(percent int) bool { return w.rng.IntN(100) < percent }

func (w *world) note(format string, args ...any) {
	w.text = append(w.text, fmt.Sprintf(format, args...))
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 7)), store: recovery.MemoryStore(), up: true, rows: map[string]int{}}
	opts := []celcointest.Option{
		celcointest.WithSeed(seed), celcointest.WithReceiver(http.HandlerFunc(w.serve)), celcointest.WithBlocking(20, 0),
	}
	add := func(percent int, name string, opt celcointest.Option) {
		if w.chance(percent) {
			w.note("%s", name)
			opts = append(opts, opt)
		}
	}
	delay := time.Duration(w.rng.IntN(8000)) * time.Millisecond
	add(60, fmt.Sprint("delay ", delay), celcointest.WithReplayDelay(delay))
	add(30, "spread", celcointest.WithReplaySpread(2*time.Second))
	add(15, "moving", celcointest.WithMovingSet(1+w.rng.IntN(3), 1+w.rng.IntN(4)))
	add(20, "ties", celcointest.WithUnstableTies(2))
	add(10, "cap", celcointest.WithListingCap(40))
	add(20, "other status", celcointest.WithFailedReplayStatus("FALHA"))
	add(40, "hidden", celcointest.WithPendingHidden(true))
	add(20, "newest first", celcointest.WithNewestFirst(true))
	add(20, "default limit", celcointest.WithDefaultLimit(25))
	add(30, "empty details ok", celcointest.WithEmptyDetailsOK(true))
	add(30, "nothing to replay is 404", celcointest.WithEmptyReplayNotFound(true))
	add(20, "single token", celcointest.WithSingleToken(true))
	add(20, "rate limit", celcointest.WithRateLimit(40+w.rng.IntN(100), 10*time.Second, w.chance(50)))
	if w.chance(20) {
		w.note("lost replays")
		w.doubts = true // a trial at most, but a late one is told from a lost one by time only
		opts = append(opts, celcointest.WithLostReplays(0.05))
	}
	if w.chance(10) {
		w.note("doubled replays")
		w.doubts = true
		opts = append(opts, celcointest.WithDoubledReplays(0.1))
	}
	w.story = &story{receiver: newReceiver(), to: time.Now().Add(-time.Hour)}
	w.from = w.to.Add(-2 * time.Hour)
	w.server = celcointest.NewServer(t, opts...)
	w.miss(t, celcoin.EntityPixPaymentIn, 20+w.rng.IntN(120))
	w.miss(t, celcoin.EntityPixPaymentOut, w.rng.IntN(40))
	var err error
	w.client, err = w.server.Client()
	require.NoError(t, err)
	for _, h := range w.server.Webhooks() {
		if w.chance(2) {
			w.poison[h.ID] = true
		}
	}
	w.asks = w.chance(30)
	w.fault()
	return w
}

// fault lets some calls go wrong.
func (w *world) fault() {
	for range w.rng.IntN(4) {
		f := []celcointest.Fault{
			{Status: 503}, {Status: 429, RetryAfter: "2"}, {Status: 429, Code: "CIE999"}, {Status: 500, Code: "CIE999"},
			{Reset: true}, {Reset: true, Processed: true}, {CutBody: true, Processed: true},
			{Status: 200, Body: []byte("<html>"), Processed: true}, {RevokeToken: true},
			{DelayHeaders: 15 * time.Second}, {Status: 504, DelayHeaders: 30 * time.Second, Processed: true},
			{DateSkew: 9 * 24 * time.Hour}, {NoDate: true}, {Status: 403, RetryAfter: "3"},
		}[w.rng.IntN(14)]
		f.Probability = 0.01 + 0.05*w.rng.Float64()
		w.note("fault %d %q %v %v %v %.2f", f.Status, f.Code, f.Reset, f.Processed, f.DelayHeaders, f.Probability)
		// An answer without Celcoin's mark of success leaves the replay in doubt, carried out or not.
		w.doubts = w.doubts || f.Processed || f.Reset || f.Status >= 500
		require.NoError(w.t, w.server.Inject(f))
	}
}

func (w *world) serve(rw http.ResponseWriter, req *http.Request) {
	var body struct {
		Entity    string `json:"entity"`
		WebhookID string `json:"webhookId"`
	}
	err := json.NewDecoder(req.Body).Decode(&body)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || !w.up || w.take(body.WebhookID) != http.StatusOK {
		w.rows[body.Entity]++
		w.longest = max(w.longest, w.rows[body.Entity])
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.rows[body.Entity] = 0
}

func (w *world) setUp(up bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.up = up
	w.note("receiver up: %v", up)
}

func (w *world) process(store journal.Store) *recovery.Recoverer {
	opts := []recovery.Option{
		recovery.WithStore(store), recovery.WithConcurrency(1 + w.rng.IntN(8)), recovery.WithMaxWait(5 * time.Minute),
	}
	if w.asks {
		opts = append(opts, recovery.WithReceived(w.has))
	}
	return w.recoverer(w.t, opts...)
}

// explore lets things happen, and then lets all go well.
func (w *world) explore() {
	defer func() {
		if w.t.Failed() {
			w.t.Log(strings.Join(w.text, "; "))
		}
	}()
	for range 2 + w.rng.IntN(6) {
		w.act()
		w.check()
	}
	w.server.ClearFaults()
	w.setUp(true)
	for id := range w.poison {
		w.heal(id)
	}
	var report *recovery.Report
	var err error
	for range 12 {
		time.Sleep(11 * time.Minute) //nolint:forbidigo // virtual time
		report, err = w.process(w.store).Recover(w.t.Context(), w.request("world"))
		require.NoError(w.t, err)
		w.check()
		if report.State == recovery.StateDrained {
			break
		}
	}
	w.server.Settle()
	if report.State != recovery.StateDrained {
		for it, err := range w.process(w.store).Items(w.t.Context(), "world") {
			require.NoError(w.t, err)
			if it.State != "delivered" {
				assert.GreaterOrEqual(w.t, it.Attempts, 15, "%+v: %s", it, report.Reason)
			}
		}
	}
	w.check()
	most, _ := w.most()
	if !w.doubts {
		assert.Equal(w.t, 1, most, "nothing was in doubt")
	}
	assert.LessOrEqual(w.t, most, 15)
}

// check compares what the recovery says with what is so.
func (w *world) check() {
	report, err := w.process(w.store).Report(w.t.Context(), "world")
	if errors.Is(err, recovery.ErrNotFound) {
		return
	}
	require.NoError(w.t, err)
	w.server.Settle()
	if report.State == recovery.StateDrained {
		assert.Zero(w.t, w.server.Pending(""), "drained")
		_, distinct := w.most()
		assert.Len(w.t, w.server.Webhooks(), distinct, "all of them arrived")
	}
	_, distinct := w.most()
	assert.LessOrEqual(w.t, report.Totals.Received+report.Totals.Sent, distinct)
	if long() { // Celcoin's own deliveries of a moving set fail as well
		assert.LessOrEqual(w.t, w.longest, 50+12, "failures in a row")
	}
	assert.False(w.t, slices.ContainsFunc(w.server.Webhooks(), func(h celcointest.Webhook) bool { return h.Blocked }))
}

// act lets somebody do something.
func (w *world) act() {
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	switch w.rng.IntN(9) {
	case 0:
		w.setUp(w.chance(50))
	case 1:
		w.note("sleep")
		time.Sleep(time.Duration(w.rng.IntN(1200)) * time.Second) //nolint:forbidigo // virtual time
	case 2:
		after := time.Duration(w.rng.IntN(90_000)) * time.Millisecond
		w.note("cancelled after %v", after)
		defer time.AfterFunc(after, cancel).Stop()
		_, _ = w.process(w.store).Recover(ctx, w.request("world"))
	case 3:
		store := &dyingStore{Store: w.store, at: int64(1 + w.rng.IntN(120)), after: w.chance(50), die: cancel}
		w.note("crash at %d, %v", store.at, store.after)
		w.doubts = true
		_, _ = w.process(store).Recover(ctx, w.request("world"))
		store.release(w.t)
	case 4:
		w.note("two processes")
		var group sync.WaitGroup
		for range 2 {
			r := w.process(w.store)
			group.Go(func() { _, _ = r.Recover(ctx, w.request("world")) })
		}
		group.Wait()
	case 5:
		w.note("unit")
		r := w.process(w.store)
		if p, err := r.Stored(ctx, "world"); err == nil && len(p.Units) > 0 {
			_, _ = r.RunUnit(ctx, "world", p.Units[w.rng.IntN(len(p.Units))].Unit)
		}
	case 6:
		w.note("verify")
		_, _ = w.process(w.store).Verify(ctx, "world")
	case 7:
		w.note("breaks or heals meanwhile")
		up := w.chance(50)
		defer time.AfterFunc(time.Duration(w.rng.IntN(60))*time.Second, func() { w.mu.Lock(); w.up = up; w.mu.Unlock() }).Stop()
		_, _ = w.process(w.store).Recover(ctx, w.request("world"))
	case 8:
		w.note("run")
		_, _ = w.process(w.store).Recover(ctx, w.request("world"))
	}
}
