package recovery_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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
		assert.Zero(t, s.replays())
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

// Celcoin lists it in both of two windows that touch, as all of a whole second.
func TestAWebhookWithoutAnIDIsOneAlsoWhereTwoWindowsMeet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		s.server.Add(celcointest.Webhook{NullID: true, Created: s.from.Add(time.Hour)})
		h := &handler{}
		r := s.recoverer(t, recovery.WithPull(h.deliver))
		for range 2 {
			report, err := r.Recover(t.Context(), s.request("pull"))
			require.NoError(t, err)
			assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
			assert.Equal(t, recovery.Totals{Planned: 1, Delivered: 1, Pulled: 1}, report.Totals)
			assert.Equal(t, 1, h.tried)
		}
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
		assert.Equal(t, 10, s.replays())
	})
}

// Celcoin lists as pending what was pulled. So a plan that was made before shows it, and
// so does a recovery that had failed before.
func TestWhatWasPulledMeanwhileIsNotDeliveredAgain(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(t *testing.T, s *story, r *recovery.Recoverer){
		"a plan": func(t *testing.T, s *story, r *recovery.Recoverer) {
			t.Helper()
			_, err := r.Plan(t.Context(), s.request("earlier"))
			require.NoError(t, err)
		},
		"a run that failed": func(t *testing.T, s *story, r *recovery.Recoverer) {
			t.Helper()
			for _, w := range s.server.Webhooks() {
				s.poison[w.ID] = true
			}
			report, err := r.Recover(t.Context(), s.request("earlier"))
			require.NoError(t, err)
			require.Equal(t, recovery.StatePartial, report.State)
			for _, w := range s.server.Webhooks() {
				s.heal(w.ID)
			}
		},
	} {
		for how, pulls := range map[string]bool{"then replayed": false, "then pulled": true} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := outage(t, 40)
					h := &handler{}
					store := recovery.MemoryStore()
					r := s.recoverer(t, recovery.WithStore(store))
					pull := s.recoverer(t, recovery.WithStore(store), recovery.WithPull(h.deliver))
					before(t, s, r)
					time.Sleep(time.Hour) //nolint:forbidigo // virtual time
					req := s.request("pull")
					req.AllowOverlap = true
					_, err := pull.Recover(t.Context(), req)
					require.NoError(t, err)
					require.Len(t, h.taken, 60)
					if pulls {
						r = pull
					}
					report, err := r.Resume(t.Context(), "earlier")
					require.NoError(t, err)
					assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
					assert.Equal(t, 60, report.Totals.Pulled)
					assert.Equal(t, 60, h.tried)
					assert.Empty(t, s.arrived)
				})
			})
		}
	}
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
		assert.Zero(t, report.Totals.Replayed, "a failed pull is not a replay")
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

func TestAHandlerThatBreaksInTheMiddleOfAPageIsNotHandedTheRestOfIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 200)
		h := &handler{}
		h.fails = func(celcoin.Webhook) bool { return len(h.taken) == 50 }
		report, err := s.recoverer(t, recovery.WithPull(h.deliver), recovery.WithFailureLimit(20), recovery.WithConcurrency(4)).
			Recover(t.Context(), s.one("breaks"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, 50, report.Totals.Pulled)
		assert.LessOrEqual(t, h.tried-50, 20+4, "the limit, and what was in the handlers' hands")
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
		assert.Positive(t, s.replays())
		assert.NotContains(t, h.taken, "no-json")
	})
}

// The handler needs no id.
func TestARowWithoutAnIDIsPulled(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 0)
			s.miss(t, celcoin.EntityPixPaymentIn, 40)
			s.server.Add(celcointest.Webhook{NullID: true, Created: s.from.Add(30 * time.Minute)})
			h := &handler{fails: func(w celcoin.Webhook) bool { return fails && w.ID == "" }}
			report, err := s.recoverer(t, recovery.WithPull(h.deliver)).Recover(t.Context(), s.one("no-id"))
			require.NoError(t, err)
			if fails {
				assert.Equal(t, recovery.StatePartial, report.State)
				assert.Equal(t, 43, h.tried)
				return
			}
			assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
			assert.Equal(t, 1, h.taken[""])
		})
	}
}

// What a handler says may hold what it was given, which is not kept.
func TestNoPayloadIsKeptOfAHandlersError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		s.server.Add(celcointest.Webhook{
			ID: "one", Created: s.from.Add(30 * time.Minute), Filter: celcoin.Filter{DocumentNumber: "11144477735"},
			Request: `{"entity":"pix-payment-in","webhookId":"one","body":{"taxId":"22255588846","amount":987654.32,"account":30054065518}}`,
		})
		r := s.recoverer(t, recovery.WithStore(recovery.FileStore(dir)), recovery.WithPull(func(_ context.Context, w celcoin.Webhook) error {
			return fmt.Errorf("insert %s of %s: Key (tax)=(22255588846) for 987654.32 to 30054065518 exists", w.Request, w.Filter.DocumentNumber)
		}))
		report, err := r.Recover(t.Context(), s.one("words"))
		require.NoError(t, err)
		require.Len(t, report.Failures, 1)
		assert.Contains(t, report.Failures[0].Error, "insert")
		files, err := filepath.Glob(filepath.Join(dir, "words", "*"))
		require.NoError(t, err)
		var kept strings.Builder
		require.NoError(t, report.WriteJSON(&kept))
		for _, f := range files {
			data, err := os.ReadFile(f)
			require.NoError(t, err)
			kept.Write(data)
		}
		for _, secret := range []string{"taxId", "11144477735", "22255588846", "987654.32", "30054065518"} {
			assert.NotContains(t, kept.String(), secret)
		}
	})
}

// The breaker stops a handler that fails with everything, and the report says what it
// failed with.
func TestACanaryThatAHandlerFailsWithIsNoAttemptOfItsWebhook(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]recovery.State{5: recovery.StateDrained, 6: recovery.StatePartial} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 1)
			h := &handler{}
			h.fails = func(celcoin.Webhook) bool { return h.tried <= failures }
			report, err := s.recoverer(t, recovery.WithPull(h.deliver)).Recover(t.Context(), s.one("canary"))
			require.NoError(t, err)
			assert.Equal(t, want, report.State, report.Reason)
			if want == recovery.StatePartial {
				assert.Equal(t, 1, report.Totals.StillPending)
				require.Len(t, report.Failures, 1)
				assert.Equal(t, "not now", report.Failures[0].Error)
			}
		})
	}
}

// One webhook that its handler cannot take must not end the process, again and
// again with each run.
func TestAPanicOfTheHandlerIsAFailedAttemptOfItsWebhook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 60)
		odd := s.server.Webhooks()[30].ID
		h := &handler{fails: func(w celcoin.Webhook) bool {
			if w.ID == odd {
				panic("the account 30054065518 has no owner") //nolint:forbidigo // a handler of a user may
			}
			return false
		}}
		var log strings.Builder
		report, err := s.recoverer(t, recovery.WithPull(h.deliver), recovery.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))).
			Recover(t.Context(), s.request("panic"))
		require.NoError(t, err)
		assert.Equal(t, 89, report.Totals.Pulled)
		require.Len(t, report.Failures, 1)
		assert.Equal(t, odd, report.Failures[0].ID)
		assert.Contains(t, report.Failures[0].Error, "panicked")
		assert.Contains(t, log.String(), "pull_test.go", "the stack")
		assert.NotContains(t, report.Failures[0].Error+log.String(), "30054065518")
	})
}

func TestAHandlerThatIgnoresItsContextHoldsTheRunUpAndCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began, ended := time.Now(), 0
		r := s.recoverer(t, recovery.WithPull(func(ctx context.Context, _ celcoin.Webhook) error {
			time.Sleep(time.Hour) //nolint:forbidigo // virtual time
			if ctx.Err() != nil {
				ended++
			}
			return nil
		}), recovery.WithConcurrency(1))
		_, err := r.Recover(ctx, s.one("deaf"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 1, ended, "its context has ended")
		assert.GreaterOrEqual(t, time.Since(began), time.Hour, "the run waits for it")
		report, err := r.Report(t.Context(), "deaf")
		require.NoError(t, err)
		assert.Equal(t, 1, report.Totals.Pulled)
	})
}

// Were it read once a unit, a long plan would take as long as its square.
func TestWhatAnotherRecoveryHasPulledIsReadOnceARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200)
		h := &handler{}
		store := newCounting(recovery.MemoryStore())
		r := s.recoverer(t, recovery.WithStore(store), recovery.WithPull(h.deliver), recovery.WithWindow(5*time.Minute))
		_, err := r.Recover(t.Context(), s.request("first"))
		require.NoError(t, err)
		s.miss(t, celcoin.EntityPixPaymentIn, 200)
		plan, err := r.Plan(t.Context(), s.request("second"))
		require.NoError(t, err)
		require.Len(t, plan.Units, 24)
		clear(store.reads)
		report, err := r.Run(t.Context(), plan)
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		of := 0
		for name, n := range store.reads {
			if strings.HasPrefix(name, "first/unit-") {
				of += n
			}
		}
		assert.Less(t, of, 10*24, "not 24 times each")
		assert.Len(t, h.taken, 500)
	})
}

// What an earlier run had in flight takes no places: it is pulled at once.
func TestWhatWasReplayedAndIsInFlightIsPulled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200, celcointest.WithReplayDelay(20*time.Second))
		store := recovery.MemoryStore()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, err := s.recoverer(t, recovery.WithStore(store)).Recover(ctx, s.request("both"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		h := &handler{}
		ctx, cancel = context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		report, err := s.recoverer(t, recovery.WithStore(store), recovery.WithPull(h.deliver)).Resume(ctx, "both")
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		for id, n := range h.taken {
			assert.Equal(t, 1, n, id)
		}
	})
}

// Without an id they cannot be replayed either, so that nothing but the breaker ends the run.
func TestARunOfWebhooksWithoutAnIDEndsWhileTheHandlerFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		for i := range 10 {
			s.server.Add(celcointest.Webhook{
				Created: s.from.Add(time.Minute), NullID: true,
				Request: fmt.Sprintf(`{"entity":"pix-payment-in","status":"CONFIRMED","body":{"amount":%d}}`, i),
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		h := &handler{}
		h.fails = func(celcoin.Webhook) bool {
			if h.tried > 100 {
				cancel()
			}
			return true
		}
		report, err := s.recoverer(t, recovery.WithPull(h.deliver)).Recover(ctx, s.one("no-id"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, 6, h.tried, "twice the canaries")
	})
}

// The trials of a long outage of the handler are of one webhook after the other.
func TestWhateverAHandlerWasDownForIsPulledInTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 40)
		broken := true
		poison := s.server.Webhooks()[0].ID
		h := &handler{fails: func(w celcoin.Webhook) bool { return broken || w.ID == poison }}
		r := s.recoverer(t, recovery.WithPull(h.deliver))
		report, err := r.Recover(t.Context(), s.request("long"))
		for range 20 {
			require.NoError(t, err)
			time.Sleep(10 * time.Minute) //nolint:forbidigo // virtual time
			report, err = r.Resume(t.Context(), "long")
		}
		require.NoError(t, err)
		assert.Zero(t, report.Totals.Pulled)
		broken = false
		for range 3 { // one may be of the poison
			time.Sleep(10 * time.Minute) //nolint:forbidigo // virtual time
			report, err = r.Resume(t.Context(), "long")
			require.NoError(t, err)
		}
		assert.Equal(t, 59, report.Totals.Pulled, report.Reason)
	})
}

func TestNoMoreFailInAHandlerInARowThanTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 300)
		h := &handler{}
		h.fails = func(celcoin.Webhook) bool { return h.tried > 20 }
		slow := func(ctx context.Context, w celcoin.Webhook) error {
			time.Sleep(time.Second) //nolint:forbidigo // virtual time
			return h.deliver(ctx, w)
		}
		r := s.recoverer(t, recovery.WithPull(slow), recovery.WithFailureLimit(10))
		report, err := r.Recover(t.Context(), s.one("row"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, 30, h.tried)
	})
}

// What an interrupted replay has counted only is looked at by a pull.
func TestAPullLooksAtWhatWasOnlyCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100, celcointest.WithReplayDelay(2*time.Second))
		store := recovery.MemoryStore()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		replaying := s.recoverer(t, recovery.WithStore(store), recovery.WithProgress(func(p recovery.Progress) {
			if p.Totals.Counted > 40 {
				cancel()
			}
		}))
		report, err := replaying.Recover(ctx, s.request("counted"))
		require.ErrorIs(t, err, context.Canceled)
		require.Positive(t, report.Totals.Counted)
		h := &handler{}
		report, err = s.recoverer(t, recovery.WithStore(store), recovery.WithPull(h.deliver)).Resume(t.Context(), "counted")
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Zero(t, report.Totals.Counted)
	})
}

// Also what was pulled after the run had read what other recoveries have.
func TestWhatIsPulledBesideARunIsNotFoundByItsLooks(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{
		"the closing look of a unit":           30 * time.Minute,
		"the last look at windows without any": 90 * time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 0)
				require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 20, s.from, s.from.Add(20*time.Minute)))
				store := recovery.MemoryStore()
				plan, err := s.recoverer(t, recovery.WithStore(store)).Plan(t.Context(), s.one("replay"))
				require.NoError(t, err)
				req := s.one("pull")
				req.From, req.To, req.AllowOverlap = s.from.Add(after), s.from.Add(after+20*time.Minute), true
				require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 5, req.From, req.To))
				h := &handler{}
				pull := s.recoverer(t, recovery.WithStore(store), recovery.WithPull(h.deliver))
				var pulled sync.WaitGroup
				var once sync.Once
				r := s.recoverer(t, recovery.WithStore(store), recovery.WithProgress(func(p recovery.Progress) {
					if p.Step == "replaying" {
						once.Do(func() {
							pulled.Go(func() {
								_, err := pull.Recover(t.Context(), req)
								assert.NoError(t, err)
							})
						})
					}
				}))
				report, err := r.Run(t.Context(), plan)
				pulled.Wait()
				require.NoError(t, err)
				assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
				assert.Len(t, h.taken, 5)
				assert.Equal(t, 20, s.replays())
			})
		})
	}
}

// Celcoin lists it in both of two windows that touch, and as pending when it was pulled.
func TestWhatALookFindsWhereTwoWindowsMeetIsPulledOnce(t *testing.T) {
	t.Parallel()
	for name, planned := range map[string]int{"one of them empty": 20, "both empty": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 0)
				require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, planned, s.from, s.from.Add(20*time.Minute)))
				h := &handler{}
				r := s.recoverer(t, recovery.WithPull(h.deliver))
				plan, err := r.Plan(t.Context(), s.one("pull"))
				require.NoError(t, err)
				require.Equal(t, planned, plan.Items)
				s.server.Add(celcointest.Webhook{Created: s.from.Add(time.Hour)})
				report, err := r.Run(t.Context(), plan)
				require.NoError(t, err)
				assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
				assert.Equal(t, planned+1, h.tried)
				assert.Equal(t, planned+1, report.Totals.Planned)
			})
		})
	}
}
