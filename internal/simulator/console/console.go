package console

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// Console is an http.Handler for the paths under [Path]. Until it is attached
// to a panel it answers that the simulator is starting.
type Console struct {
	panel    atomic.Pointer[Panel]
	pages    *pages
	notices  notices
	handler  http.Handler
	maxBytes int64 // of a form
}

// New makes a console that shows nothing yet: a simulator wants it before it
// starts, and a panel is about one that has started.
func New() (*Console, error) {
	p, err := parsePages()
	if err != nil {
		return nil, err
	}
	c := &Console{pages: p, maxBytes: 1 << 20}
	c.handler = c.guard(c.routes())
	return c, nil
}

// Attach has the console show a simulator.
func (c *Console) Attach(p Panel) error {
	p.Actions = append(p.Actions, ownActions(&p)...)
	if err := p.check(); err != nil {
		return err
	}
	c.panel.Store(&p)
	return nil
}

// ServeHTTP answers a request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

func (c *Console) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(*exchange){
		"GET " + Path + "{$}":             c.serveState,
		"GET " + Path + "state.json":      c.serveState,
		"GET " + Path + "requests":        c.serveRequests,
		"GET " + Path + "requests.json":   c.serveRequests,
		"GET " + Path + "requests/{id}":   c.serveRequest,
		"GET " + Path + "deliveries":      c.serveDeliveries,
		"GET " + Path + "deliveries.json": c.serveDeliveries,
		"GET " + Path + "certificate.pem": c.serveCertificate,
		"GET " + Path + "{listing}":       c.serveListing,
		"POST " + Path + "{action}":       c.serveAction,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, serve) })
	}
	mux.Handle("GET "+strings.TrimSuffix(Path, "/"), http.RedirectHandler(Path, http.StatusTemporaryRedirect))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.serve(w, r, func(x *exchange) { x.fail(http.StatusNotFound, "there is no such page") })
	})
	return mux
}

func (c *Console) serve(w http.ResponseWriter, r *http.Request, serve func(*exchange)) {
	panel := c.panel.Load()
	if panel == nil {
		http.Error(w, "the simulator is starting", http.StatusServiceUnavailable)
		return
	}
	serve(&exchange{console: c, panel: panel, w: w, r: r})
}
