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

// HTML writes a report as one page that needs nothing else: no script, font or
// image, and its policy forbids any, so that it may be mailed or kept as it is. It
// fits a phone, a wide screen and A4 paper, light and dark. All named failures are
// in it, each text cut at 200 bytes. A nil report leaves the caller's steps,
// vendors and tables: a run without Celcoin.
func HTML(w io.Writer, r *Report, o Options) error {
	p := page{Kind: "Webhook recovery", Headline: "Webhook recovery", Steps: o.steps()}
	if r != nil {
		p = r.page(o)
	} else if len(o.Vendors) > 0 {
		p.Summary = []grid{vendorTable(o.Vendors)}
	}
	p.Tables = append(p.Tables, o.tables()...)
	return p.write(w)
}

// page is what the template shows. Its texts are one line each; the template
// escapes them.
type page struct {
	Policy             string
	Style              template.CSS
	Kind, ID           string
	Headline           string
	Meter              *meter // nil: of nothing
	State, Class, Sign string
	Meaning, Reason    string
	Facts              []fact
	Steps              []string
	Summary            []grid // by vendor: one table or none
	Totals             []number
	Charts             []chart
	Without            string // the entities without a chart
	Tables             []grid
	Work               fold
}

// meter is the share that is delivered, and of that the counted, in percent.
type meter struct{ Counted, Delivered length }

// fold is a list of facts with its heading.
type fold struct {
	Title string
	Facts []fact
}

// page fills in the page of a report.
func (r *Report) page(o Options) page {
	c := newClock(o.Zone, r.FalseZ, r.From, r.Started)
	charts, without := r.charts(c)
	class, sign := badge(r.State)
	p := page{
		Kind: "Celcoin webhook recovery", ID: line(r.ID), Headline: r.headline(),
		State: r.state(), Class: class, Sign: sign, Meaning: r.meaning(), Reason: line(r.Reason),
		Facts: r.head(c), Steps: r.steps(o), Totals: r.Totals.numbers(),
		Charts: charts, Without: strings.Join(without, ", "), Work: fold{"Work", r.work(c)},
	}
	if t := r.Totals; t.Planned > 0 {
		share := func(n int) length { return length(100 * min(max(float64(n)/float64(t.Planned), 0), 1)) }
		p.Meter = &meter{Delivered: share(t.arrived() - t.Counted), Counted: share(t.arrived())}
	}
	if len(o.Vendors) > 0 {
		p.Summary = []grid{vendorTable(append([]Vendor{r.vendor()}, o.Vendors...))}
	}
	if len(r.Entities) > 1 {
		p.Tables = append(p.Tables, entityTable(r))
	}
	if len(r.SetAside) > 0 {
		p.Tables = append(p.Tables, setAsideTable(c, r.SetAside))
	}
	if r.failureCount() > 0 {
		p.Tables = append(p.Tables, r.failureTable(c))
	}
	return p
}

// write fills the page into its template. That is parsed for each page: it takes
// about a millisecond, and a page is written when a run ends.
func (p *page) write(w io.Writer) error {
	p.Policy, p.Style = policy(), template.CSS(pageStyle) //nolint:gosec // a constant of this package
	for i := range p.Tables {
		p.Tables[i].Number = i + 1
	}
	t, err := template.New("page").Option("missingkey=error").Parse(pageTemplate)
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

// policy allows the style of the page, by its hash, and nothing else: a text that
// got past the escaping could neither load nor run anything.
func policy() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'"
}

// badge is the class and the sign of a state, which say it beside its colour
// and its word.
func badge(state string) (class, sign string) {
	switch state {
	case StateDrained:
		return "drained", "✓"
	case StatePartial:
		return "partial", "!"
	case StateRefused:
		return "refused", "✕"
	case StateCancelled:
		return "cancelled", "‖"
	case StateRunning, StatePlanned:
		return "other", "…"
	default:
		return "other", "?"
	}
}
