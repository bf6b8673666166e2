package recovery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// 160 hours of five entities, at a Celcoin that takes three seconds to answer.
func TestALongPlanIsMadeSideBySideAndSaysHowLongItsRunTakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		s.from = s.to.Add(-160 * time.Hour)
		for _, e := range fiveEntities {
			s.miss(t, e, 200)
		}
		require.NoError(t, s.server.Inject(celcointest.Fault{DelayHeaders: 3 * time.Second, Times: -1}))
		r, err := recovery.New(s.client)
		require.NoError(t, err)
		began := time.Now()
		plan, err := r.Plan(t.Context(), s.five("long"))
		require.NoError(t, err)
		planned := time.Since(began)
		assert.Equal(t, 1000, plan.Items)
		assert.LessOrEqual(t, planned, 12*time.Minute)
		assert.InDelta(t, 3*time.Second, plan.Estimate.Latency, float64(time.Second))
		assert.Equal(t, "latency", plan.Estimate.HeldBackBy)

		began = time.Now()
		report, err := r.Run(t.Context(), plan)
		drained(t, s, report, err)
		took := time.Since(began)
		t.Logf("planned in %v; the run was said to take %v, and took %v", planned, plan.Duration, took)
		assert.LessOrEqual(t, took, 2*plan.Duration)
		assert.GreaterOrEqual(t, 2*took, plan.Duration)
	})
}

// What holds a run back is said, whatever it is.
func TestTheEstimateSaysWhatHoldsTheRunBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts  []celcointest.Option
		more  []recovery.Option
		fault celcointest.Fault
	}{
		"rate":       {nil, []recovery.Option{recovery.WithRate(2, 1)}, celcointest.Fault{}},
		"latency":    {nil, []recovery.Option{recovery.WithConcurrency(1)}, celcointest.Fault{DelayHeaders: 2 * time.Second, Times: -1}},
		"deliveries": {[]celcointest.Option{celcointest.WithReplayDelay(5 * time.Second)}, []recovery.Option{recovery.WithFailureLimit(4)}, celcointest.Fault{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 200, c.opts...)
				require.NoError(t, s.server.Inject(c.fault))
				r := s.recoverer(t, c.more...)
				plan, err := r.Plan(t.Context(), s.request("held"))
				require.NoError(t, err)
				assert.Equal(t, name, plan.Estimate.HeldBackBy)
				began := time.Now()
				report, err := r.Run(t.Context(), plan)
				drained(t, s, report, err)
				took := time.Since(began)
				t.Logf("said %v, took %v", plan.Duration, took)
				if name != "deliveries" { // how long they take is not known before
					assert.LessOrEqual(t, took, 2*plan.Duration)
					assert.GreaterOrEqual(t, 2*took, plan.Duration)
				}
			})
		})
	}
}
