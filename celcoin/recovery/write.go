package recovery

import (
	"io"
	"strings"

	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

// WriteText writes the report for a terminal or a log. The first line says the
// state and what it means, the last lines what to do next.
// Of the failures the first 20 are shown; [Report.WriteCSV] and
// [Report.WriteJSON] have them all.
func (r *Report) WriteText(w io.Writer) error { return render.Text(w, r.document()) }

// WriteHTML writes the report as one page that needs nothing else: no script,
// font or image, and its policy forbids any, so that it may be mailed or kept as
// it is. It fits a phone, a wide screen and A4 paper, light and dark. All
// failures of the report are in it, each text cut at 200 characters.
func (r *Report) WriteHTML(w io.Writer) error { return render.HTML(w, r.document()) }

// WriteText writes the plan as a table.
func (p *Plan) WriteText(w io.Writer) error { return render.Text(w, p.document()) }

// String is the table of WriteText.
func (p *Plan) String() string {
	var b strings.Builder
	p.WriteText(&b) //nolint:errcheck,gosec // a strings.Builder does not fail
	return b.String()
}
