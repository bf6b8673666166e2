// Package measure times operations against each other and weighs what they
// allocate, on a machine that is not quiet.
//
// Absolute times drift by half on a shared machine, from one second to the next.
// So nothing here is decided by them: operations that are compared run one after
// the other in random order, round by round, and what counts is the median of
// their ratios within a round. What disturbs a round disturbs both.
package measure

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Op is an operation that can be repeated. An error ends the measurement, since
// a failed operation has no time that could be compared.
type Op func() error

// Samples are the times of operations that ran in the same rounds.
type Samples struct {
	times [][]time.Duration // by operation, then by round
}

// Compare runs every operation once a round, in an order that is drawn anew for
// each, so that none profits from what the one before it has left warm.
func Compare(order *rand.Rand, rounds int, ops ...Op) (*Samples, error) {
	s := &Samples{times: make([][]time.Duration, len(ops))}
	for i := range s.times {
		s.times[i] = make([]time.Duration, rounds)
	}
	turns := make([]int, len(ops))
	for i := range turns {
		turns[i] = i
	}
	for round := range rounds {
		order.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
		for _, i := range turns {
			begin := time.Now()
			err := ops[i]()
			s.times[i][round] = time.Since(begin)
			if err != nil {
				return nil, fmt.Errorf("round %d, operation %d: %w", round, i, err)
			}
		}
	}
	return s, nil
}

// Ratio is how much longer one operation takes than another.
func (s *Samples) Ratio(candidate, floor int) Ratio {
	ratios := make([]float64, len(s.times[floor]))
	for round, base := range s.times[floor] {
		ratios[round] = float64(s.times[candidate][round]) / float64(max(base, 1))
	}
	return NewRatio(ratios)
}

// Typical is the median time of an operation. It is for the reader's sense of
// scale; it does not carry over to another machine or hour.
func (s *Samples) Typical(op int) time.Duration {
	times := make([]float64, len(s.times[op]))
	for i, t := range s.times[op] {
		times[i] = float64(t)
	}
	return time.Duration(Median(times))
}
