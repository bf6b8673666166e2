package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/scale"
)

// MaxGrowth is how much dearer an item may be among ten times as many.
const MaxGrowth = 1.25

// Scale is one kind of work at n, 10n and 100n.
type Scale struct {
	What   string           `json:"what"`
	Sizes  []scale.Measured `json:"sizes"`
	Growth float64          `json:"growth"`
	Check  Check            `json:"check"`
}

// NewScale judges whether the cost of an item grows.
func NewScale(what string, sizes []scale.Measured) Scale {
	s := Scale{What: what, Sizes: sizes}
	if n := len(sizes); n > 1 {
		s.Growth = scale.Growth(&sizes[n-2], &sizes[n-1])
	}
	s.Check = Counted(what, Ratio, s.Growth, MaxGrowth)
	if s.Growth == 0 { // the processor's time is not known here
		s.Check.Verdict = measure.Noise
	}
	return s
}

// FailsGrowth tells whether a cost grows and that counts. It is a time: the
// processor's, which depends on who shares its caches.
func (g Gate) FailsGrowth(s *Scale) bool {
	return g == GateAll && s.Check.Verdict == measure.Missed
}

// WriteScale writes the sizes side by side.
func WriteScale(w io.Writer, all []Scale) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\titems\tseconds\titems/s\tus/item\tCPU us/item\tMiB held\tMiB resident")
	for _, s := range all {
		for _, m := range s.Sizes {
			elapsed, cpu := m.PerItem()
			fmt.Fprintf(t, "%s\t%d\t%.2f\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\n", s.What, m.Items, m.Seconds, m.Rate(), elapsed, cpu,
				float64(m.Memory.Held)/(1<<20), float64(m.Memory.Resident)/(1<<20))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i := range all {
		fmt.Fprintf(w, "%s: an item among 100n costs %.2f times one among 10n; limit %.2f: %s\n",
			all[i].What, all[i].Growth, MaxGrowth, all[i].Check.Verdict)
	}
	return nil
}
