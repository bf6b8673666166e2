package render

import (
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
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
	Class, Sign string // of the state
	Axis        span   // of the charts
	Charts      []chart
	Without     string // the entities without a chart
}

// HTML writes a document as one page that needs nothing else: no script, font or
// image, and its policy forbids any. It fits a phone, a wide screen and A4 paper,
// light and dark. On a narrow screen each row of a table becomes a card, where the
// cells stand below each other behind their labels.
func HTML(w io.Writer, d *Document) error {
	sum := sha256.Sum256([]byte(pageStyle))
	axis, charts, without := d.charts()
	p := page{
		Document: d, Style: template.CSS(pageStyle), //nolint:gosec // a constant of this package
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Class:  d.State, Sign: signs[d.State], Axis: axis, Charts: charts, Without: strings.Join(without, ", "),
	}
	if p.Sign == "" {
		p.Class, p.Sign = "", "?"
	}
	// It is parsed for each page: that takes about a millisecond, and a page is
	// written when a run ends.
	t, err := template.New("page").Funcs(template.FuncMap{
		"count": Count, "class": Number.class, "line": Line, "label": Table.label, "time": d.Clock.Time,
	}).Parse(pageTemplate)
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

// label is the name of a column. A caller's row may have more cells than its
// header.
func (t Table) label(column int) string {
	if column < len(t.Header) {
		return Line(t.Header[column])
	}
	return ""
}
