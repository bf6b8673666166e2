package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// op is an operation that can be repeated. An error ends the measurement.
type op = func() error

// compare returns the times of every operation over those of the first one, by
// operation, then by round. Each runs once a round, in an order drawn anew, so that
// none profits from what the one before it has left warm. Absolute times drift by half
// on a shared machine; what disturbs a round disturbs all that it compares.
func compare(order *rand.Rand, rounds int, ops []op) ([][]float64, error) {
	for range min(rounds, 10) { // warms up connections, the token and pools
		for _, do := range ops {
			if err := do(); err != nil {
				return nil, err
			}
		}
	}
	all := make([][]float64, len(ops))
	times := make([]time.Duration, len(ops))
	for round := range rounds {
		for _, i := range order.Perm(len(ops)) {
			begin := time.Now()
			if err := below(order.IntN(128), ops[i]); err != nil {
				return nil, fmt.Errorf("round %d, operation %d: %w", round, i, err)
			}
			times[i] = time.Since(begin)
		}
		for i, t := range times {
			all[i] = append(all[i], float64(t)/float64(max(times[0], 1)))
		}
	}
	return all, nil
}

// below runs an operation so many calls deep. The same signature was seen to take 6 %
// longer by where on the stack it happened to work.
func below(depth int, do op) error {
	if depth == 0 {
		return do()
	}
	return below(depth-1, do)
}

func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// interval gives the order statistics that enclose the median with 95 %, whatever
// the distribution: the number of values below it is binomial, here by its normal
// approximation.
func interval(values []float64) (low, high float64) {
	v := slices.Sorted(slices.Values(values))
	half, reach := float64(len(v))/2, 1.96*math.Sqrt(float64(len(v)))/2
	return v[max(int(half-reach), 0)], v[min(int(math.Ceil(half+reach)), len(v))-1]
}
