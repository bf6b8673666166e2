package console

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// serveAction carries out what a form or a command line asks for.
func (c *Console) serveAction(x *exchange) {
	name := x.r.PathValue("action")
	action, ok := x.panel.action(name)
	if !ok {
		x.fail(http.StatusNotFound, "there is no such action: "+strings.Join(x.actionNames(), ", "))
		return
	}
	sent, status, err := x.form()
	if err != nil {
		x.fail(status, err.Error())
		return
	}
	values, err := readValues(action.Fields, sent)
	if err != nil {
		x.fail(http.StatusBadRequest, err.Error())
		return
	}
	done, err := action.Do(values)
	if err != nil {
		x.fail(http.StatusBadRequest, err.Error())
		return
	}
	x.done(done)
}

func (x *exchange) actionNames() []string {
	names := make([]string, len(x.panel.Actions))
	for i, a := range x.panel.Actions {
		names[i] = a.Name
	}
	return names
}

// form reads the fields of a body.
func (x *exchange) form() (fields url.Values, status int, err error) {
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, x.console.maxBytes)
	kind, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if x.r.Header.Get("Content-Type") == "" {
		kind, err = "application/x-www-form-urlencoded", nil
	}
	switch {
	case err != nil:
		return nil, http.StatusUnsupportedMediaType, errors.New("malformed Content-Type")
	case kind == "application/x-www-form-urlencoded":
		err = x.r.ParseForm()
	case kind == "multipart/form-data":
		err = x.r.ParseMultipartForm(x.console.maxBytes)
	default:
		return nil, http.StatusUnsupportedMediaType, errors.New("want a form, as curl -d name=value sends it")
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge, errors.New("the form is too large")
	case err != nil:
		return nil, http.StatusBadRequest, errors.New("the form is malformed")
	}
	return x.r.PostForm, 0, nil
}

// done says what was done: to a browser on the page that it came from, so that
// loading it again does nothing again.
func (x *exchange) done(what string) {
	switch {
	case x.wantsJSON():
		x.json(http.StatusOK, map[string]string{"done": what})
	case x.fromBrowser():
		back := x.cameFrom()
		query := back.Query()
		query.Set("done", x.console.notices.add(what))
		back.RawQuery = query.Encode()
		http.Redirect(x.w, x.r, back.String(), http.StatusSeeOther)
	default:
		x.text(http.StatusOK, what)
	}
}

// cameFrom is the page of the console that a form was on. Only path and query
// count: the redirect cannot lead anywhere else.
func (x *exchange) cameFrom() *url.URL {
	from, err := url.Parse(x.r.Referer())
	if err != nil || !strings.HasPrefix(from.Path, Path) || strings.Contains(from.Path, "..") {
		return &url.URL{Path: Path}
	}
	if _, isAction := x.panel.action(strings.TrimPrefix(from.Path, Path)); isAction {
		return &url.URL{Path: Path} // the page that said what was wrong
	}
	return &url.URL{Path: from.Path, RawQuery: from.RawQuery}
}

// example is the command line of an action.
func (x *exchange) example(a *Action) string {
	words := []string{"curl"}
	if x.panel.Simulator.Certificate() != nil {
		words = append(words, "-k")
	}
	sent := a.Example
	for _, f := range a.Fields {
		if a.Example == nil && f.Value != "" {
			sent = append(sent, Pair{f.Name, f.Value})
		}
	}
	for _, pair := range sent {
		words = append(words, "-d", shellWord(pair.Name+"="+pair.Value))
	}
	if len(sent) == 0 {
		words = append(words, "-X", http.MethodPost)
	}
	return strings.Join(append(words, shellWord(x.panel.URL+Path+a.Name)), " ")
}

// shellWord quotes a word where a shell would take it apart.
func shellWord(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=:/.,+@%"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
