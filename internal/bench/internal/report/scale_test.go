package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/scale"
)

// sizes are three measurements whose items cost so many microseconds of the
// processor.
func sizes(cpu ...float64) []scale.Measured {
	var all []scale.Measured
	for i, us := range cpu {
		n := []int{100, 1000, 10_000}[i]
		all = append(all, scale.Measured{
			Items: n, Seconds: float64(n) * us * 2e-6, CPU: float64(n) * us * 1e-6,
			Memory: measure.Memory{Held: 10 << 20, Resident: 15 << 20},
		})
	}
	return all
}

func TestAnItemMayNotCostMoreAmongMore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		cpu    []float64
		growth float64
		want   measure.Verdict
	}{
		{"the same at every size", []float64{10, 10, 10}, 1, measure.Held},
		{"what happens once counts at the smallest size only", []float64{90, 10, 10}, 1, measure.Held},
		{"a little more", []float64{10, 10, 12}, 1.2, measure.Held},
		{"ten times as much among ten times as many", []float64{1, 10, 100}, 10, measure.Missed},
		{"a system that does not tell", []float64{0, 0, 0}, 0, measure.Noise},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := NewScale("work", sizes(tt.cpu...))
			assert.InDelta(t, tt.growth, s.Growth, 1e-9)
			assert.Equal(t, tt.want, s.Check.Verdict)
		})
	}
}

func TestAGrowingCostIsOneOfTimes(t *testing.T) {
	t.Parallel()
	grown, same, unknown := NewScale("work", sizes(1, 10, 100)), NewScale("work", sizes(1, 1, 1)), NewScale("work", sizes(0, 0, 0))
	assert.True(t, GateAll.FailsGrowth(&grown))
	assert.False(t, GateCounts.FailsGrowth(&grown))
	assert.False(t, GateNone.FailsGrowth(&grown))
	assert.False(t, GateAll.FailsGrowth(&same))
	assert.False(t, GateAll.FailsGrowth(&unknown))
}

func TestSizesStandSideBySide(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, WriteScale(&b, []Scale{NewScale("iterate", sizes(20, 10, 10))}))
	assert.Equal(t, strings.TrimPrefix(`
what     items  seconds  items/s  us/item  CPU us/item  MiB held  MiB resident
iterate  100    0.00     25000    40.0     20.0         10.0      15.0
iterate  1000   0.02     50000    20.0     10.0         10.0      15.0
iterate  10000  0.20     50000    20.0     10.0         10.0      15.0
iterate: an item among 100n costs 1.00 times one among 10n; limit 1.25: held
`, "\n"), b.String())
}

func TestPeersStandInTheOrderOfTheirNames(t *testing.T) {
	t.Parallel()
	p := Peers{
		Clients: []string{"floor", "a", "b"},
		Cells: []Cell{{
			Mode: "plain", Call: "replay", Goroutines: 16, Rounds: 9, Floor: 123_456,
			Ratios: []measure.Ratio{{Median: 1.1}, {Median: 2.5}},
		}},
		Weights: []Weight{{Call: "replay", Footprints: []measure.Footprint{{Allocs: 70, Bytes: 6000}, {Allocs: 90, Bytes: 7000}, {Allocs: 80, Bytes: 9000}}}},
	}
	var b bytes.Buffer
	require.NoError(t, p.Write(&b))
	assert.Equal(t, strings.TrimPrefix(`
time / floor  mode   goroutines  rounds  a call of the floor  a     b
replay        plain  16          9       123µs                1.10  2.50

allocs, bytes a call  floor     a         b
replay                70, 6000  90, 7000  80, 9000
`, "\n"), b.String())
}
