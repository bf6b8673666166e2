package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// routes are the panel's: a page a vendor, what is on it as JSON, and what a person can do.
func (b *box) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler("/celcoin", http.StatusSeeOther))
	mux.Handle("GET /style.css", http.FileServerFS(files))
	if certificate := b.Pix.Certificate(); certificate != nil {
		mux.HandleFunc("GET /certificate.pem", func(w http.ResponseWriter, _ *http.Request) {
			_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
		})
	}
	for name, side := range b.vendors {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) { b.showPage(w, b.look(name, side, r)) })
		mux.HandleFunc("GET /"+name+"/state.json", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, b.look(name, side, r)) })
		mux.HandleFunc("POST /"+name+"/{action}", func(w http.ResponseWriter, r *http.Request) { b.act(w, r, name) })
	}
	return mux
}

// view is what the panel shows of a vendor.
type view struct {
	Vendor, URL, DeliverTo string
	Receives               int64    // what the built-in receiver answers
	Faults                 []string // that are armed, or were
	Counts                 []count
	Kind, Status           string // of the webhooks that are listed
	Webhooks               any    // of the vendor's own type, newest first
	Total                  int    // of which Webhooks are the newest
	Requests               []request
	Deliveries             []delivery

	Kinds, Statuses        []string `json:"-"`
	Show                   int      `json:"-"`
	Notice, Printed, Panel string   `json:"-"`
}

// count is of one of Celcoin's entities, or of Ceffu's event types.
type count struct {
	Kind, About   string
	Missed, Other int
}

// request and delivery show as text what the records hold as bytes.
type request struct {
	celcointest.Record
	Body string
}
type delivery struct {
	celcointest.Delivery
	Body, Response string
}

// look gathers what the panel shows of a vendor.
func (b *box) look(name string, side vendor, r *http.Request) *view {
	kinds := side.kinds()
	show, err := strconv.Atoi(r.FormValue("show"))
	if err != nil || show < 1 || show > maxRecords {
		show = 50
	}
	v := &view{
		Vendor: name, DeliverTo: b.DeliverTo, Receives: b.receives.Load(), Kinds: kinds, Show: show, Panel: b.Panel,
		Kind: r.FormValue("kind"), Status: r.FormValue("status"),
		Faults: []string{}, Counts: []count{}, Requests: []request{}, Deliveries: []delivery{}, // not null in JSON
	}
	if !slices.Contains(kinds, v.Kind) {
		v.Kind = kinds[0] // the page has lines to paste with it in them
	}
	b.mu.Lock()
	v.Faults = append(v.Faults, b.faults[name]...)
	b.mu.Unlock()
	side.fill(v)
	return v
}

func (b *box) showPage(w http.ResponseWriter, v *view) {
	b.mu.Lock()
	v.Notice, b.notice = b.notice, ""
	b.mu.Unlock()
	var out bytes.Buffer
	var err error
	if v.Printed, err = b.describe(); err == nil {
		err = b.page.Execute(&out, v)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	_, _ = out.WriteTo(w)
}

func answer(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what) //nolint:errchkjson // nothing in it can fail but the connection
}

// order is what a form or an object of JSON asks for.
type order struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Count  int    `json:"count"`
	Fault  string `json:"fault"`
	Status int    `json:"status"`
}

// act does what a person wants. A browser is answered with the page again, others with JSON.
func (b *box) act(w http.ResponseWriter, r *http.Request, name string) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	var o order
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		err = json.NewDecoder(r.Body).Decode(&o)
	} else {
		o.Kind, o.ID, o.Fault = r.PostFormValue("kind"), r.PostFormValue("id"), r.PostFormValue("fault")
		o.Count, _ = strconv.Atoi(r.PostFormValue("count")) // otherwise 0, which do refuses
		o.Status, _ = strconv.Atoi(r.PostFormValue("status"))
	}
	var done string
	if err == nil {
		done, err = b.do(name, r.PathValue("action"), o)
	}
	switch {
	case strings.Contains(r.Header.Get("Accept"), "text/html"):
		b.mu.Lock()
		if b.notice = done; err != nil {
			b.notice = err.Error()
		}
		b.mu.Unlock()
		http.Redirect(w, r, "/"+name+"?kind="+url.QueryEscape(o.Kind), http.StatusSeeOther)
	case err != nil:
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	default:
		answer(w, http.StatusOK, map[string]string{"done": done})
	}
}

// do carries out an order, and says what came of it.
func (b *box) do(name, action string, o order) (string, error) {
	side := b.vendors[name]
	switch action {
	case "add":
		if o.Count < 1 || o.Count > maxMissed {
			return "", fmt.Errorf("count: want a number from 1 to %d", maxMissed)
		}
		now := time.Now()
		return fmt.Sprintf("added %d missed webhooks of %s", o.Count, o.Kind), side.add(o.Kind, o.Count, now.Add(-b.Outage), now)
	case "replay":
		n, err := side.replay(o.Kind, o.ID)
		return fmt.Sprintf("accepted %d webhooks of %s for delivery", n, o.Kind), err
	case "fail":
		return "armed " + o.Fault, b.fail(name, o.Fault)
	case "clear":
		b.mu.Lock()
		defer b.mu.Unlock()
		side.ClearFaults()
		delete(b.faults, name)
		return "no fault is armed", nil
	case "receiver":
		if o.Status < 200 || o.Status > 599 {
			return "", errors.New("status: want a number from 200 to 599")
		}
		b.receives.Store(int64(o.Status))
		return fmt.Sprintf("the receiver answers %d", o.Status), nil
	}
	return "", fmt.Errorf("there is no %q: want add, replay, fail, clear or receiver", action)
}

// fail arms a fault, written as for -fault but without the vendor.
func (b *box) fail(name, text string) error {
	fault, err := parseFault(name, text)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.vendors[name].inject(fault); err != nil {
		return err
	}
	b.faults[name] = append(b.faults[name], text)
	return nil
}

// record shows the newest n of both, newest first. The types of the two vendors have the same fields.
func record[R celcointest.Record | ceffutest.Record, D celcointest.Delivery | ceffutest.Delivery](v *view, all []R, sent []D) {
	for _, one := range slices.Backward(all[max(0, len(all)-v.Show):]) {
		r := celcointest.Record(one)
		v.Requests = append(v.Requests, request{r, string(r.Body)})
	}
	for _, one := range slices.Backward(sent[max(0, len(sent)-v.Show):]) {
		d := celcointest.Delivery(one)
		v.Deliveries = append(v.Deliveries, delivery{d, string(d.Body), string(d.Response)})
	}
}
