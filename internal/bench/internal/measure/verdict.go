package measure

import "math"

// Verdict is what a measurement says about its limit.
type Verdict string

// The verdicts.
const (
	Held   Verdict = "held"
	Missed Verdict = "MISSED"
	// Noise is of times only: two measurements contradict each other by more
	// than [Disagreement], so this machine cannot tell at present.
	Noise Verdict = "noise"
)

// Worse of two verdicts.
func Worse(a, b Verdict) Verdict {
	rank := map[Verdict]int{Held: 0, Noise: 1, Missed: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// Disagreement is how far apart two measurements of one ratio must be before the
// machine is blamed: what repeats on a loaded machine were seen to differ, but for
// few. README.md has the figures.
const Disagreement = 0.04

// JudgeTime measures a ratio, and once more if it misses its limit. Both above
// the limit is a miss. If only the first is, and they are close to each other,
// the median over the rounds of both decides; if they are not, it is noise.
func JudgeTime(limit float64, measure func() (Ratio, error)) (seen Ratio, repeated bool, v Verdict, err error) {
	first, err := measure()
	if err != nil || first.Median <= limit {
		return first, false, Held, err
	}
	second, err := measure()
	if err != nil {
		return first, false, Missed, err
	}
	seen = Pooled(first, second)
	switch {
	case second.Median > limit:
		return seen, true, Missed, nil
	case math.Abs(first.Median-second.Median) > Disagreement*min(first.Median, second.Median):
		return seen, true, Noise, nil
	case seen.Median > limit:
		return seen, true, Missed, nil
	}
	return seen, true, Held, nil
}
