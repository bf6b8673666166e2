package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

//go:embed pages
var files embed.FS

// pages are the templates, each with the frame around it.
type pages struct {
	style  string
	byName map[string]*template.Template
}

func parsePages() (*pages, error) {
	style, err := files.ReadFile("pages/style.css")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	p := &pages{style: string(style), byName: make(map[string]*template.Template)}
	for _, name := range []string{"state", "listing", "requests", "request", "deliveries", "message"} {
		t, err := template.ParseFS(files, "pages/frame.html", "pages/parts.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("console: %w", err)
		}
		p.byName[name] = t
	}
	return p, nil
}

func (p *pages) render(name string, view frame) ([]byte, error) {
	view.Style = template.CSS(p.style) //nolint:gosec // it is a file of this package
	var body bytes.Buffer
	if err := p.byName[name].ExecuteTemplate(&body, "frame.html", view); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// frame is what is around every page.
type frame struct {
	Style    template.CSS
	Title    string
	Vendor   string
	URL      string
	Now      string
	Offset   string
	Here     string
	JSON     string
	Notice   string
	Listings []Listing
	View     any
}

func (x *exchange) frame(title string, view any) frame {
	f := frame{
		Title:    title,
		Vendor:   x.panel.Title,
		URL:      x.panel.URL,
		Now:      show(x.now()) + " UTC",
		Here:     strings.TrimPrefix(x.r.URL.Path, Path),
		Notice:   x.console.notices.get(x.r.URL.Query().Get("done")),
		Listings: x.panel.Listings,
		View:     view,
	}
	f.JSON = x.jsonLink()
	if clock := x.panel.Clock; clock != nil && clock.Offset() != 0 {
		f.Offset = clock.Offset().String()
	}
	return f
}

// jsonLink leads to what the page shows, as JSON; empty if there is none.
func (x *exchange) jsonLink() string {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return ""
	}
	query := x.r.URL.Query()
	query.Del("done")
	link := strings.TrimSuffix(x.r.URL.Path, "/") + ".json"
	if x.r.URL.Path == Path {
		link = Path + "state.json"
	}
	if len(query) > 0 {
		link += "?" + query.Encode()
	}
	return link
}
