package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// exchange is one request and its answer.
type exchange struct {
	console *Console
	panel   *Panel
	w       http.ResponseWriter
	r       *http.Request
}

// wantsJSON says that the answer goes to a program: by the path, or by Accept.
func (x *exchange) wantsJSON() bool {
	if strings.HasSuffix(x.r.URL.Path, ".json") {
		return true
	}
	accept := x.r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// fromBrowser says that a person reads the answer on a page.
func (x *exchange) fromBrowser() bool {
	return strings.Contains(x.r.Header.Get("Accept"), "text/html")
}

// json answers with a value.
func (x *exchange) json(status int, value any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		http.Error(x.w, "this has no form in JSON: "+err.Error(), http.StatusInternalServerError)
		return
	}
	x.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	x.w.WriteHeader(status)
	_, _ = body.WriteTo(x.w)
}

// text answers with a line, for curl.
func (x *exchange) text(status int, line string) {
	x.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	x.w.WriteHeader(status)
	_, _ = strings.NewReader(line + "\n").WriteTo(x.w)
}

// fail answers what went wrong, in the form that was asked for.
func (x *exchange) fail(status int, message string) {
	switch {
	case x.wantsJSON():
		x.json(status, map[string]string{"error": message})
	case x.fromBrowser():
		x.page(status, "message", "That did not work", messageView{Text: message})
	default:
		x.text(status, message)
	}
}

// page answers with a page. It is made before the first byte leaves, so that
// half a page never looks like a whole one.
func (x *exchange) page(status int, name, title string, view any) {
	body, err := x.console.pages.render(name, x.frame(title, view))
	if err != nil {
		http.Error(x.w, "this page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	x.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	x.w.WriteHeader(status)
	_, _ = bytes.NewReader(body).WriteTo(x.w)
}

type messageView struct{ Text string }
