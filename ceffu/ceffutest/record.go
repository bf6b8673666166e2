package ceffutest

import "github.com/reenvio/reenvio-go/internal/simulator"

// Record is one request that the server saw, and what became of it: Time, Operation,
// Method, URL, Host, Proto, Header, Body and RemoteAddr as it arrived; Attempt, Verdict,
// Processed, Status, RequestID and Fault ([simulator.Record] explains them). Body is what was signed; RequestID is the answer's X-Request-Id.
type Record = simulator.Record

// Delivery is one POST of a notification to a receiver, and what became of it: Time, URL,
// WebhookID, Event, Attempt and Body, then Status, Err and Response. Event is the event type, "1" to "4", or "test". Only
// Status 200 counts as delivered. The ten seconds that a receiver has are documented for
// [Server.Test] and a guess for the others.
type Delivery = simulator.Delivery

// Requests returns what the server saw, oldest first: the newest 100,000, unless
// [WithRecordLimit] says otherwise. Headers and bodies must not be changed.
func (s *Server) Requests() []Record { return s.core.Requests() }

// Deliveries returns what the server sent to receivers, oldest first: the
// newest 100,000, unless [WithRecordLimit] says otherwise. Bodies must not be changed.
func (s *Server) Deliveries() []Delivery { return s.core.Deliveries() }

// ResetRecords forgets all requests and deliveries, and numbers attempts anew.
// Webhooks and notifications stay.
func (s *Server) ResetRecords() { s.core.ResetRecords() }
