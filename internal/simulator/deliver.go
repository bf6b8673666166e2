package simulator

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

// Delivery is one POST of a webhook to a receiver, and what became of it. The
// vendors' packages say what each field holds.
type Delivery struct {
	Time             time.Time
	URL              string
	WebhookID, Event string
	Attempt          int
	Status           int
	Err              string
	Body, Response   []byte
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
	if err := c.post(&d, header); err != nil {
		d.Err = err.Error()
	}
	c.deliveries.push(d)
	return d
}

func (c *Core) post(d *Delivery, header http.Header) error {
	if c.bubble && c.cfg.Receiver == nil {
		return errNoReceiver
	}
	r, err := http.NewRequestWithContext(c.life, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	for name, values := range header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	response, err := c.sender.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it has been read as far as it is wanted
	// A status counts even if the rest of the answer is lost.
	d.Status = response.StatusCode
	d.Response, _ = io.ReadAll(io.LimitReader(response.Body, maxResponse))
	return nil
}

// newSender makes the client of deliveries, with a transport of its own, so that
// closing it closes nobody else's connections.
func (c *Core) newSender() *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
	if c.cfg.Receiver != nil {
		c.receiver = newServer(readFirst(c.cfg.Receiver))
		c.receiver.ErrorLog = nil // net/http's own: if it panics, its test should read so
		transport = newInside(c.receiver)
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       deliveryTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
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
