package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
)

// WriteTable writes rows for a terminal, and below them what had to be measured
// twice, and the notes.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "#\twhat\tseen\tlimit\tverdict")
	for i := range rows {
		r := &rows[i]
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", r.Number, r.What, r.seen(), r.limit(), r.Verdict())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i := range rows {
		rows[i].remarks(w)
	}
	return nil
}

// remarks are the lines below the table.
func (r *Row) remarks(w io.Writer) {
	if r.Note != "" {
		fmt.Fprintf(w, "%d: %s\n", r.Number, r.Note)
	}
	for _, c := range r.Checks {
		if c.Repeated {
			fmt.Fprintf(w, "%d: %smeasured twice, as the first missed; the figure is of both: %.3f (%.3f to %.3f)\n",
				r.Number, prefix(c.Name), c.Ratio.Median, c.Ratio.Low, c.Ratio.High)
		}
		if c.Verdict == measure.Missed {
			fmt.Fprintf(w, "%d: %sMISSED: %s%s, limit %s%s\n",
				r.Number, prefix(c.Name), c.number(c.Seen), c.unit(), c.number(c.Limit), c.unit())
		}
	}
}

func prefix(name string) string {
	if name == "" {
		return ""
	}
	return name + ": "
}

// alike groups the checks that stand for one figure: of one unit and limit.
func (r *Row) alike() [][]Check {
	var groups [][]Check
	for _, c := range r.Checks {
		if n := len(groups); n > 0 && groups[n-1][0].Unit == c.Unit && groups[n-1][0].Limit == c.Limit {
			groups[n-1] = append(groups[n-1], c)
			continue
		}
		groups = append(groups, []Check{c})
	}
	return groups
}

func (r *Row) seen() string {
	var parts []string
	for _, group := range r.alike() {
		least, most := group[0], group[0]
		for _, c := range group[1:] {
			if c.Seen < least.Seen {
				least = c
			}
			if c.Seen > most.Seen {
				most = c
			}
		}
		s := most.number(most.Seen)
		switch {
		case len(group) > 1 && least.Seen != most.Seen:
			s = least.number(least.Seen) + " to " + s + most.unit() + " (most: " + most.Name + ")"
		case most.Ratio != nil && len(group) == 1:
			s += fmt.Sprintf(" (%.3f to %.3f)", most.Ratio.Low, most.Ratio.High)
		default:
			s += most.unit()
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

func (r *Row) limit() string {
	var parts []string
	for _, group := range r.alike() {
		c := group[0]
		sign := "<= "
		if c.Exact {
			sign = ""
		}
		parts = append(parts, sign+c.number(c.Limit)+c.unit())
	}
	return strings.Join(parts, "; ")
}
