package main

import (
	"embed"
	"errors"
	"fmt"
	html "html/template"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	text "text/template"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// maxRecords is how many requests and deliveries a server remembers: it may run for days.
const maxRecords = 10_000

//go:embed page.html style.css printed.txt
var files embed.FS

// vendor is one of the two servers.
type vendor interface {
	kinds() []string // Celcoin's entities with their product, Ceffu's event types
	fill(v *view)
	add(kind string, count int, from, to time.Time) error
	replay(kind, id string) (accepted int, err error)
	inject(fault celcointest.Fault) error
	ClearFaults()
	Close()
}

// box is everything that runs.
type box struct {
	*settings
	From, To time.Time    // when webhooks were missed
	receives atomic.Int64 // what the built-in receiver answers
	Pix      *pix
	Custody  *custody
	vendors  map[string]vendor
	Panel    string // its URL
	panel    *http.Server
	page     *html.Template

	mu     sync.Mutex
	faults map[string][]string // of each vendor, that are armed or were
	notice string              // what came of the last form, until it is shown
}

// open starts everything.
func (b *box) open() error {
	b.receives.Store(http.StatusOK)
	if err := b.openCelcoin(); err != nil {
		return fmt.Errorf("-celcoin %s: %w", b.celcoinAddr, err)
	}
	if err := b.openCeffu(); err != nil {
		return fmt.Errorf("-ceffu %s: %w", b.ceffuAddr, err)
	}
	for _, text := range b.settings.faults {
		vendor, fault, _ := strings.Cut(text, ":")
		if err := b.fail(vendor, fault); err != nil {
			return fmt.Errorf("-fault %s: %w", text, err)
		}
	}
	if err := b.openPanel(); err != nil {
		return fmt.Errorf("-panel %s: %w", b.panelAddr, err)
	}
	return nil
}

func (b *box) openPanel() error {
	addr, err := net.ResolveTCPAddr("tcp", b.panelAddr)
	if err != nil {
		return err
	}
	if !addr.IP.IsLoopback() {
		return errors.New("not a loopback address")
	}
	if b.page, err = html.ParseFS(files, "page.html"); err != nil {
		return err
	}
	listener, err := net.ListenTCP("tcp", addr)
	if err != nil {
		return err
	}
	b.Panel = "http://" + listener.Addr().String()
	b.panel = &http.Server{Handler: guard(b.routes()), ReadHeaderTimeout: time.Minute}
	go func() { _ = b.panel.Serve(listener) }() // until it is closed
	return nil
}

// close ends everything that was started.
func (b *box) close() {
	if b.panel != nil {
		_ = b.panel.Close()
	}
	for _, server := range b.vendors {
		server.Close()
	}
}

// ServeHTTP is the built-in receiver.
func (b *box) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(int(b.receives.Load()))
}

// describe is what the program prints: settings, and calls as command lines.
func (b *box) describe() (string, error) {
	var out strings.Builder
	printed, err := text.ParseFS(files, "printed.txt")
	if err == nil {
		err = printed.Execute(&out, b)
	}
	return out.String(), err
}

// Window is that of the outage, with dates of Brasília as in Celcoin's documentation.
func (b *box) Window() string {
	zone := time.FixedZone("", -3*60*60)
	return url.Values{"DateFrom": {b.From.In(zone).Format(time.RFC3339)}, "DateTo": {b.To.In(zone).Format(time.RFC3339)}}.Encode()
}

// guard refuses what a browser asks for a page of another site, and nothing that
// a program asks for. A name of somebody else's may be made to lead here (DNS
// rebinding), so only names of this machine are answered.
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
