package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// textFailures is how many failures a text names: what fits on a screen or two.
const textFailures = 20

// Text writes a document for a terminal or a log, 100 columns wide unless a
// number, a name or a step of the caller's is unusually long. The first line says
// the state, the last ones what to do next. Of the failures the first 20 are shown.
func Text(w io.Writer, d *Document) error {
	var b text
	b.line("%s: %s", d.State, d.Headline)
	if d.Meaning != "" && (d.Reason == "" || d.State == "drained") {
		b.line("%s", d.Meaning)
	}
	if d.Reason != "" {
		b.line("reason: %s", d.Reason)
	}
	b.line("")
	if d.ID != "" {
		b.facts([]Fact{{"recovery", []string{d.ID}}})
	}
	b.facts(d.Facts)
	if len(d.Entities) > 1 {
		b.table(d.Entities)
	}
	if len(d.Numbers) > 0 {
		b.line("\n%s", d.Counts)
		b.numbers(d.Numbers)
	}
	if len(d.SetAside) > 0 {
		b.line("\nSet aside")
		for _, e := range d.SetAside {
			b.line("  %s, %s", strings.Join(e.Name, " "), e.When)
			b.why(e)
		}
	}
	if n := len(d.Failures); n+d.More > 0 {
		b.line("\n%s", d.NotDelivered())
		shown := d.Failures[:min(n, textFailures)]
		for i, e := range shown {
			b.line("  %2d. %s", i+1, strings.Join(e.Name, " "))
			b.line("      %s, created %s", strings.Join(e.State, ", "), e.When)
			b.why(e)
		}
		if more := n + d.More - len(shown); more > 0 {
			b.line("  and %s more", Count(more))
		}
	}
	b.line("\n%s", d.Effort)
	b.facts(d.Work)
	b.line("\nWhat to do next")
	for _, step := range d.Steps {
		b.line("  - %s", step)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type text struct{ strings.Builder }

func (b *text) line(format string, args ...any) { fmt.Fprintf(&b.Builder, format+"\n", args...) }

func (b *text) why(e Entry) {
	for _, why := range e.Why {
		b.line("      %s", why)
	}
}

// facts writes a line a value, and the name before the first.
func (b *text) facts(facts []Fact) {
	for _, f := range facts {
		for i, value := range f.Values {
			name := f.Name
			if i > 0 {
				name = ""
			}
			b.line("  %-18s  %s", name, value)
		}
	}
}

// table writes a line a row. A name that is too long gets a line of its own, so
// that it does not push the numbers off the screen.
func (b *text) table(rows []Row) {
	const widest = 28
	width := len("entity")
	widths := make([]int, len(rows[0].Numbers))
	for _, row := range rows {
		if n := utf8.RuneCountInString(row.Name); n <= widest {
			width = max(width, n)
		}
		for i, n := range row.Numbers {
			widths[i] = max(widths[i], len(n.Name), len(Count(n.Count)))
		}
	}
	fmt.Fprintf(&b.Builder, "\n%-*s", width, "entity")
	for i, n := range rows[0].Numbers {
		fmt.Fprintf(&b.Builder, "  %*s", widths[i], n.Name)
	}
	b.line("")
	for _, row := range rows {
		name := row.Name
		if utf8.RuneCountInString(name) > width {
			b.line("%s", name)
			name = ""
		}
		fmt.Fprintf(&b.Builder, "%-*s", width, name)
		for i, n := range row.Numbers {
			fmt.Fprintf(&b.Builder, "  %*s", widths[i], Count(n.Count))
		}
		b.line("")
	}
}

// numbers writes counts with what they mean, their parts indented.
func (b *text) numbers(numbers []Number) {
	width := 0
	for _, n := range numbers {
		width = max(width, len(Count(n.Count)))
	}
	for _, n := range numbers {
		b.line("  %-18s  %*s  %s", n.Name, width, Count(n.Count), n.What)
		for _, part := range n.Parts {
			b.line("    %-16s  %*s    %s", part.Name, width, Count(part.Count), part.What)
		}
	}
}
