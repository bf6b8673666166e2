package recovery

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// reportTextFailures is how many failures a text shows: what fits on a screen
// or two.
const reportTextFailures = 20

// WriteText writes the report for a terminal or a log, 100 columns wide unless
// a number or an id is unusually long. The first line says the state and what
// it means, the last lines what to do next. Of the failures the first 20 are
// shown; [Report.WriteCSV] and [Report.WriteJSON] have them all.
func (r *Report) WriteText(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s\n%s\n", reportLine(string(r.State)), r.State.meaning(), r.headline())
	if r.Reason != "" {
		fmt.Fprintf(&b, "reason: %s\n", reportLine(r.Reason))
	}
	b.WriteString("\n")
	textFacts(&b, append([]reportFact{{"ID", []string{reportLine(r.ID)}}}, r.outageFacts()...))
	if err := r.textEntities(&b); err != nil {
		return fmt.Errorf("recovery: report as text: %w", err)
	}
	r.textTotals(&b)
	r.textFailures(&b)
	b.WriteString("\nWork\n")
	textFacts(&b, r.workFacts())
	b.WriteString("\nWhat to do next\n")
	for _, step := range r.nextSteps() {
		fmt.Fprintf(&b, "  - %s\n", step)
	}
	_, err := b.WriteTo(w)
	return err
}

// textEntities writes a row an entity. The numbers are aligned by a tabwriter,
// the names by hand: one that is too long gets a line of its own, so that it
// does not push the numbers off the screen.
func (r *Report) textEntities(b *bytes.Buffer) error {
	if len(r.Entities) == 0 {
		return nil
	}
	table, err := r.textNumbers()
	if err != nil {
		return err
	}
	const widest = 28
	width := len("entity")
	for _, e := range r.Entities {
		if n := utf8.RuneCountInString(reportLine(string(e.Entity))); n <= widest {
			width = max(width, n)
		}
	}
	b.WriteString("\n")
	for i, numbers := range table {
		name := "entity"
		if i > 0 {
			name = reportLine(string(r.Entities[i-1].Entity))
		}
		if utf8.RuneCountInString(name) > width {
			b.WriteString(name + "\n")
			name = ""
		}
		fmt.Fprintf(b, "%-*s%s\n", width, name, numbers)
	}
	return nil
}

// textNumbers is the table of the entities without their names, heading first.
func (r *Report) textNumbers() ([]string, error) {
	var table, aligned strings.Builder
	table.WriteString("planned\talready\tdelivered\tunknown\texpired\trejected\tpending\tnew\t\n")
	for _, e := range r.Entities {
		for _, cell := range e.cells() {
			table.WriteString(cell.Number() + "\t")
		}
		table.WriteString("\n")
	}
	tw := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', tabwriter.AlignRight)
	if _, err := io.WriteString(tw, table.String()); err != nil {
		return nil, err
	}
	if err := tw.Flush(); err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(aligned.String(), "\n"), "\n"), nil
}

// textTotals writes the totals with what they mean, which also explains the
// headings of the table above.
func (r *Report) textTotals(b *bytes.Buffer) {
	b.WriteString("\nTotals\n")
	totals := r.Totals.list()
	width := 0
	for _, total := range totals {
		width = max(width, len(reportCount(total.Count)))
	}
	for _, total := range totals {
		fmt.Fprintf(b, "  %-18s  %*s  %s\n", total.Name, width, reportCount(total.Count), total.What)
	}
}

// textFailures writes a few lines a failure: which, what Celcoin
// answered, the error.
func (r *Report) textFailures(b *bytes.Buffer) {
	if r.failureCount() == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", reportCounted(r.failureCount(), "failure", "failures"))
	shown := r.Failures[:min(len(r.Failures), reportTextFailures)]
	for i, f := range shown {
		f = f.lines()
		fmt.Fprintf(b, "  %2d. %s %s: %s after %s\n", i+1, f.Entity, f.ID, f.State, reportCounted(f.Attempts, "attempt", "attempts"))
		for _, line := range f.details() {
			fmt.Fprintf(b, "      %s\n", line)
		}
	}
	if more := r.failureCount() - len(shown); more > 0 {
		fmt.Fprintf(b, "  and %s more\n", reportCount(more))
	}
}

// details are the lines of a failure below its first.
func (f Failure) details() []string {
	facts := "created at a time not known"
	if f.Created != "" {
		facts = "created " + f.Created
	}
	if f.Status != 0 {
		facts += ", HTTP " + strconv.Itoa(f.Status)
	}
	if f.Code != "" {
		facts += ", code " + f.Code
	}
	lines := []string{facts}
	if f.RequestID != "" {
		lines = append(lines, "request "+f.RequestID)
	}
	if f.Error != "" {
		lines = append(lines, f.Error)
	}
	return lines
}

// textFacts writes a line a value, and the name before the first.
func textFacts(b *bytes.Buffer, facts []reportFact) {
	for _, fact := range facts {
		for i, value := range fact.Values {
			name := fact.Name
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(b, "  %-18s  %s\n", name, value)
		}
	}
}
