package simulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
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

// Post is a webhook to deliver.
type Post struct {
	Time      time.Time // to be recorded; zero: now, on the simulator's clock
	URL       string
	WebhookID string
	Event     string
	Attempt   int
	Header    http.Header // added to Content-Type: application/json
	Body      []byte
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

// Deliver POSTs a webhook, waits for the answer, and records both. It follows no
// redirect and does not try again. It ends early when the simulator closes.
func (c *Core) Deliver(p Post) Delivery {
	delivery := Delivery{Time: p.Time, URL: p.URL, WebhookID: p.WebhookID, Event: p.Event, Attempt: p.Attempt, Body: p.Body}
	if delivery.Time.IsZero() {
		delivery.Time = c.now()
	}
	var err error
	delivery.Status, delivery.Response, err = c.deliverer.post(c.life, p)
	if err != nil {
		delivery.Err = err.Error()
	}
	c.deliverer.add(delivery)
	return delivery
}

// deliverer is the vendor's outgoing side.
type deliverer struct {
	client *http.Client
	mu     sync.Mutex
	kept   newest[Delivery]
}

func newDeliverer(receiver http.Handler, bubble bool, limit int) *deliverer {
	var transport http.RoundTripper
	switch {
	case receiver != nil:
		transport = toReceiver{receiver}
	case bubble:
		transport = toNobody{}
	default:
		// A transport of its own, so that closing it closes nobody else's connections.
		transport = &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
	}
	return &deliverer{
		client: &http.Client{
			Transport:     transport,
			Timeout:       deliveryTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		kept: newest[Delivery]{limit: limit},
	}
}

func (d *deliverer) post(ctx context.Context, p Post) (status int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, bytes.NewReader(p.Body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	for name, values := range p.Header {
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

func (d *deliverer) add(delivery Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept.push(delivery)
}

func (d *deliverer) all() []Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept.all()
}

func (d *deliverer) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept.values, d.kept.oldest = nil, 0
}

// toReceiver calls a handler instead of the network.
type toReceiver struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper. The handler has a goroutine of its own,
// since it may take longer than the sender waits.
func (t toReceiver) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close() //nolint:errcheck // a RoundTripper has to close it, whatever comes of it
	arrived, _ := arrival(r)
	answered := make(chan *http.Response, 1)
	go func() {
		defer close(answered)
		defer func() {
			// net/http's servers take this panic as the end of the connection.
			if reason := recover(); reason != nil && reason != any(http.ErrAbortHandler) {
				panic(reason) //nolint:forbidigo // it is the receiver's own, and its test should see it
			}
		}()
		answer := httptest.NewRecorder()
		t.handler.ServeHTTP(answer, arrived)
		response := answer.Result() //nolint:bodyclose // who sent the request closes it
		response.Request = r
		answered <- response
	}()
	select {
	case response, ok := <-answered:
		if !ok {
			return nil, io.ErrUnexpectedEOF
		}
		return response, nil
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

// toNobody refuses everything.
type toNobody struct{}

// RoundTrip implements http.RoundTripper.
func (toNobody) RoundTrip(*http.Request) (*http.Response, error) { return nil, errNoReceiver }

// viaHandler asks any handler directly, and gives its answer as the response to r.
func viaHandler(handler http.Handler, arrived, r *http.Request) *http.Response {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, arrived)
	response := recorder.Result()
	response.Request = r
	return response
}
