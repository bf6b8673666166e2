package recovery

import (
	"io"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
	"github.com/reenvio/reenvio-go/internal/redact"
)

// Addendum is what a caller adds to the texts and pages of a report or plan: the
// steps of a tool of its own, and what another vendor's recovery came to.
type Addendum struct {
	// Steps stand at the end of what to do next, such as the command that goes on
	// with the recovery. WriteText and WriteHTML show them.
	Steps []string
	// Vendors are further rows of the summary by vendor, below Celcoin's. Only
	// WriteHTML shows them, and Tables.
	Vendors []VendorSummary
	Tables  []Table
}

// NotTold is a number of a [VendorSummary] that the vendor does not tell.
const NotTold = -1

// VendorSummary is a row of the summary by vendor. Each number is of webhooks,
// or [NotTold].
type VendorSummary struct {
	Name      string
	Missed    int
	Replayed  int
	Delivered int
	Unknown   int
	Expired   int
	Pending   int
	Failed    int
}

// Table is a table of the caller's, of plain text: nothing in it is taken for
// HTML.
type Table struct {
	Title  string
	Note   string // below it
	Header []string
	Rows   [][]string
}

// With returns the report with an addendum, instead of the one that it had. JSON
// and CSV have nothing of it.
func (r *Report) With(a Addendum) *Report {
	c := *r
	c.addendum = a
	return &c
}

// With returns the plan with the steps of an addendum, instead of those that it
// had.
func (p *Plan) With(a Addendum) *Plan {
	c := *p
	c.addendum = a
	return &c
}

// WriteHTML writes a page of the addendum alone, for a recovery without a part of
// Celcoin's. The zone is not used: an addendum has no times but in its texts.
func (a Addendum) WriteHTML(w io.Writer, _ *time.Location) error {
	d := &render.Document{Kind: "Webhook recovery", Headline: "Webhook recovery"}
	a.addTo(d)
	return render.HTML(w, d)
}

// longestStep leaves room for a command with its paths.
const longestStep = 2000

// addTo adds it to a document.
func (a Addendum) addTo(d *render.Document) {
	for _, step := range a.Steps {
		d.Steps = append(d.Steps, strings.TrimSpace(redact.Text(step, longestStep)))
	}
	if len(d.Steps) == 0 && d.State != "" {
		d.Steps = []string{"Nothing."}
	}
	for _, v := range a.Vendors {
		d.Vendors = append(d.Vendors, render.Row{Name: render.Line(v.Name), Numbers: v.columns("missed")})
	}
	for _, t := range a.Tables {
		d.Tables = append(d.Tables, render.Table(t))
	}
}
