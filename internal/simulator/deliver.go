package simulator

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

// Delivery is one POST of a webhook to a receiver, and what became of it. The
// receiver has ten seconds to answer; a redirect is an answer.
type Delivery struct {
	Time      time.Time // on the simulator's clock
	URL       string
	WebhookID string
	Event     string // as the vendor names it
	Attempt   int    // 1 for the first delivery of a webhook
	Status    int    // the receiver's answer; 0: none
	Err       string // why there was none
	Body      []byte // what was sent
	Response  []byte // what was answered, at most 64 KiB
}

// Deliver POSTs a webhook as JSON with these headers, waits for the answer or the end
// of the simulator, and records and returns both. A zero Time is now.
func (c *Core) Deliver(d Delivery, header http.Header) Delivery {
	if d.Time.IsZero() {
		d.Time = c.now()
	}
	if err := c.post(&d, header); err != nil {
		d.Err = err.Error()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deliveries = keep(c.deliveries, d, c.cfg.Records)
	return d
}

func (c *Core) post(d *Delivery, header http.Header) error {
	if c.bubble && c.cfg.Receiver == nil {
		return errors.New("inside a testing/synctest bubble deliveries need a receiver: sockets stop its clock")
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
	d.Response, _ = io.ReadAll(io.LimitReader(response.Body, 64<<10))
	return nil
}

// newSender makes the client of deliveries, and the server around a receiver.
func (c *Core) newSender() *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
	if c.cfg.Receiver != nil {
		receiver := c.newServer(readFirst(c.cfg.Receiver))
		receiver.ErrorLog = nil // net/http's own: if it panics, its test should read so
		transport = newInside(receiver)
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       10 * time.Second, // documented by one vendor for its test message, otherwise a guess
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// readFirst reads a request's body before its handler does: only then net/http
// notices that the sender has left, and ends the request's context.
func readFirst(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rewind(r, body)
		handler.ServeHTTP(w, r)
	})
}
