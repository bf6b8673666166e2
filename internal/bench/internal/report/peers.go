package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
)

// Cell is one call in one mode by so many goroutines, by all clients.
type Cell struct {
	Mode       string `json:"mode"`
	Call       string `json:"call"`
	Goroutines int    `json:"goroutines"`
	Rounds     int    `json:"rounds"`
	// Floor is the median time of a round by the floor, by calls of the round.
	Floor time.Duration `json:"floor_ns"`
	// Ratios are time / floor of the others, in their order.
	Ratios []measure.Ratio `json:"ratios"`
}

// Weight is what all clients allocate for a call, the floor first.
type Weight struct {
	Call       string              `json:"call"`
	Footprints []measure.Footprint `json:"footprints"`
}

// Peers is the comparison with other clients.
type Peers struct {
	Setting
	Clients []string `json:"clients"` // the floor first
	Cells   []Cell   `json:"cells"`
	Weights []Weight `json:"weights"`
}

// Write writes both tables.
func (p *Peers) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "time / floor\tmode\tgoroutines\trounds\ta call of the floor\t"+strings.Join(p.Clients[1:], "\t"))
	for _, c := range p.Cells {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%v", c.Call, c.Mode, c.Goroutines, c.Rounds, c.Floor.Round(time.Microsecond))
		for _, r := range c.Ratios {
			fmt.Fprintf(t, "\t%.2f", r.Median)
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	fmt.Fprintln(t, "allocs, bytes a call\t"+strings.Join(p.Clients, "\t"))
	for _, weight := range p.Weights {
		fmt.Fprint(t, weight.Call)
		for _, f := range weight.Footprints {
			fmt.Fprintf(t, "\t%.0f, %.0f", f.Allocs, f.Bytes)
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}
