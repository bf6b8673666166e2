package celcointest

import "github.com/reenvio/reenvio-go/internal/simulator"

// Record is one request that the server saw, and what became of it: Time, Operation,
// Method, URL, Host, Proto, Header, Body and RemoteAddr as it arrived; Attempt, Verdict,
// Processed, Status, RequestID and Fault ([simulator.Record] explains them). RequestID is empty, as no header with an id of a request is known
// of Celcoin. All requests for a token are one call.
type Record = simulator.Record

// Delivery is one POST of a webhook to a receiver, and what became of it: Time, URL,
// WebhookID, Event, Attempt and Body, then Status, Err and Response. Event is the entity. Attempt goes on from Webhook.Attempts. The
// ten seconds that a receiver has are a guess.
type Delivery = simulator.Delivery

// Requests returns the requests that are kept, oldest first. Their headers and
// bodies must not be changed.
func (s *Server) Requests() []Record { return s.core.Requests() }

// Deliveries returns the deliveries that are kept, oldest first. Their bodies
// must not be changed.
func (s *Server) Deliveries() []Delivery { return s.core.Deliveries() }

// ResetRecords forgets every request and delivery, and numbers attempts anew.
// The state of the webhooks stays.
func (s *Server) ResetRecords() { s.core.ResetRecords() }
