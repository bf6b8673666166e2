// Package report says what was measured, for readers and for machines, and
// whether it holds.
package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
)

// Unit is what a number counts.
type Unit string

// The units.
const (
	Ratio       Unit = ""
	Allocs      Unit = "allocs"
	Bytes       Unit = "B"
	MiB         Unit = "MiB"
	Connections Unit = "connections"
	Requests    Unit = "requests"
	Millis      Unit = "ms"
	Failures    Unit = "untyped errors"
)

// Check is one number and its limit.
type Check struct {
	Name  string  `json:"name,omitempty"` // which of several of a row
	Seen  float64 `json:"seen"`
	Limit float64 `json:"limit"`
	Unit  Unit    `json:"unit,omitempty"`
	// Over says that Seen is a difference to the floor.
	Over bool `json:"over,omitempty"`
	// Exact says that Seen must be the limit, not only at most that.
	Exact bool `json:"exact,omitempty"`

	// Of a time there is also the interval that holds the median with 95 %, in
	// how many rounds it was seen, and whether these are of two measurements
	// since the first missed.
	Ratio    *measure.Ratio `json:"ratio,omitempty"`
	Rounds   int            `json:"rounds,omitempty"`
	Repeated bool           `json:"repeated,omitempty"`

	Verdict measure.Verdict `json:"verdict"`
}

// Counted is a check of a number that noise does not reach.
func Counted(name string, unit Unit, seen, limit float64) Check {
	return Check{Name: name, Seen: seen, Limit: limit, Unit: unit}.judged()
}

// Exactly is a check of a number that has one right value.
func Exactly(name string, unit Unit, seen, want float64) Check {
	return Check{Name: name, Seen: seen, Limit: want, Unit: unit, Exact: true}.judged()
}

// Over is a check of what comes on top of the floor.
func Over(unit Unit, seen, floor, limit float64) Check {
	return Check{Seen: seen - floor, Limit: limit, Unit: unit, Over: true}.judged()
}

// Timed is a check of a ratio of times, which is measured again if it misses.
func Timed(name string, limit float64, take func() (measure.Ratio, error)) (Check, error) {
	r, repeated, v, err := measure.JudgeTime(limit, take)
	return Check{
		Name: name, Seen: r.Median, Limit: limit, Unit: Ratio,
		Ratio: &r, Rounds: r.Rounds(), Repeated: repeated, Verdict: v,
	}, err
}

func (c Check) judged() Check {
	c.Verdict = measure.Held
	if c.Seen > c.Limit || c.Exact && c.Seen != c.Limit {
		c.Verdict = measure.Missed
	}
	return c
}

// Row is one line of the table of figures to hold.
type Row struct {
	Number  int     `json:"number"`
	What    string  `json:"what"`
	Checks  []Check `json:"checks"`
	Note    string  `json:"note,omitempty"`
	Seconds float64 `json:"seconds"` // that measuring took
}

// Verdict is the worst of the row's checks.
func (r *Row) Verdict() measure.Verdict {
	v := measure.Held
	for _, c := range r.Checks {
		v = measure.Worse(v, c.Verdict)
	}
	return v
}

// Gate says which checks decide about success.
type Gate string

// The gates.
const (
	GateAll    Gate = "all"    // every check
	GateCounts Gate = "counts" // all but those of times
	GateNone   Gate = "none"   // nothing
)

// Fails tells whether a row misses a limit that counts. Noise does not fail: it
// says that the machine cannot tell.
func (g Gate) Fails(r *Row) bool {
	for _, c := range r.Checks {
		timed := c.Ratio != nil || c.Unit == Millis
		if c.Verdict == measure.Missed && (g == GateAll || g == GateCounts && !timed) {
			return true
		}
	}
	return false
}

// number writes a value as its unit is read.
func (c *Check) number(v float64) string {
	format := "%.0f"
	switch c.Unit {
	case Ratio:
		format = "%.3f"
	case Millis, MiB:
		format = "%.1f"
	case Allocs, Bytes, Connections, Requests, Failures:
	}
	s := fmt.Sprintf(format, v)
	if n, err := strconv.ParseFloat(s, 64); err == nil && n == 0 {
		s = strings.TrimPrefix(s, "-") // what rounds to nothing has no sign
	}
	if c.Over && !strings.HasPrefix(s, "-") {
		s = "+" + s
	}
	return s
}

func (c *Check) unit() string {
	if c.Unit == Ratio {
		return ""
	}
	return " " + string(c.Unit)
}
