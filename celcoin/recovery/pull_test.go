package recovery_test

import (
	"context"
	"errors"
	"net/http"
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

// handler is a handler of payloads.
type handler struct {
	mu    sync.Mutex
	fails func(w celcoin.Webhook) bool
	taken map[string]int
	tried int
}

func (h *handler) deliver(_ context.Context, w celcoin.Webhook) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tried++
	if h.fails != nil && h.fails(w) {
		return errors.New("not now")
	}
	if h.taken == nil {
		h.taken = map[string]int{}
	}
	h.taken[w.ID]++
	return nil
}

func replays(s *story) (n int) {
	for _, r := range s.server.Requests() {
		if r.Method == http.MethodPut {
			n++
		}
	}
	return n
}

func TestAPullFetchesEverythingOnceAndReplaysNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 600)
		h := &handler{}
		store := recovery.MemoryStore()
		r := s.recoverer(t, recovery.WithStore(store), recovery.WithPull(h.deliver))
		report, err := r.Recover(t.Context(), s.request("pull"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Equal(t, recovery.Totals{Planned: 900, Delivered: 900, Pulled: 900}, report.Totals)
		assert.Len(t, h.taken, 900)
		assert.Equal(t, 900, h.tried)
		assert.Zero(t, replays(s))
		assert.Less(t, report.Calls, 70, "a page at a time, and the empty windows")

		// Celcoin lists them as pending all the same, and no later plan does.
		plan, err := r.Plan(t.Context(), s.request("again"))
		require.NoError(t, err)
		assert.Zero(t, plan.Items)
		assert.Equal(t, 900, plan.LeftOut)
		report, err = r.Resume(t.Context(), "pull")
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Equal(t, 900, h.tried)
	})
}

// A later recovery must not take what an earlier one has pulled for what its
// listing had missed.
func TestWhatWasPulledIsNotFoundLaterByAnotherRecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 60)
		h := &handler{}
		store := recovery.MemoryStore()
		_, err := s.recoverer(t, recovery.WithStore(store), recovery.WithPull(h.deliver)).Recover(t.Context(), s.request("pull"))
		require.NoError(t, err)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 10, s.from, s.to))
		report, err := s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), s.request("replay"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Equal(t, 10, report.Totals.Planned)
		assert.Equal(t, 10, replays(s))
	})
}

func TestAHandlerThatFailsIsTriedAgainAndPoisonIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		poison := s.server.Webhooks()[40].ID
		once := map[string]bool{}
		h := &handler{fails: func(w celcoin.Webhook) bool {
			if w.ID == poison {
				return true
			}
			first := !once[w.ID]
			once[w.ID] = true
			return first && len(once)%10 == 0
		}}
		report, err := s.recoverer(t, recovery.WithPull(h.deliver)).Recover(t.Context(), s.request("poison"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, 149, report.Totals.Pulled)
		require.Len(t, report.Failures, 1)
		assert.Equal(t, poison, report.Failures[0].ID)
		assert.Equal(t, 3, report.Failures[0].Attempts)
		assert.Equal(t, "not now", report.Failures[0].Error)
	})
}

func TestAHandlerThatIsBrokenOpensTheBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		broken := true
		h := &handler{fails: func(celcoin.Webhook) bool { return broken }}
		r := s.recoverer(t, recovery.WithPull(h.deliver))
		report, err := r.Recover(t.Context(), s.request("broken"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, 12, h.tried, "twice the canaries of two entities")
		broken = false
		time.Sleep(10 * time.Minute) //nolint:forbidigo // virtual time
		report, err = r.Resume(t.Context(), "broken")
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Len(t, h.taken, 150)
	})
}

func TestARowWithoutAPayloadIsReplayed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		s.server.Add(celcointest.Webhook{ID: "no-json", Created: s.from.Add(time.Minute), Request: `nothing to parse`})
		h := &handler{}
		report, err := s.recoverer(t, recovery.WithPull(h.deliver)).Recover(t.Context(), s.request("fallback"))
		require.NoError(t, err)
		assert.Equal(t, 30, report.Totals.Pulled)
		assert.Positive(t, replays(s))
		assert.NotContains(t, h.taken, "no-json")
	})
}
