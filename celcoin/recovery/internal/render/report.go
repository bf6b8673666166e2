package render

import (
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// MaxFailures is how many failures a report names. The rest is counted.
const MaxFailures = 1000

// The states of a report.
const (
	StatePlanned   = "planned"   // not run yet
	StateRunning   = "running"   // a run is under way
	StateDrained   = "drained"   // every item has evidence, and nothing of the outage is pending
	StatePartial   = "partial"   // something is left
	StateRefused   = "refused"   // not run, see the reason
	StateCancelled = "cancelled" // the run was stopped before its end
)

// Report is what a recovery came to.
type Report struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"` // why it is not drained
	// Next is when another run may get further, if the last ended to wait.
	Next    time.Time `json:"next,omitzero"`
	From    time.Time `json:"from"` // the outage
	To      time.Time `json:"to"`
	Started time.Time `json:"started"` // of the first run
	Ended   time.Time `json:"ended"`   // of the last
	Digest  string    `json:"digest"`  // of the plan
	// Environment is the Celcoin of the plan, as its client's fingerprint names
	// it. OtherEnvironment is that of the client that the report was made with,
	// if it is another one.
	Environment      string         `json:"environment,omitempty"`
	OtherEnvironment string         `json:"other_environment,omitempty"`
	Totals           Totals         `json:"totals"`
	Entities         []EntityReport `json:"entities"`
	// SetAside are the entities and windows that could not be asked or listed in
	// full. A recovery with any is not drained.
	SetAside []SetAside `json:"set_aside,omitempty"`
	// FalseZ says that the timelines take the Z of Celcoin's dates for Brasília's
	// time, see [celcoin.Timestamp].
	FalseZ bool `json:"false_z,omitempty"`
	// Skew is how far Celcoin's clock is ahead of this machine's, if that counts.
	Skew time.Duration `json:"skew_seconds,omitempty"`
	// Failures are the items that were tried and not delivered, or that are
	// expired: the first [MaxFailures]. MoreFailures is how many there are beyond.
	Failures     []Failure `json:"failures,omitempty"`
	MoreFailures int       `json:"more_failures,omitempty"`
	// Calls are those to Celcoin, of all kinds.
	Calls      int           `json:"calls"`
	Retries    int           `json:"retries"`               // replays of an item after its first
	Active     time.Duration `json:"active_seconds"`        // the time that runs took, pauses between them left out
	GateClosed int           `json:"gate_closed,omitempty"` // how often the receiver was not ready
	Statuses   StatusTotals  `json:"statuses,omitzero"`
}

// StatusTotals count the unresolved items by what was last heard of their
// transactions.
type StatusTotals struct {
	Confirmed  int `json:"confirmed"`
	Error      int `json:"error"`
	Processing int `json:"processing"`
	Other      int `json:"other"`
	NotFound   int `json:"not_found"`
	NoCall     int `json:"no_such_call"`
	NoAnswer   int `json:"no_answer"`
}

// Totals count the webhooks of a plan, or of one of its entities. Planned is
// the sum of AlreadyDelivered, Delivered, Unknown, Expired and StillPending.
type Totals struct {
	Planned          int `json:"planned"`
	AlreadyDelivered int `json:"already_delivered"` // has evidence, without a replay
	Replayed         int `json:"replayed"`          // at least once, and accepted
	Delivered        int `json:"delivered"`         // has evidence, or is counted
	Unknown          int `json:"unknown"`           // the sum of Sending, Accepted, InDoubt, Overdue and Unproven
	Expired          int `json:"expired"`           // older than Celcoin's 7 days
	Rejected         int `json:"rejected"`          // of the failed: Celcoin said no to this one
	StillPending     int `json:"still_pending"`     // the sum of Pending and Failed
	NewDuringRun     int `json:"new_during_run"`    // pending, dated after the plan, and not of it
	FoundLater       int `json:"found_later"`       // of the planned: found by a later look than the plan's

	// The evidence. AlreadyDelivered and Delivered are the sum of these.
	Received int `json:"received"` // the receiver says so
	Pulled   int `json:"pulled"`   // the handler took the payload
	Sent     int `json:"sent"`     // Celcoin lists it as sent
	Counted  int `json:"counted"`  // only the pending count fell as it should

	// The states of what is not delivered.
	Pending  int `json:"pending"`  // to be replayed
	Failed   int `json:"failed"`   // attempts used up, or Celcoin said no
	Sending  int `json:"sending"`  // being replayed
	Accepted int `json:"accepted"` // Celcoin took the replay
	InDoubt  int `json:"in_doubt"` // the replay may have been carried out
	Overdue  int `json:"overdue"`  // accepted, and not delivered in time
	Unproven int `json:"unproven"` // no longer pending, without evidence
}

// EntityReport is the part of one entity.
type EntityReport struct {
	Entity celcoin.Entity `json:"entity"`
	Totals
	// Timeline counts the webhooks by when they were missed, oldest first, and
	// by how many of them are delivered.
	Timeline []Bucket `json:"timeline,omitempty"`
}

// Bucket is a stretch of time in a timeline.
type Bucket struct {
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Missed    int       `json:"missed"`    // webhooks of the plan created then
	Recovered int       `json:"recovered"` // of these, delivered by now
}

// SetAside is an entity, or a window of one, that could not be asked or listed
// in full.
type SetAside struct {
	Entity celcoin.Entity `json:"entity"`
	From   time.Time      `json:"from,omitzero"` // zero, as To: the whole outage
	To     time.Time      `json:"to,omitzero"`
	// Counted is how many webhooks Celcoin counts there beyond those that it
	// lists; 0: none, or not known.
	Counted int    `json:"counted,omitempty"`
	Reason  string `json:"reason"`
	// Status, Code and RequestID are Celcoin's last answer, if there was one.
	Status    int    `json:"status,omitempty"`
	Code      string `json:"code,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// Failure is an item that was not delivered.
type Failure struct {
	Entity        celcoin.Entity `json:"entity"`
	ID            string         `json:"id"`
	PayloadStatus string         `json:"payload_status,omitempty"` // of the transaction, such as CONFIRMED
	Created       string         `json:"created"`                  // as Celcoin wrote it
	Attempts      int            `json:"attempts"`
	State         string         `json:"state"` // the item's, such as "failed", "expired", "in doubt"
	// Status, Code and RequestID are Celcoin's last answer to a replay.
	Status    int    `json:"status,omitempty"`
	Code      string `json:"code,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Error     string `json:"error,omitempty"` // the last, on one line
	// ReceiverStatus is the HTTP status that the receiver last answered to a
	// delivery, as Celcoin tells it; 0: none, or not known.
	ReceiverStatus int `json:"receiver_status,omitempty"`
}
