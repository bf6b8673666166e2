package ceffutest

import (
	"net/http"
	"time"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// Record is one request that the server saw, and what became of it. It appears
// when the request has arrived and is complete before the answer leaves.
type Record struct {
	Time       time.Time // of arrival, on the server's clock
	Operation  string    // OpResend, or empty if it was no call of Ceffu's
	Method     string
	URL        string // path and query, as they stood on the request line
	Host       string // whom the client believed to be speaking to
	Proto      string // "HTTP/1.1" or "HTTP/2.0"
	Header     http.Header
	Body       []byte // raw: what was signed
	RemoteAddr string // empty when it came through Transport

	Attempt   int    // 1 for the first request of a call among those kept, 2 for its first retry; calls that ask for the same are one
	Verdict   string // "ok", or why the server refused: "bad signature"; empty if a fault came before
	Processed bool   // it was carried out, whatever the client was told
	Status    int    // answered; 0 if no status line left
	RequestID string // sent with the answer in x-request-id; empty if there was none
	Fault     string // what the fault did that was used; empty if none was
}

// Delivery is one POST of a notification to a receiver, and what became of it.
// Only Status 200 counts as delivered. The receiver has ten seconds to answer,
// which is documented for [Server.Test] and a guess for the others; a redirect is
// an answer.
type Delivery struct {
	Time      time.Time // on the server's clock
	URL       string
	WebhookID string
	Event     string // the event type, "1" to "4", or "test"
	Attempt   int    // 1 for the first delivery of a notification by this server
	Status    int    // the receiver's answer; 0: none
	Err       string // why there was none
	Body      []byte // what was sent
	Response  []byte // what was answered, at most 64 KiB
}

// Requests returns what the server saw, oldest first: the newest 100,000, unless
// [WithRecordLimit] says otherwise. Headers and bodies must not be changed.
func (s *Server) Requests() []Record {
	return simulator.Each(s.core.Requests(), func(r simulator.Record) Record { return Record(r) })
}

// Deliveries returns what the server sent to receivers, oldest first: the
// newest 100,000, unless [WithRecordLimit] says otherwise. Bodies must not be changed.
func (s *Server) Deliveries() []Delivery {
	return simulator.Each(s.core.Deliveries(), func(d simulator.Delivery) Delivery { return Delivery(d) })
}

// ResetRecords forgets all requests and deliveries, and numbers attempts anew.
// Webhooks and notifications stay.
func (s *Server) ResetRecords() { s.core.ResetRecords() }
