package main

import (
	"cmp"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// guard refuses what a browser sends for a page of another site, and nothing that
// a program sends. A foreign name may be made to lead here (DNS rebinding), so only
// names of this machine are answered.
func guard(next http.Handler) http.Handler {
	own := http.NewCrossOriginProtection().Handler(next) // for browsers that send Sec-Fetch-Site without Origin
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		host, err := url.Parse("http://" + r.Host)
		switch {
		case err != nil || host.Hostname() != "localhost" && !net.ParseIP(host.Hostname()).IsLoopback():
			http.Error(w, "the sandbox answers to localhost and loopback addresses only", http.StatusMisdirectedRequest)
		case origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host:
			http.Error(w, "the sandbox takes no requests of other sites", http.StatusForbidden)
		default:
			own.ServeHTTP(w, r)
		}
	})
}

// routes are the panel's: a page a vendor, what is on it as JSON, and what a person can do.
func (b *sandbox) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler("/celcoin", http.StatusSeeOther))
	mux.Handle("GET /style.css", http.FileServerFS(files))
	if certificate := b.Celcoin.Certificate(); certificate != nil {
		mux.HandleFunc("GET /certificate.pem", func(w http.ResponseWriter, _ *http.Request) {
			_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
		})
	}
	for _, vendor := range []string{"celcoin", "ceffu"} {
		mux.HandleFunc("GET /"+vendor, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy",
				"default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
			_ = page.Execute(w, b.look(vendor, r)) // fails if the browser leaves
		})
		mux.HandleFunc("GET /"+vendor+"/state.json", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, b.look(vendor, r)) })
		mux.HandleFunc("POST /"+vendor+"/{action}", func(w http.ResponseWriter, r *http.Request) { b.act(w, r, vendor) })
	}
	return mux
}

// view is what the panel shows of a vendor, the newest first.
type view struct {
	Vendor, URL, Kind string         // Kind is that of the webhooks that are listed
	Counts            map[string]int // of all webhooks, by kind and status
	Webhooks          []any          // of the vendor's own type
	Requests          []request
	Deliveries        []delivery
	*sandbox          `json:"-"`
	Faults            []celcointest.ArmedFault `json:"-"`
	Notice            string                   `json:"-"`
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
func (b *sandbox) look(vendor string, r *http.Request) *view {
	v := &view{
		sandbox: b, Vendor: vendor, URL: b.Celcoin.URL, Kind: r.FormValue("kind"), Notice: r.FormValue("notice"), Faults: b.Celcoin.Faults(),
		Counts: map[string]int{}, Webhooks: []any{}, Requests: []request{}, Deliveries: []delivery{}, // not null in JSON
	}
	requests, deliveries := b.Celcoin.Requests(), b.Celcoin.Deliveries()
	if vendor == "celcoin" {
		v.Kind = cmp.Or(v.Kind, "PIX/pix-payment-in")
		for _, w := range b.Celcoin.Webhooks() {
			v.add(string(w.Product)+"/"+string(w.Entity), string(w.Status), w)
		}
	} else {
		v.URL, v.Kind, v.Faults = b.Ceffu.URL, cmp.Or(v.Kind, "1"), b.Ceffu.Faults()
		requests, deliveries = b.Ceffu.Requests(), b.Ceffu.Deliveries()
		for _, n := range b.Ceffu.Notifications() {
			v.add(string(n.EventType), string(n.Status), n)
		}
	}
	slices.Reverse(v.Webhooks)
	v.Webhooks = v.Webhooks[:min(shown, len(v.Webhooks))]
	for _, r := range slices.Backward(requests[max(0, len(requests)-shown):]) {
		v.Requests = append(v.Requests, request{r, string(r.Body)})
	}
	for _, d := range slices.Backward(deliveries[max(0, len(deliveries)-shown):]) {
		v.Deliveries = append(v.Deliveries, delivery{d, string(d.Body), string(d.Response)})
	}
	return v
}

// add counts a webhook, and lists it if it is of the kind.
func (v *view) add(kind, status string, webhook any) {
	v.Counts[kind+" "+status]++
	if kind == v.Kind {
		v.Webhooks = append(v.Webhooks, webhook)
	}
}

func answer(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what) //nolint:errchkjson // nothing in it can fail but the connection
}

// act does what a form asks for. A browser is answered with the page again, others with JSON.
func (b *sandbox) act(w http.ResponseWriter, r *http.Request, vendor string) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	err := r.ParseForm()
	status, result, notice := http.StatusOK, "done", r.PathValue("action")
	if err == nil {
		err = b.do(r, vendor, r.Form.Get("kind"))
	}
	if err != nil {
		status, result, notice = http.StatusBadRequest, "error", err.Error()
	}
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		query := url.Values{"kind": r.Form["kind"], "notice": {result + ": " + notice}}
		http.Redirect(w, r, "/"+vendor+"?"+query.Encode(), http.StatusSeeOther)
		return
	}
	answer(w, status, map[string]string{result: notice})
}

func (b *sandbox) do(r *http.Request, vendor, kind string) error {
	count, _ := strconv.Atoi(r.Form.Get("count")) // otherwise 0, which is refused
	status, _ := strconv.Atoi(r.Form.Get("status"))
	product, entity, _ := strings.Cut(kind, "/")
	switch action := r.PathValue("action"); {
	case action == "add" && count > 0 && count <= maxMissed:
		return b.add(vendor, kind, count, time.Now())
	case action == "replay" && vendor == "celcoin":
		b.Celcoin.Redeliver(celcoin.Product(product), celcoin.Entity(entity), strings.TrimSpace(r.Form.Get("id")))
	case action == "replay": // as a person does who has ended a suspension
		client, err := b.Ceffu.Client(ceffu.WithHTTPClient(&http.Client{Transport: b.Ceffu.Transport()}))
		if err = cmp.Or(err, b.Ceffu.Enable(b.CeffuWebhookID)); err != nil {
			return err
		}
		request := ceffu.ResendRequest{WebhookID: b.CeffuWebhookID, EventType: ceffu.EventType(kind), From: b.From}
		_, err = client.ResendWebhooks(r.Context(), request, ceffu.WithMaxRetries(0))
		return err
	case action == "fail":
		return b.fail(vendor, r.Form.Get("fault"))
	case action == "clear" && vendor == "celcoin":
		b.Celcoin.ClearFaults()
	case action == "clear":
		b.Ceffu.ClearFaults()
	case action == "receiver" && status >= 200 && status <= 599:
		b.Receives.Store(int64(status))
	default:
		return errors.New("want add with a count, replay, fail with a fault, clear, or receiver with a status")
	}
	return nil
}

// add adds webhooks that were missed before a time.
func (b *sandbox) add(vendor, kind string, count int, to time.Time) error {
	if vendor == "ceffu" {
		batch := ceffutest.Batch{WebhookID: b.CeffuWebhookID, EventType: ceffu.EventType(kind), Count: count, From: to.Add(-b.outage), To: to}
		return b.Ceffu.AddFailed(batch)
	}
	product, entity, _ := strings.Cut(kind, "/")
	batch := celcointest.Batch{Product: celcoin.Product(product), Entity: celcoin.Entity(entity), Count: count, From: to.Add(-b.outage), To: to}
	return b.Celcoin.Generate(batch)
}
