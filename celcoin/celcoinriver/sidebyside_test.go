package celcoinriver_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// The table of the README.
//
//nolint:paralleltest // they would be in each other's way
func TestSeveralMachinesAreFasterWhereLatencyBoundsARunAndOnlyThere(t *testing.T) {
	if !long {
		t.Skip("it takes minutes: set REENVIO_LONG=1")
	}
	for _, bound := range []struct {
		name    string
		rate    float64
		latency time.Duration
	}{{"latency", 200, 400 * time.Millisecond}, {"rate", 40, 50 * time.Millisecond}} {
		took := map[int]time.Duration{}
		for _, machines := range []int{1, 2, 4} {
			t.Run(fmt.Sprintf("%s, %d machines", bound.name, machines), func(t *testing.T) {
				o := newOutage(t, shared.Database(t), 24, 40)
				o.Rate, o.Concurrency, o.Timeout = bound.rate, 8, 5*time.Second
				o.open(t)
				o.enqueue(t, machines)
				require.NoError(t, o.server.Inject(celcointest.Fault{Times: -1, DelayHeaders: bound.latency}))
				before := len(o.server.Requests())
				for range machines {
					o.start(t)
				}
				wait(t, "they work", func() bool { n, _ := o.arrived(); return n > 0 })
				began := time.Now()
				wait(t, "it is drained", func() bool { n, _ := o.arrived(); return n == 960 })
				took[machines] = time.Since(began)
				require.NoError(t, o.ended(t).Report.Err())
				_, duplicates := o.arrived()
				peak, _ := busiest(o.server)
				t.Logf("| %s | %d | %v to the last delivery, %v to the report | %d calls | peak %d | %d duplicates |", bound.name, machines,
					took[machines].Round(time.Second/10), time.Since(began).Round(time.Second/10), len(o.server.Requests())-before, peak, duplicates)
				assert.Zero(t, duplicates)
				assert.LessOrEqual(t, float64(peak), 1.1*bound.rate+10, "and a burst of 10")
			})
		}
		if bound.name == "latency" {
			assert.Greater(t, took[1], took[2]*5/4)
		}
	}
}
