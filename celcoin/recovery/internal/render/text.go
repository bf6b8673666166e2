package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// textFailures is how many failures a text names: what fits on a screen or two.
const textFailures = 20

// Text writes a report for a terminal or a log, 100 columns wide unless a
// number, a name or a step of the caller's is unusually long. The first line says
// the state and how much is delivered, the last ones what to do next. Of the
// failures the first 20 are shown; [CSV] and [JSON] have them all.
func Text(w io.Writer, r *Report, o Options) error {
	c := newClock(o.Zone, r.FalseZ, r.From, r.Started)
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.state(), r.headline())
	if r.Reason == "" || r.State == StateDrained {
		fmt.Fprintf(&b, "%s\n", r.meaning())
	}
	if r.Reason != "" {
		fmt.Fprintf(&b, "reason: %s\n", line(r.Reason))
	}
	b.WriteString("\n")
	textFacts(&b, append(named(r.ID), r.head(c)...))
	if len(r.Entities) > 1 {
		names, rows := make([]string, len(r.Entities)), make([][]number, len(r.Entities))
		for i, e := range r.Entities {
			names[i], rows[i] = line(string(e.Entity)), e.columns()
		}
		textTable(&b, names, rows)
	}
	b.WriteString("\nTotals\n")
	textNumbers(&b, r.Totals.numbers())
	textSetAside(&b, c, r.SetAside)
	r.textFailures(&b, c)
	b.WriteString("\nWork\n")
	textFacts(&b, r.work(c))
	textSteps(&b, r.steps(o))
	_, err := io.WriteString(w, b.String())
	return err
}

// named is the ID of a recovery, if it has one.
func named(id string) []fact {
	if id == "" {
		return nil
	}
	return []fact{{"recovery", []string{line(id)}}}
}

// textFacts writes a line a value, and the name before the first.
func textFacts(b *strings.Builder, facts []fact) {
	for _, f := range facts {
		for i, value := range f.Values {
			name := f.Name
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(b, "  %-18s  %s\n", name, value)
		}
	}
}

// textTable writes a row an entity. A name that is too long gets a line of its
// own, so that it does not push the numbers off the screen.
func textTable(b *strings.Builder, names []string, rows [][]number) {
	const widest = 28
	width := len("entity")
	for _, name := range names {
		if n := utf8.RuneCountInString(name); n <= widest {
			width = max(width, n)
		}
	}
	widths := make([]int, len(rows[0]))
	heading := make([]string, len(rows[0]))
	for i, n := range rows[0] {
		heading[i], widths[i] = n.Name, len(n.Name)
		for _, row := range rows {
			widths[i] = max(widths[i], len(row[i].Number()))
		}
	}
	write := func(name string, cells []string) {
		if utf8.RuneCountInString(name) > width {
			b.WriteString(name + "\n")
			name = ""
		}
		fmt.Fprintf(b, "%-*s", width, name)
		for i, cell := range cells {
			fmt.Fprintf(b, "  %*s", widths[i], cell)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	write("entity", heading)
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, n := range row {
			cells[j] = n.Number()
		}
		write(names[i], cells)
	}
}

// textNumbers writes the totals with what they mean, their parts indented.
func textNumbers(b *strings.Builder, numbers []number) {
	width := 0
	for _, n := range numbers {
		width = max(width, len(n.Number()))
	}
	for _, n := range numbers {
		fmt.Fprintf(b, "  %-18s  %*s  %s\n", n.Name, width, n.Number(), n.What)
		for _, part := range n.Parts {
			fmt.Fprintf(b, "    %-16s  %*s    %s\n", part.Name, width, part.Number(), part.What)
		}
	}
}

// textSetAside writes what was set aside, and why.
func textSetAside(b *strings.Builder, c clock, all []SetAside) {
	if len(all) == 0 {
		return
	}
	b.WriteString("\nSet aside\n")
	for _, s := range all {
		fmt.Fprintf(b, "  %s, %s\n", line(string(s.Entity)), s.where(c))
		for _, why := range s.why() {
			fmt.Fprintf(b, "      %s\n", why)
		}
	}
}

// textFailures writes a few lines a failure: which, since when, who answered
// what, the error.
func (r *Report) textFailures(b *strings.Builder, c clock) {
	if r.failureCount() == 0 {
		return
	}
	fmt.Fprintf(b, "\nNot delivered: %s\n", count(r.failureCount()))
	shown := r.Failures[:min(len(r.Failures), textFailures)]
	for i, f := range shown {
		fmt.Fprintf(b, "  %2d. %s\n", i+1, strings.Join(f.names(), " "))
		fmt.Fprintf(b, "      %s, %s, created %s\n", line(f.State), f.attempts(), c.createdText(f.Created))
		receiver, vendor := f.answers()
		for _, detail := range []string{receiver, vendor, line(f.Error)} {
			if detail != "" {
				fmt.Fprintf(b, "      %s\n", detail)
			}
		}
	}
	if more := r.failureCount() - len(shown); more > 0 {
		fmt.Fprintf(b, "  and %s more\n", count(more))
	}
}

// names are what a failure is found by: entity, id and the payload's status.
func (f Failure) names() []string {
	names := []string{line(string(f.Entity)), line(f.ID)}
	if names[1] == "" {
		names[1] = "(no id)"
	}
	if f.PayloadStatus != "" {
		names = append(names, line(f.PayloadStatus))
	}
	return names
}

// attempts are how often it was replayed.
func (f Failure) attempts() string {
	if f.Attempts == 0 {
		return "not tried"
	}
	return counted(f.Attempts, "attempt", "attempts")
}

// textSteps ends an output.
func textSteps(b *strings.Builder, steps []string) {
	b.WriteString("\nWhat to do next\n")
	for _, step := range steps {
		fmt.Fprintf(b, "  - %s\n", step)
	}
}
