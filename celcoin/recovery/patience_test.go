package recovery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestACelcoinThatTakesNoReplaysEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "replay", Status: 429, Times: -1}))
		begin := time.Now()
		report, err := s.recoverer(t, recovery.WithPatience(5*time.Minute)).Recover(t.Context(), s.request("busy"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, "Celcoin has not taken a replay for 5m0s", report.Reason)
		assert.Less(t, time.Since(begin), 10*time.Minute)
		assert.Equal(t, 150, report.Totals.StillPending)
	})
}

// What is waited for one after the other is not added up.
func TestPatienceWithCelcoinBeginsWhenTheGateOpens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		opens := time.Now().Add(4 * time.Minute)
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "replay", Status: 429, RetryAfter: "90", Times: 2}))
		report, err := s.recoverer(t, recovery.WithPatience(5*time.Minute), recovery.WithCanary(1), recovery.WithGate(func(context.Context) error {
			if time.Now().Before(opens) {
				return errors.New("closed")
			}
			return nil
		})).Recover(t.Context(), s.request("both"))
		drained(t, s, report, err)
	})
}

// Where nothing has ever gone well, the settings are likelier to be wrong.
func TestNobodyIsPatientWithACelcoinThatHasNeverAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		require.NoError(t, s.server.Inject(celcointest.Fault{Status: 500, Times: -1}))
		begin := time.Now()
		_, err := s.recoverer(t, recovery.WithPatience(time.Hour)).Plan(t.Context(), s.request("wrong"))
		require.ErrorIs(t, err, celcoin.ErrServer)
		assert.Less(t, time.Since(begin), 10*time.Minute)
	})
}

func TestA429HalvesTheRateWhichComesBackSlowly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 200)
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "replay", Status: 429, Skip: 100, Times: 1}))
		report, err := s.recoverer(t, recovery.WithRate(10, 1), recovery.WithConcurrency(1)).Recover(t.Context(), s.request("slower"))
		drained(t, s, report, err)
		requests := s.server.Requests()
		at := 0
		for i := range requests {
			if requests[i].Status == 429 {
				at = i
			}
		}
		require.Positive(t, at)
		between := func(i int) time.Duration { return requests[i+1].Time.Sub(requests[i].Time) }
		assert.Equal(t, 100*time.Millisecond, between(at-2).Round(10*time.Millisecond))
		assert.GreaterOrEqual(t, between(at), time.Second, "a pause for all")
		assert.Greater(t, between(at+2), 150*time.Millisecond, "half of the rate")
		assert.Equal(t, 100*time.Millisecond, between(at+25).Round(10*time.Millisecond), "all of it")
	})
}
