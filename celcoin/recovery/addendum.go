package recovery

import (
	"io"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
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
const NotTold = render.NotTold

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
// Celcoin's, with its times in that zone; nil: Brasília's, -03:00.
func (a Addendum) WriteHTML(w io.Writer, zone *time.Location) error {
	return render.HTML(w, nil, a.options(zone))
}

func (a Addendum) options(zone *time.Location) render.Options {
	o := render.Options{Zone: zone, Steps: a.Steps}
	for _, v := range a.Vendors {
		o.Vendors = append(o.Vendors, render.Vendor(v))
	}
	for _, t := range a.Tables {
		o.Tables = append(o.Tables, render.Table(t))
	}
	return o
}
