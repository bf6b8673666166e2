package recovery

import (
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// State is how a recovery stands.
type State string

// The states of a report.
const (
	// StateDrained: nothing of the plan is pending any more, seen twice.
	StateDrained State = "drained"
	// StatePartial: something is left; see the totals and failures.
	StatePartial State = "partial"
	// StateRefused: the plan was not run, see the error.
	StateRefused State = "refused"
	// StateCancelled: the context ended; Resume goes on.
	StateCancelled State = "cancelled"
)

// Report is what a recovery came to. It holds no payload and no document
// number.
type Report struct {
	ID       string         `json:"id"`
	State    State          `json:"state"`
	Reason   string         `json:"reason,omitempty"` // why it is not drained
	From     time.Time      `json:"from"`             // the outage
	To       time.Time      `json:"to"`
	Started  time.Time      `json:"started"` // of the first run
	Ended    time.Time      `json:"ended"`   // of the last
	Digest   string         `json:"digest"`  // of the plan
	Totals   Totals         `json:"totals"`
	Entities []EntityReport `json:"entities"`
	// FalseZ says that the timelines take the Z of Celcoin's dates for Brasília's
	// time, see [celcoin.Timestamp]: so more of the webhooks fall into the outage.
	FalseZ bool `json:"false_z,omitempty"`
	// Failures are the items that were not delivered and are not merely
	// untried, the first 1,000.
	Failures []Failure `json:"failures,omitempty"`
	// MoreFailures is how many failures there are beyond these.
	MoreFailures int `json:"more_failures,omitempty"`
	// Calls are those to Celcoin, of all kinds. Where recoveries run at once on one
	// Recoverer, only the sum over them is right.
	Calls      int           `json:"calls"`
	Retries    int           `json:"retries"`               // replays of an item after its first
	Active     time.Duration `json:"active_seconds"`        // the time that runs took, pauses between them left out
	GateClosed int           `json:"gate_closed,omitempty"` // how often the receiver was not ready
}

// Totals count the webhooks of the plan. Planned is the sum of AlreadyDelivered,
// Delivered, Unknown, Expired, Rejected and StillPending.
type Totals struct {
	Planned          int `json:"planned"`
	AlreadyDelivered int `json:"already_delivered"` // without being asked for
	Replayed         int `json:"replayed"`          // asked for at least once, and accepted
	Delivered        int `json:"delivered"`         // after being asked for
	Unknown          int `json:"unknown"`           // asked for, and not looked at since
	Expired          int `json:"expired"`           // too old to be asked for
	Rejected         int `json:"rejected"`          // Celcoin said no, as often as it was asked
	StillPending     int `json:"still_pending"`     // the rest: not tried yet, or not delivered
	NewDuringRun     int `json:"new_during_run"`    // pending, and not of the plan
}

// EntityReport is the part of one entity.
type EntityReport struct {
	Entity celcoin.Entity `json:"entity"`
	Totals
	// Timeline counts the webhooks by when they were missed, oldest first, and
	// by when they were recovered.
	Timeline []Bucket `json:"timeline,omitempty"`
}

// Bucket is a stretch of time in a timeline.
type Bucket struct {
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Missed    int       `json:"missed"`    // webhooks of the plan created then
	Recovered int       `json:"recovered"` // of these, delivered by now
}

// Failure is an item that was not delivered.
type Failure struct {
	Entity    celcoin.Entity `json:"entity"`
	ID        string         `json:"id"`
	Created   string         `json:"created"` // as Celcoin wrote it
	Attempts  int            `json:"attempts"`
	State     string         `json:"state"`            // "expired", "rejected", "unknown", "still pending"
	Status    int            `json:"status,omitempty"` // HTTP, of Celcoin's last answer
	Code      string         `json:"code,omitempty"`   // Celcoin's, of that answer
	RequestID string         `json:"request_id,omitempty"`
	Error     string         `json:"error,omitempty"` // the last, on one line
	// ReceiverStatus is the HTTP status that the receiver last answered to a
	// delivery, as Celcoin tells it; 0: none, or not known.
	ReceiverStatus int `json:"receiver_status,omitempty"`
}
