package recovery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

func TestCanariesThatAreLateAreWaitedFor(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]recovery.Option{"by Celcoin's word": nil, "by the receiver's": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 100, celcointest.WithReplayDelay(45*time.Second))
				if opts != nil {
					opts = append(opts, recovery.WithReceived(s.has))
				}
				report, err := s.recoverer(t, opts...).Recover(t.Context(), s.request("late"))
				drained(t, s, report, err)
				assert.Equal(t, 150, report.Totals.Delivered)
			})
		})
	}
}

// Celcoin's page does not say what changes the date of the last update: a try,
// or already that a replay was accepted.
func TestDatesThatChangeWithTheAcceptanceAreNoFailures(t *testing.T) {
	t.Parallel()
	for _, canary := range []int{0, 3} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 100, celcointest.WithReplayDelay(5*time.Second))
			r, err := recovery.New(newDating(s.client), recovery.WithRate(1000, 100),
				recovery.WithSettle(10*time.Second), recovery.WithCanary(canary))
			require.NoError(t, err)
			report, err := r.Recover(t.Context(), s.request("dates"))
			drained(t, s, report, err)
			assert.Zero(t, report.Retries)
			most, _ := s.most()
			assert.Equal(t, 1, most)
		})
	}
}

func TestOnceTheirDatesToldNothingTheyAreNotBelievedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100, celcointest.WithReplayDelay(5*time.Second))
		poison := s.server.Webhooks()[30].ID
		s.poison[poison] = true
		r, err := recovery.New(newDating(s.client), recovery.WithRate(1000, 100), recovery.WithSettle(10*time.Second))
		require.NoError(t, err)
		report, err := r.Recover(t.Context(), s.request("poison"))
		require.NoError(t, err)
		assert.Equal(t, 149, report.Totals.Delivered)
		require.Len(t, report.Failures, 1)
		assert.Equal(t, poison, report.Failures[0].ID)
		assert.Equal(t, 2, report.Retries, "of nothing else")
		assert.Equal(t, "accepted, and not delivered yet", report.Failures[0].Error, "nobody can tell")
	})
}

func TestAReplayThatIsTakenAndTriedAtOnceIsSeenToFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 300)
		all := s.server.Webhooks()
		for n := range 10 {
			s.poison[all[n*30].ID] = true
		}
		begin := time.Now()
		report, err := s.recoverer(t, recovery.WithSettle(time.Minute)).Recover(t.Context(), s.request("seen"))
		require.NoError(t, err)
		assert.Equal(t, 440, report.Totals.Delivered)
		for _, f := range report.Failures {
			assert.Equal(t, 3, f.Attempts)
		}
		// One is watched for a minute, rounds and looks take six.
		assert.Less(t, time.Since(begin), 8*time.Minute)
		assert.Equal(t, celcoin.EntityPixPaymentIn, report.Failures[0].Entity)
	})
}
