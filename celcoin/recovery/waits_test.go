package recovery_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
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
)

// Nobody waits a day, or until the year 56,000, for a number that may be a slip.
func TestAWaitBeyondTheMaxWaitEndsTheRunAndNamesTheMoment(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]func() string{
		"a day":       func() string { return "86400" },
		"a Unix time": func() string { return strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10) },
		"a date":      func() string { return time.Now().Add(24 * time.Hour).UTC().Format(http.TimeFormat) },
	} {
		for _, op := range []string{celcointest.OpReplay, celcointest.OpDetails, celcointest.OpCount} {
			t.Run(name+" at "+op, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := empty(t)
					s.miss(t, celcoin.EntityPixPaymentIn, 200)
					store := recovery.MemoryStore()
					r := s.recoverer(t, recovery.WithStore(store), recovery.WithMaxWait(3*time.Second), recovery.WithDeliveryTimeout(time.Second))
					skip := map[string]int{celcointest.OpReplay: 20, celcointest.OpCount: 1}[op]
					require.NoError(t, s.server.Inject(celcointest.Fault{Operation: op, Skip: skip, Status: 429, RetryAfter: after(), Times: 1}))
					began := time.Now()
					report, err := r.Recover(t.Context(), s.one("wait"))
					assert.LessOrEqual(t, time.Since(began), time.Minute)
					if op == celcointest.OpDetails { // planning ends with an error that says so
						require.Error(t, err)
						assert.Contains(t, err.Error(), "until")
						assert.Zero(t, s.replays())
						time.Sleep(25 * time.Hour) //nolint:forbidigo // virtual time
						report, err = r.Resume(t.Context(), "wait")
						drained(t, s, report, err)
						return
					}
					require.NoError(t, err)
					if report.State == recovery.StateDrained {
						return // it had no need to count again
					}
					assert.Equal(t, recovery.StatePartial, report.State)
					assert.Contains(t, report.Reason, "until 20", "the moment")
					time.Sleep(25 * time.Hour) //nolint:forbidigo // virtual time
					report, err = r.Resume(t.Context(), "wait")
					drained(t, s, report, err)
					most, _ := s.most()
					assert.Equal(t, 1, most)
				})
			})
		}
	}
}

// A 429, whatever code comes with it, and a 403 that says when to come again, are
// waits: they refuse no webhook, and leave nothing in doubt.
func TestARateLimitIsOneWhateverItLooksLike(t *testing.T) {
	t.Parallel()
	for _, f := range []celcointest.Fault{
		{Status: 429, RetryAfter: "2", Code: "CIE999"},
		{Status: 429, Code: "CIE999"},
		{Status: 429, Body: []byte("<html>slow down</html>")},
		{Status: 429, RetryAfter: "soon"},
		{Status: 429, RetryAfter: "-1"},
		{Status: 403, RetryAfter: "2", Code: "CBE468"},
		{Status: 503, RetryAfter: "5"},
	} {
		for _, op := range []string{celcointest.OpReplay, celcointest.OpCount, celcointest.OpDetails} {
			t.Run(fmt.Sprintf("%d %q %s at %s", f.Status, f.RetryAfter, f.Code, op), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := empty(t)
					s.miss(t, celcoin.EntityPixPaymentIn, 120)
					fault := f // the tests of its operations run at once
					fault.Operation, fault.Times = op, 2
					if op == celcointest.OpReplay {
						fault.Skip = 50
					}
					require.NoError(t, s.server.Inject(fault))
					r := s.recoverer(t)
					report, err := r.Recover(t.Context(), s.one("limit"))
					drained(t, s, report, err)
					assert.Equal(t, 120, report.Totals.Delivered)
					most, _ := s.most()
					assert.Equal(t, 1, most)
					for it, err := range r.Items(t.Context(), "limit") {
						require.NoError(t, err)
						assert.Equal(t, 1, it.Attempts, "a replay that Celcoin did not take is not an attempt")
					}
				})
			})
		}
	}
}

// The client holds back its calls for a 429 alone: for a 503, it is the recovery that waits.
func TestARetryAfterHoldsBackAllCalls(t *testing.T) {
	t.Parallel()
	for _, op := range []string{celcointest.OpCount, celcointest.OpDetails, celcointest.OpReplay} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t)
				s.miss(t, celcoin.EntityPixPaymentIn, 20)
				require.NoError(t, s.server.Inject(celcointest.Fault{Operation: op, Status: 503, RetryAfter: "60"}))
				report, err := s.recoverer(t, recovery.WithConcurrency(1)).Recover(t.Context(), s.one("hint"))
				drained(t, s, report, err)
				requests := s.server.Requests()
				struck := slices.IndexFunc(requests, func(r celcointest.Record) bool { return r.Status == 503 })
				require.GreaterOrEqual(t, struck, 0)
				assert.GreaterOrEqual(t, requests[struck+1].Time.Sub(requests[struck].Time), time.Minute)
			})
		})
	}
}

// What Celcoin refuses to all callers for a while is waited for from the first
// failure in a row, not from the beginning of a long listing.
func TestALongListingSurvivesFailuresFarFromEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 4800) // 24 pages
		for _, page := range []int{3, 22} {
			require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "details", Skip: page, Status: 503}))
		}
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "details", Times: -1, DelayHeaders: 30 * time.Second}))
		plan, err := s.recoverer(t, recovery.WithMaxWait(time.Minute)).Plan(t.Context(), s.one("listing"))
		require.NoError(t, err)
		assert.Equal(t, 4800, plan.Items)
		assert.Empty(t, plan.SetAside)
		pages := map[string]int{}
		for _, r := range s.server.Requests() {
			if r.Operation == celcointest.OpDetails {
				pages[r.URL]++
			}
		}
		assert.Len(t, pages, 24)
		again := 0
		for _, n := range pages {
			again += n - 1
		}
		assert.Equal(t, 2, again, "it went on at the page")
	})
}

func TestACelcoinThatIsDownForGoodEndsTheRunAsPartial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 100)
		store := recovery.MemoryStore()
		r := s.recoverer(t, recovery.WithStore(store))
		plan, err := r.Plan(t.Context(), s.one("down"))
		require.NoError(t, err)
		require.NoError(t, s.server.Inject(celcointest.Fault{Skip: 30, Status: 503, Times: -1}))
		began := time.Now()
		report, err := r.Run(t.Context(), plan)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.LessOrEqual(t, time.Since(began), time.Hour)
		s.server.ClearFaults()
		time.Sleep(time.Hour) //nolint:forbidigo // virtual time
		report, err = r.Resume(t.Context(), "down")
		drained(t, s, report, err)
	})
}

// What a health check returns is most often an error of net/http, with the URL in it.
func TestTheURLOfAGateIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		var seen strings.Builder
		logger := slog.New(slog.NewJSONHandler(&seen, &slog.HandlerOptions{Level: slog.LevelDebug}))
		report, err := s.recoverer(t, recovery.WithMaxWait(time.Minute), recovery.WithLogger(logger), recovery.WithGate(func(context.Context) error {
			return fmt.Errorf("health: %w", &url.Error{
				Op: "Get", URL: "https://receiver.example/secret-path?token=test-secret", Err: errors.New("connection refused"),
			})
		})).Recover(t.Context(), s.request("gate"))
		require.NoError(t, err)
		require.NoError(t, report.WriteText(&seen))
		assert.Contains(t, report.Reason, "connection refused")
		assert.NotContains(t, seen.String(), "secret")
	})
}

// All units of a process wait for the receiver together.
func TestUnitsWaitForTheReceiverTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 60)
		r := s.recoverer(t, recovery.WithGate(func(context.Context) error { return errors.New("down") }))
		plan, err := r.Plan(t.Context(), s.request("gate"))
		require.NoError(t, err)
		require.Greater(t, len(plan.Units), 3)
		began := time.Now()
		var group sync.WaitGroup
		for _, u := range plan.Units {
			group.Go(func() {
				result, err := r.RunUnit(t.Context(), "gate", u.Unit)
				if assert.NoError(t, err) {
					assert.Equal(t, recovery.StatePartial, result.State)
				}
			})
		}
		group.Wait()
		assert.Less(t, time.Since(began), 12*time.Minute)
	})
}

// An answer with a long Retry-After is an answer like any other: what it leaves in
// doubt is looked up, not sent again.
func TestAReplayThatIsAskedToWaitTooLongStaysInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.request("doubt"))
		require.NoError(t, err)
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Status: http.StatusGatewayTimeout, RetryAfter: "86400", Processed: true, Times: -1,
			Match: func(r *http.Request) bool { return r.Method == http.MethodPut },
		}))
		report, err := r.Run(t.Context(), plan)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Positive(t, report.Totals.InDoubt)
		s.server.ClearFaults()
		time.Sleep(25 * time.Hour) //nolint:forbidigo // virtual time
		report, err = r.Resume(t.Context(), "doubt")
		drained(t, s, report, err)
		most, _ := s.most()
		assert.Equal(t, 1, most)
	})
}

// A 429 holds back all calls of the client, also those that the run does not wait
// for any more.
func TestCallsThatTheClientHoldsBackDoNotOutlastTheMaxWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 200)
		client, err := s.server.Client(celcoin.WithRateLimit(2, 1))
		require.NoError(t, err)
		s.client = client
		r := s.recoverer(t, recovery.WithMaxWait(20*time.Second))
		plan, err := r.Plan(t.Context(), s.one("held"))
		require.NoError(t, err)
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: celcointest.OpReplay, Skip: 20, Status: 429, RetryAfter: "110"}))
		for _, u := range plan.Units {
			began := time.Now()
			result, err := r.RunUnit(t.Context(), plan.ID, u.Unit)
			require.NoError(t, err)
			if result.State == recovery.StateDrained {
				continue
			}
			assert.Contains(t, result.Reason, "takes no calls")
			assert.Less(t, time.Since(began), 50*time.Second)
			assert.Zero(t, result.Totals.InDoubt, "what was held back was not sent")
			return
		}
		t.Error("no unit was asked to wait")
	})
}
