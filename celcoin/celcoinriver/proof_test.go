package celcoinriver_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// Three machines work on one recovery, one of them is killed every now and then
// and started again, and the database is restarted in the middle, once in order
// and once by a crash.
func TestKilledWorkersAndARestartedDatabaseLoseNothing(t *testing.T) {
	t.Parallel()
	units, each, most := 8, 60, 4
	if long {
		units, each, most = 24, 209, 1000 // 5,016 webhooks
	}
	const every = 2 * time.Second
	database := postgrestest.Start(t)
	o := newOutage(t, database.Database(t), units, each, func(o *outage) {
		if long {
			o.Lease, o.Timeout = 15*time.Second, 5*time.Second
		}
	})
	o.enqueue(t, 100)
	processes := []*exec.Cmd{o.start(t, os.Args[0]), o.start(t, os.Args[0]), o.start(t, os.Args[0])}
	began, kills, restarts := time.Now(), 0, 0
	for next := began.Add(every); ; next = next.Add(every) {
		time.Sleep(time.Until(next)) //nolint:forbidigo // the processes know no virtual time
		switch different, _ := o.arrived(); {
		case restarts == 0 && different > units*each/3:
			require.NoError(t, database.Restart())
			restarts++
		case restarts == 1 && different > units*each*2/3: // at once, in the middle of whatever it does
			require.NoError(t, errors.Join(database.Crash(), database.Run()))
			restarts++
		}
		report, err := o.recoverer.Report(t.Context(), o.request.ID)
		if err == nil && report.State == recovery.StateDrained {
			break
		}
		require.Less(t, time.Since(began), 10*time.Minute)
		if kills == most {
			continue
		}
		i := rand.IntN(len(processes))
		require.NoError(t, processes[i].Process.Kill())
		require.Error(t, processes[i].Wait())
		processes[i] = o.start(t, os.Args[0])
		kills++
	}
	assert.GreaterOrEqual(t, restarts, 1)
	o.server.Settle()
	different, duplicates := o.arrived()
	peak, calls := busiest(o.server)
	t.Logf("%d webhooks in %d units: %v, %d calls, %d kills, %d duplicates, at most %d calls in a second",
		units*each, units, time.Since(began).Round(time.Second), calls, kills, duplicates, peak)
	assert.Equal(t, units*each, different)
	assert.Zero(t, o.server.Pending(""))
	assert.LessOrEqual(t, duplicates, (kills+restarts*len(processes))*concurrency, "what was in flight at the kills and restarts")
	assert.LessOrEqual(t, peak, rate*11/10)
	report := o.status(t).Report
	require.NoError(t, report.Err())
	assert.Equal(t, units*each, report.Totals.Delivered+report.Totals.AlreadyDelivered)
}

// busiest is how many calls there were within any second, and in all.
func busiest(s *celcointest.Server) (peak, calls int) {
	var times []time.Time
	for _, r := range s.Requests() {
		if r.Operation == celcointest.OpToken {
			continue
		}
		times = append(times, r.Time)
		for !times[len(times)-1].Before(times[0].Add(time.Second)) {
			times = times[1:]
		}
		calls++
		peak = max(peak, len(times))
	}
	return peak, calls
}
