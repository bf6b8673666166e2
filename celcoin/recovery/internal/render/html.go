package render

import (
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageStyle string

// signs say a state beside its colour and its word.
var signs = map[string]string{
	"drained": "✓", "partial": "!", "refused": "✕", "cancelled": "‖", "running": "…", "planned": "…",
}

// page is what the template shows.
type page struct {
	*Document

	Policy      string // allows the style of the page, by its hash, and nothing else
	Style       template.CSS
	Class, Sign string  // of the state
	Meter       []meter // one, or none of nothing
	Charts      []chart
	Without     string // the entities without a chart
	Summary     []grid // by vendor
	ByEntity    []grid
	Others      []grid // the caller's
}

// meter is the share that is delivered, and of that the counted, in percent.
type meter struct{ Counted, Delivered length }

// HTML writes a document as one page that needs nothing else: no script, font or
// image, and its policy forbids any. It fits a phone, a wide screen and A4 paper,
// light and dark.
func HTML(w io.Writer, d *Document) error {
	sum := sha256.Sum256([]byte(pageStyle))
	charts, without := d.charts()
	p := page{
		Document: d, Style: template.CSS(pageStyle), //nolint:gosec // a constant of this package
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Class:  d.State, Sign: signs[d.State], Charts: charts, Without: strings.Join(without, ", "),
	}
	if p.Sign == "" {
		p.Class, p.Sign = "", "?"
	}
	if s := d.Share; s.All > 0 {
		percent := func(n int) length { return length(100 * min(max(float64(n)/float64(s.All), 0), 1)) }
		p.Meter = []meter{{Delivered: percent(s.Delivered - s.Counted), Counted: percent(s.Delivered)}}
	}
	if len(d.Vendors) > 0 {
		p.Summary = []grid{numberTable("By vendor", "vendor", d.Vendors)}
	}
	if len(d.Entities) > 1 {
		g := numberTable("By entity", "entity", append(slices.Clip(d.Entities), Row{"all", d.All}))
		last := len(g.Rows) - 1
		g.Number, g.Rows, g.Sum = 1, g.Rows[:last], g.Rows[last]
		p.ByEntity = []grid{g}
	}
	for i, t := range d.Tables {
		p.Others = append(p.Others, t.grid(2+i))
	}
	// It is parsed for each page: that takes about a millisecond, and a page is
	// written when a run ends.
	t, err := template.New("page").Funcs(template.FuncMap{"count": Count, "class": Number.class}).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("recovery: write HTML: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return fmt.Errorf("recovery: write HTML: %w", err)
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// grid is a table of a page. On a narrow screen each row becomes a card, where
// the cells stand below each other behind their labels.
type grid struct {
	Number  int // of the table in its page, for ids
	Title   string
	Note    string // below it
	Columns []cell
	Rows    [][]cell
	Sum     []cell // the last row, if there is one
}

// cell is a cell with the name of its column, which a card shows.
type cell struct{ Label, Class, Text string }

// numberTable is a table with a name and its numbers in each row.
func numberTable(title, first string, rows []Row) grid {
	g := grid{Title: title, Columns: []cell{{Text: first}}}
	for i, row := range rows {
		cells := []cell{{Class: "title", Text: row.Name}}
		for _, n := range row.Numbers {
			if i == 0 {
				g.Columns = append(g.Columns, cell{Class: "number", Text: n.Name})
			}
			if n.Count == NotTold {
				g.Note = "?: the vendor does not tell."
			}
			cells = append(cells, cell{n.Name, strings.TrimSpace("number " + n.class()), Count(n.Count)})
		}
		g.Rows = append(g.Rows, cells)
	}
	return g
}

// grid is the table of a caller.
func (t Table) grid(number int) grid {
	g := grid{Number: number, Title: Line(t.Title), Note: Line(t.Note)}
	for _, name := range t.Header {
		g.Columns = append(g.Columns, cell{Text: Line(name)})
	}
	for _, row := range t.Rows {
		var cells []cell
		for i, value := range row {
			c := cell{Text: Line(value)}
			switch {
			case i == 0:
				c.Class = "title"
			case i < len(g.Columns):
				c.Label = g.Columns[i].Text
			}
			cells = append(cells, c)
		}
		g.Rows = append(g.Rows, cells)
	}
	return g
}
