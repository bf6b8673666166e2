package celcointest

import (
	"math/rand/v2"
	"time"
)

// dice draws what is left to chance, the same for the same seed and the same
// calls in the same order.
type dice struct{ draw *rand.Rand }

func newDice(seed uint64) dice {
	return dice{rand.New(rand.NewPCG(seed, 0xd1ce))} //nolint:gosec // repeatable is what it has to be
}

// below says yes with this probability.
func (d dice) below(probability float64) bool {
	return probability > 0 && d.draw.Float64() < probability
}

// duration draws from 0 up to, not including, limit.
func (d dice) duration(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	return time.Duration(d.draw.Int64N(int64(limit)))
}
