package recovery

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed report.html
var reportTemplate string

//go:embed report.css
var reportStyle string

// WriteHTML writes the report as one page that needs nothing else: no script,
// font or image, and its policy forbids any, so that it may be mailed or kept
// as it is. It fits a phone, a wide screen and A4 paper, light and dark. Times
// are in UTC and in Brasília's (-03:00). All failures of the report are in it,
// each text cut at 200 characters.
func (r *Report) WriteHTML(w io.Writer) error {
	// Parsed for each report: it takes about a millisecond, and a report is
	// written when a recovery ends.
	page, err := template.New("report").Option("missingkey=error").Parse(reportTemplate)
	if err != nil {
		return fmt.Errorf("recovery: report as HTML: %w", err)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, r.page()); err != nil {
		return fmt.Errorf("recovery: report as HTML: %w", err)
	}
	_, err = b.WriteTo(w)
	return err
}

// reportPage is what the template shows. Its texts are one line each; the
// template escapes them.
type reportPage struct {
	Policy             string
	Style              template.CSS
	ID                 string
	State, Class, Sign string
	Meaning            string
	Headline           string
	Meter              string // the share recovered, in percent; empty: of nothing
	Reason             string
	Steps              []string
	Outage             []reportFact
	Totals             []reportTotal
	FalseZ             bool
	Charts             []reportChart
	Without            string
	Columns            []string
	Rows               []reportRow
	Sum                []reportTotal
	FailureTitle       string
	Failures           []Failure
	MoreFailures       string
	Work               []reportFact
}

// reportRow is the row of an entity.
type reportRow struct {
	Entity string
	Cells  []reportTotal
}

// page fills in the page.
func (r *Report) page() reportPage {
	charts, without := r.charts()
	class, sign := r.State.badge()
	p := reportPage{
		Policy: reportPolicy(), Style: template.CSS(reportStyle), //nolint:gosec // a constant of this package
		ID: reportLine(r.ID), State: reportLine(string(r.State)), Class: class, Sign: sign,
		Meaning: r.State.meaning(), Headline: r.headline(), Reason: reportLine(r.Reason),
		Steps: r.nextSteps(), Outage: r.outageFacts(), Totals: r.Totals.list(), Sum: r.Totals.cells(),
		FalseZ: r.FalseZ, Charts: charts, Without: strings.Join(without, ", "), Work: r.workFacts(),
	}
	if r.Totals.Planned > 0 {
		p.Meter = chartUnit(100 * min(float64(r.Totals.recovered())/float64(r.Totals.Planned), 1)).String()
	}
	for _, cell := range p.Sum {
		p.Columns = append(p.Columns, cell.Name)
	}
	for _, e := range r.Entities {
		p.Rows = append(p.Rows, reportRow{reportLine(string(e.Entity)), e.cells()})
	}
	if n := r.failureCount(); n > 0 {
		p.FailureTitle = reportCounted(n, "failure", "failures")
	}
	for _, f := range r.Failures {
		p.Failures = append(p.Failures, f.lines())
	}
	if r.MoreFailures > 0 {
		p.MoreFailures = reportCount(r.MoreFailures)
	}
	return p
}

// reportPolicy allows the style of the page, by its hash, and nothing else: a
// text that got past the escaping could neither load nor run anything.
func reportPolicy() string {
	sum := sha256.Sum256([]byte(reportStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'"
}

// badge is the class and the sign of a state, which say it beside its colour
// and its word.
func (s State) badge() (class, sign string) {
	switch s {
	case StateDrained:
		return "drained", "✓"
	case StatePartial:
		return "partial", "!"
	case StateRefused:
		return "refused", "✕"
	case StateCancelled:
		return "cancelled", "‖"
	default:
		return "other", "?"
	}
}
