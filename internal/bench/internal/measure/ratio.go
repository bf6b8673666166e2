package measure

import (
	"math"
	"slices"
)

// Median of values in any order; 0 if there are none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// Ratio is a median of paired ratios, with the interval that holds the true one
// in 95 of 100 cases if the rounds are independent of each other.
type Ratio struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`

	pairs []float64
}

// NewRatio sums up the ratios of single rounds.
func NewRatio(pairs []float64) Ratio {
	r := Ratio{Median: Median(pairs), pairs: pairs}
	r.Low, r.High = interval(pairs)
	return r
}

// Rounds is how many rounds the ratio was seen in.
func (r Ratio) Rounds() int { return len(r.pairs) }

// Pooled is the ratio over the rounds of both.
func Pooled(a, b Ratio) Ratio { return NewRatio(slices.Concat(a.pairs, b.pairs)) }

// interval gives the order statistics that enclose the median with 95 %: the
// number of values below the median is binomial, whatever they are distributed
// like. Its normal approximation will do, as rounds are counted in hundreds.
func interval(values []float64) (low, high float64) {
	n := len(values)
	if n == 0 {
		return 0, 0
	}
	v := slices.Sorted(slices.Values(values))
	reach := 1.96 * math.Sqrt(float64(n)) / 2
	first := int(math.Floor(float64(n)/2 - reach))
	last := int(math.Ceil(float64(n)/2+reach)) - 1
	return v[max(first, 0)], v[min(last, n-1)]
}
