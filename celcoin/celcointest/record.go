package celcointest

import (
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Record is one request that the simulator saw, and what became of it. It
// appears when the request has arrived and is complete before the answer leaves.
type Record struct {
	Time       time.Time // of arrival, on the simulator's clock
	Operation  string    // the call it was, or empty if it was none
	Method     string
	URL        string // path and query, as they stood on the request line
	Host       string // whom the client believed to be speaking to
	Proto      string // "HTTP/1.1" or "HTTP/2.0"
	Header     http.Header
	Body       []byte // raw
	RemoteAddr string // empty when it came through Transport

	Attempt   int    // 1 for the first request of a call among those kept, 2 for its first retry; calls that ask for the same are one, and so are all for a token
	Verdict   string // "ok", or why the vendor refused; empty if the vendor never saw it
	Processed bool   // it was carried out, whatever the client was told
	Status    int    // answered; 0 if no status line left
	RequestID string // always empty: no header with an id of a request is known of Celcoin
	Fault     string // what the fault did that was used; empty if none was
}

// Delivery is one POST of a webhook to a receiver, and what became of it. The
// receiver has ten seconds to answer, which is a guess; a redirect is an answer.
type Delivery struct {
	Time      time.Time // on the simulator's clock
	URL       string
	WebhookID string
	Event     string // the entity
	Attempt   int    // 1 for the first delivery of a webhook, those of Webhook.Attempts included
	Status    int    // the receiver's answer; 0: none
	Err       string // why there was none
	Body      []byte // what was sent
	Response  []byte // what was answered, at most 64 KiB
}

// Requests returns the requests that are kept, oldest first. Their headers and
// bodies must not be changed.
func (s *Server) Requests() []Record {
	return simulator.Each(s.core.Requests(), func(r simulator.Record) Record { return Record(r) })
}

// Deliveries returns the deliveries that are kept, oldest first. Their bodies
// must not be changed.
func (s *Server) Deliveries() []Delivery {
	return simulator.Each(s.core.Deliveries(), func(d simulator.Delivery) Delivery { return Delivery(d) })
}

// ResetRecords forgets every request and delivery, and numbers attempts anew.
// The state of the webhooks stays.
func (s *Server) ResetRecords() { s.core.ResetRecords() }
