package recovery

import (
	"fmt"
	"io"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/ledger"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/render"
)

// State is how a recovery stands.
type State string

// The states of a report.
const (
	// StatePlanning: the plan is not complete.
	StatePlanning State = "planning"
	// StatePlanned: it is planned, and not run yet.
	StatePlanned State = "planned"
	// StateRunning: a run is under way, in this process or in another.
	StateRunning State = "running"
	// StateDrained: every item has evidence, and nothing that failed in the
	// outage is pending at Celcoin without the receiver's word.
	StateDrained State = "drained"
	// StatePartial: something is left; see the totals and failures.
	StatePartial State = "partial"
	// StateRefused: the plan was not run, see the error.
	StateRefused State = "refused"
	// StateCancelled: the run was stopped before its end; Resume goes on.
	StateCancelled State = "cancelled"
)

// Report is what a recovery came to. It holds no payload and no document
// number.
type Report struct {
	ID     string `json:"id"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"` // why it is not drained
	// Next is when a run may get further than the last one, if that ended to wait:
	// for the next trial of an open breaker, until Celcoin takes calls again, or
	// for the receiver, and then it is a guess. Zero: it did not.
	Next time.Time `json:"next,omitzero"`
	From time.Time `json:"from"` // the outage
	To   time.Time `json:"to"`
	// Started is when the first run began, and Ended the last sign of the last one.
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	Digest  string    `json:"digest"` // of the plan
	// Environment is the fingerprint of the client that made the plan, if it has
	// one; OtherEnvironment that of this one, if it is another.
	Environment      string         `json:"environment,omitempty"`
	OtherEnvironment string         `json:"other_environment,omitempty"`
	Totals           Totals         `json:"totals"`
	Entities         []EntityReport `json:"entities"`
	// SetAside are the entities and windows that could not be asked or listed in
	// full, or that show nothing and are older than 7 days. A recovery with any is
	// not drained.
	SetAside []SetAside `json:"set_aside,omitempty"`
	// JournalCuts are what was cut off the journals of units when they were opened.
	JournalCuts []JournalCut `json:"journal_cuts,omitempty"`
	// FalseZ says that the timelines take the Z of Celcoin's dates for Brasília's
	// time, see [celcoin.Timestamp]: so more of the webhooks fall into the outage.
	FalseZ bool `json:"false_z,omitempty"`
	// Skew is how far Celcoin's clock is ahead of this machine's, if that counts.
	Skew time.Duration `json:"skew_seconds,omitempty"`
	// Failures are the items that were not delivered, the first 1,000. What is still
	// to be replayed, or was only just replayed, is not among them; what is pending
	// is, if it was tried and the unit's run has ended.
	Failures []Failure `json:"failures,omitempty"`
	// MoreFailures is how many failures there are beyond these.
	MoreFailures int           `json:"more_failures,omitempty"`
	Calls        int           `json:"calls"`                 // to Celcoin, of all kinds
	Retries      int           `json:"retries"`               // replays of an item after its first
	Active       time.Duration `json:"active_seconds"`        // the time that runs took, pauses between them left out
	GateClosed   int           `json:"gate_closed,omitempty"` // how often the receiver was not ready
	// Statuses are what [Recoverer.Statuses] heard of the unresolved items.
	Statuses StatusTotals `json:"statuses,omitzero"`

	zone     *time.Location
	addendum Addendum
}

// Totals count the webhooks of the plan. Planned is the sum of AlreadyDelivered,
// Delivered, Unknown, Expired and StillPending.
type Totals struct {
	Planned          int `json:"planned"`
	AlreadyDelivered int `json:"already_delivered"` // without a replay or a pull
	Replayed         int `json:"replayed"`          // at least once, and not refused; a pull is not a replay
	Delivered        int `json:"delivered"`         // after a replay or a pull
	Unknown          int `json:"unknown"`           // Sending, Accepted, InDoubt, Overdue and Unproven
	Expired          int `json:"expired"`           // older than 7 days
	Rejected         int `json:"rejected"`          // of the failed: Celcoin said no to this one
	StillPending     int `json:"still_pending"`     // Pending and Failed
	NewDuringRun     int `json:"new_during_run"`    // pending, dated after the plan, and not of it
	FoundLater       int `json:"found_later"`       // of the planned: found by a later look than the plan's

	// The evidence of those that are delivered.
	Received int `json:"received"` // the receiver says so
	Pulled   int `json:"pulled"`   // the handler took the payload
	Sent     int `json:"sent"`     // Celcoin lists it as sent
	// Counted: the pending count fell as it should, and Celcoin has not been, or
	// cannot be, asked for more.
	Counted int `json:"counted"`

	// The states of those that are not.
	Pending  int `json:"pending"`  // to be replayed
	Failed   int `json:"failed"`   // attempts used up, or Celcoin said no
	Sending  int `json:"sending"`  // being replayed
	Accepted int `json:"accepted"` // Celcoin took the replay
	InDoubt  int `json:"in_doubt"` // the replay may have been carried out
	Overdue  int `json:"overdue"`  // accepted, and not delivered in time
	Unproven int `json:"unproven"` // no longer pending, without evidence
}

func totalsOf(t ledger.Totals) Totals {
	return Totals{
		Planned: t.Planned(), AlreadyDelivered: t.AlreadyDelivered, Replayed: t.Replayed, Delivered: t.Delivered(),
		Unknown: t.Unknown(), Expired: t.In[ledger.Expired], Rejected: t.Rejected, StillPending: t.StillPending(),
		NewDuringRun: t.NewDuringRun, FoundLater: t.FoundLater,
		Received: t.By[ledger.ByReceived], Pulled: t.By[ledger.ByPulled], Sent: t.By[ledger.BySent], Counted: t.Counted(),
		Pending: t.In[ledger.Pending], Failed: t.In[ledger.Failed], Sending: t.In[ledger.Sending], Accepted: t.In[ledger.Accepted],
		InDoubt: t.In[ledger.InDoubt], Overdue: t.In[ledger.Overdue], Unproven: t.In[ledger.Unproven],
	}
}

// JournalCut is an end of a unit's journal that could not be read, as a crash of
// the machine leaves it. None of it was known to be durable; what it may have said is
// found out anew.
type JournalCut struct {
	Entity celcoin.Entity `json:"entity"`
	From   time.Time      `json:"from"`
	To     time.Time      `json:"to"`
	Bytes  int64          `json:"bytes"` // of all its cuts
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

// Failure is an item that was not delivered.
type Failure struct {
	Entity        celcoin.Entity `json:"entity"`
	ID            string         `json:"id"`
	PayloadStatus string         `json:"payload_status,omitempty"` // of the transaction, such as CONFIRMED
	Created       string         `json:"created"`                  // as Celcoin wrote it
	Attempts      int            `json:"attempts"`
	State         string         `json:"state"` // as in [ItemState]
	// Status, Code and RequestID are of Celcoin's last answer to a replay.
	Status    int    `json:"status,omitempty"`
	Code      string `json:"code,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Error     string `json:"error,omitempty"` // the last, on one line
	// ReceiverStatus is the HTTP status that the receiver last answered to a
	// delivery, as Celcoin tells it; 0: none, or not known.
	ReceiverStatus int `json:"receiver_status,omitempty"`
}

// Err is nil if the recovery is drained. Otherwise it says why it is not, and
// wraps [ErrCancelled] if a run was stopped before its end, and [ErrPartial] in
// all other cases.
func (r *Report) Err() error {
	cause := ErrPartial
	switch r.State {
	case StateDrained:
		return nil
	case StateCancelled:
		cause = ErrCancelled
	default:
	}
	reason := r.Reason
	if reason == "" {
		reason = string(r.State)
	}
	return fmt.Errorf("recovery: %s: %w: %s", r.ID, cause, reason)
}

// In returns the report with its texts and times in that time zone. They are in
// Brasília's, -03:00, by default.
func (r *Report) In(zone *time.Location) *Report {
	c := *r
	c.zone = zone
	return &c
}

// WriteText writes the report for a terminal or a log. The first line says the
// state and what it means, the last lines what to do next.
// Of the failures the first 20 are shown; [Report.WriteCSV] and
// [Report.WriteJSON] have them all.
func (r *Report) WriteText(w io.Writer) error { return render.Text(w, r.document()) }

// WriteHTML writes the report as one page that needs nothing else: no script,
// font or image, and its policy forbids any, so that it may be mailed or kept as
// it is. It fits a phone, a wide screen and A4 paper, light and dark. All
// failures of the report are in it, each text cut at 200 characters.
func (r *Report) WriteHTML(w io.Writer) error { return render.HTML(w, r.document()) }
