package measure

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func order() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) } //nolint:gosec // repeatable, not secret

func TestTheMedianIsTheMiddleOfTheSortedValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"none", nil, 0},
		{"one", []float64{3}, 3},
		{"an odd number, out of order", []float64{9, 1, 2}, 2},
		{"an even number: between the two in the middle", []float64{4, 1, 100, 2}, 3},
		{"an outlier does not move it", []float64{1, 1, 1, 1, 1e9}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tt.values)
			assert.InDelta(t, tt.want, Median(tt.values), 1e-12)
			assert.Equal(t, before, tt.values, "the caller's values keep their order")
		})
	}
}

// TestTheRatioIsThatOfEachRound: the machine is ten times slower in every other
// round, which moves the medians of the times and not those of the ratios.
func TestTheRatioIsThatOfEachRound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		takes := func(d time.Duration) Op {
			return func() error {
				pause := d
				if (calls/2)%2 == 1 {
					pause *= 10
				}
				calls++
				time.Sleep(pause) //nolint:forbidigo // virtual time
				return nil
			}
		}
		s, err := Compare(order(), 101, takes(100*time.Millisecond), takes(130*time.Millisecond))
		require.NoError(t, err)
		r := s.Ratio(1, 0)
		assert.InDelta(t, 1.3, r.Median, 1e-9)
		assert.InDelta(t, 1.3, r.Low, 1e-9)
		assert.InDelta(t, 1.3, r.High, 1e-9)
		assert.Equal(t, 101, r.Rounds())
		assert.Equal(t, 100*time.Millisecond, s.Typical(0), "51 fast rounds and 50 slow ones")
	})
}

func TestEveryRoundHasEachOperationOnceInRandomOrder(t *testing.T) {
	t.Parallel()
	const rounds = 300
	var ran []int
	note := func(i int) Op { return func() error { ran = append(ran, i); return nil } }
	_, err := Compare(order(), rounds, note(0), note(1), note(2))
	require.NoError(t, err)
	require.Len(t, ran, 3*rounds)
	seen := map[[3]int]int{}
	for round := range rounds {
		seen[[3]int(ran[3*round:])]++
	}
	assert.Len(t, seen, 6, "all orders of three occur")
	for turns, n := range seen {
		assert.ElementsMatch(t, []int{0, 1, 2}, turns[:])
		assert.InDelta(t, rounds/6, n, rounds/12, "%v", turns)
	}
}

func TestAFailedOperationEndsTheComparison(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	n := 0
	_, err := Compare(order(), 10, func() error {
		if n++; n == 3 {
			return refused
		}
		return nil
	})
	require.ErrorIs(t, err, refused)
	require.EqualError(t, err, "round 2, operation 0: refused")
	assert.Equal(t, 3, n)
}

func TestTheIntervalHoldsTheMedianAndNarrowsWithMoreRounds(t *testing.T) {
	t.Parallel()
	upTo := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = float64(i + 1)
		}
		return v
	}
	r := NewRatio(upTo(100))
	assert.InDelta(t, 50.5, r.Median, 0)
	assert.InDelta(t, 41, r.Low, 0, "the 41st and the 60th of 100: the usual table of order statistics")
	assert.InDelta(t, 60, r.High, 0)
	wide, narrow := NewRatio(upTo(100)), NewRatio(upTo(10_000))
	assert.Less(t, (narrow.High-narrow.Low)/10_000, (wide.High-wide.Low)/100)
	assert.Equal(t, Ratio{Median: 7, Low: 7, High: 7, pairs: []float64{7}}, NewRatio([]float64{7}))
}

// constant is a measurement that sees the same ratio in every round.
func constant(ratio float64, rounds int) Ratio {
	pairs := make([]float64, rounds)
	for i := range pairs {
		pairs[i] = ratio
	}
	return NewRatio(pairs)
}

func TestATimeIsMeasuredAgainBeforeItCountsAsMissed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		seen     []Ratio
		want     Verdict
		median   float64
		repeated bool
	}{
		{"at the limit", []Ratio{constant(1.05, 9)}, Held, 1.05, false},
		{"above it twice", []Ratio{constant(1.06, 9), constant(1.2, 9)}, Missed, 1.13, true},
		{"above it once, far from the repeat", []Ratio{constant(1.3, 9), constant(1.0, 9)}, Noise, 1.15, true},
		{"just above it once, and both together below", []Ratio{constant(1.06, 9), constant(1.03, 11)}, Held, 1.03, true},
		{"just above it once, and both together above", []Ratio{constant(1.06, 11), constant(1.03, 9)}, Missed, 1.06, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			seen, repeated, v, err := JudgeTime(1.05, func() (Ratio, error) {
				n++
				return tt.seen[n-1], nil
			})
			require.NoError(t, err)
			assert.Equal(t, tt.want, v)
			assert.Equal(t, tt.repeated, repeated)
			assert.InDelta(t, tt.median, seen.Median, 1e-9)
			assert.Equal(t, len(tt.seen), n)
		})
	}
}

func TestAMeasurementThatFailsHasNoVerdictOfItsOwn(t *testing.T) {
	t.Parallel()
	away := errors.New("the server is away")
	_, _, _, err := JudgeTime(1, func() (Ratio, error) { return Ratio{}, away })
	require.ErrorIs(t, err, away)
	n := 0
	_, _, v, err := JudgeTime(1, func() (Ratio, error) {
		if n++; n == 2 {
			return Ratio{}, away
		}
		return constant(2, 3), nil
	})
	require.ErrorIs(t, err, away)
	assert.Equal(t, Missed, v)
}

func TestTheWorseVerdictCounts(t *testing.T) {
	t.Parallel()
	assert.Equal(t, Missed, Worse(Held, Missed))
	assert.Equal(t, Missed, Worse(Missed, Noise))
	assert.Equal(t, Noise, Worse(Noise, Held))
	assert.Equal(t, Held, Worse(Held, Held))
}

var kept []byte

// TestAllocationsAreCountedPerOperation runs alone, as whatever else allocates
// meanwhile is counted with it.
func TestAllocationsAreCountedPerOperation(t *testing.T) { //nolint:paralleltest // see above
	f, err := Weigh(1000, func() error {
		kept = make([]byte, 1024)
		kept = make([]byte, 2048)
		return nil
	})
	require.NoError(t, err)
	assert.InDelta(t, 2, f.Allocs, 0)
	assert.InDelta(t, 3072, f.Bytes, 100)

	refused := errors.New("refused")
	_, err = Weigh(10, func() error { return refused })
	require.ErrorIs(t, err, refused)
}

func TestMemoryThatWasHeldIsSeenAfterItIsGone(t *testing.T) { //nolint:paralleltest // another test's memory would be seen, too
	const size = 64 << 20
	stop := WatchMemory()
	block := make([]byte, size)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	kept = block
	m := stop() // looks once more
	kept = nil
	assert.GreaterOrEqual(t, m.Held, uint64(size))
}

func TestTheResidentPeakIsReadFromTheKernelsText(t *testing.T) {
	t.Parallel()
	const status = "Name:\tbench\nVmPeak:\t 1234 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"
	assert.Equal(t, uint64(2<<20), residentPeak(status))
	assert.Zero(t, residentPeak("Name:\tbench\n"))
}

func TestACrowdRunsAtOnceAndReportsEveryFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		all, dismiss := Crowd(64, func() error {
			time.Sleep(time.Second) //nolint:forbidigo // virtual time
			return nil
		})
		require.NoError(t, all())
		assert.Equal(t, time.Second, time.Since(begin))
		require.NoError(t, all(), "and again")
		assert.Equal(t, 2*time.Second, time.Since(begin))
		dismiss() // or the bubble would not end
	})
	refused := errors.New("refused")
	var both interface{ Unwrap() []error }
	all, dismiss := Crowd(2, func() error { return refused })
	t.Cleanup(dismiss)
	require.ErrorAs(t, all(), &both)
	assert.Equal(t, []error{refused, refused}, both.Unwrap())
	one, dismissOne := Crowd(1, func() error { return refused })
	t.Cleanup(dismissOne)
	assert.Equal(t, refused, one(), "one alone needs no goroutine")
}
