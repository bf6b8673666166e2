package simulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// Delivery is one POST of a webhook to a receiver, and what became of it.
type Delivery struct {
	Time      time.Time // on the simulator's clock
	URL       string
	WebhookID string
	Event     string // the event type or the entity
	Attempt   int    // as the vendor counts: 1 for the first delivery of a webhook
	Status    int    // the receiver's answer; 0: none
	Err       string // why there was none
	Body      []byte // what was sent
	Response  []byte // what was answered, at most 64 KiB
}

const (
	// deliveryTimeout is how long a receiver may take: a guess, but for the test
	// message of which one vendor documents as much.
	deliveryTimeout = 10 * time.Second
	// maxResponse is how much of a receiver's answer is kept.
	maxResponse = 64 << 10
)

// errNoReceiver is the error of every delivery inside a bubble that has no Config.Receiver.
var errNoReceiver = errors.New("simulator: inside a testing/synctest bubble deliveries need a receiver, as sockets would stop the clock")

// Deliver POSTs a webhook with these headers and Content-Type: application/json,
// waits for the answer, and records and returns both. It follows no redirect and
// does not try again. It ends early when the simulator closes. A zero Time is now.
func (c *Core) Deliver(d Delivery, header http.Header) Delivery {
	if d.Time.IsZero() {
		d.Time = c.now()
	}
	var err error
	d.Status, d.Response, err = c.deliverer.post(c.life, d, header)
	if err != nil {
		d.Err = err.Error()
	}
	c.deliverer.mu.Lock()
	defer c.deliverer.mu.Unlock()
	c.deliverer.kept.push(d)
	return d
}

// deliverer is the vendor's outgoing side.
type deliverer struct {
	client *http.Client // nil: deliveries have nowhere to go
	server *http.Server // of Config.Receiver; nil without one
	mu     sync.Mutex
	kept   newest[Delivery]
}

func newDeliverer(receiver http.Handler, bubble bool, limit int) *deliverer {
	d := &deliverer{kept: newest[Delivery]{limit: limit}}
	// A transport of its own, so that closing it closes nobody else's connections.
	transport := &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
	if receiver != nil {
		// Its log is net/http's own: if it panics, its test should read so.
		d.server = &http.Server{Handler: readFirst(receiver)}
		transport = newInside(d.server)
	} else if bubble {
		return d
	}
	d.client = &http.Client{
		Transport:     transport,
		Timeout:       deliveryTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return d
}

func (d *deliverer) post(ctx context.Context, p Delivery, header http.Header) (status int, answer []byte, err error) {
	if d.client == nil {
		return 0, nil, errNoReceiver
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, bytes.NewReader(p.Body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	for name, values := range header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	response, err := d.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close() //nolint:errcheck // it has been read as far as it is wanted
	// A status counts even if the rest of the answer is lost.
	answer, _ = io.ReadAll(io.LimitReader(response.Body, maxResponse))
	return response.StatusCode, answer, nil
}

func (d *deliverer) all() []Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept.all()
}

func (d *deliverer) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept.clear()
}

func (d *deliverer) close() {
	if d.client != nil {
		d.client.CloseIdleConnections()
	}
	if d.server != nil {
		_ = d.server.Close()
	}
}

// readFirst reads a request's body before its handler, as only then net/http
// notices that the sender has left, and ends the request's context.
func readFirst(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rewind(r, body)
		handler.ServeHTTP(w, r)
	})
}
