package ledger

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Version is that of the records. A reader refuses any other.
const Version = 2

// Kind says what an event tells.
type Kind string

// The events of a unit.
const (
	KindUnit   Kind = "unit"   // the first of a log: Head
	KindItem   Kind = "item"   // a row: Item. Rows are numbered from 0 in their order
	KindListed Kind = "listed" // the listing has come to its end: Unlisted
	KindSealed Kind = "sealed" // the plan is complete
	KindBegin  Kind = "begin"  // a run begins: MaxAttempts
	KindLooked Kind = "looked" // the closing look has come to its end: Later, Unlisted
	KindEnd    Kind = "end"    // the run has ended: Result, Reason
	KindTold   Kind = "told"   // delivery control knows what became of deliveries so far
	KindCalls  Kind = "calls"  // calls to Celcoin since the last such event: Calls
	KindCut    Kind = "cut"    // the store has cut off the log's end, which a crash had left unsound: Cut
)

// The events of items. Begin is of all items.
const (
	KindIntent      Kind = "intent"      // about to be replayed: Probe
	KindAccepted    Kind = "accepted"    // Celcoin took the replay
	KindUnsent      Kind = "unsent"      // it was certainly not carried out
	KindDoubt       Kind = "doubt"       // it may have been carried out
	KindRefused     Kind = "refused"     // Celcoin said no to this one
	KindNoMatch     Kind = "no match"    // Celcoin found nothing to replay
	KindCounted     Kind = "counted"     // the pending count fell by exactly these
	KindTimeout     Kind = "timeout"     // still missing after the delivery timeout
	KindUndelivered Kind = "undelivered" // a delivery has failed
	KindPending     Kind = "pending"     // Celcoin lists it as pending; or under Other, and the receiver does not have it
	KindOther       Kind = "other"       // Celcoin lists it under another status: Other
	KindGone        Kind = "gone"        // Celcoin does not list it any more
	KindReceived    Kind = "received"    // the receiver has it
	KindPulled      Kind = "pulled"      // the handler took the payload, here or in another recovery: Probe
	KindUnpulled    Kind = "unpulled"    // the handler failed with the payload: Error, Probe
	KindSent        Kind = "sent"        // Celcoin lists it as sent
	KindFinal       Kind = "final"       // no closing look is possible: the count is the evidence
	KindExpire      Kind = "expire"      // older than 7 days, by a trusted clock
	KindGiveUp      Kind = "give up"     // the entity's others arrive, and this one does not; or it cannot be sent
)

// Event is a record of a unit's log. Time is the store's clock.
type Event struct {
	Kind  Kind      `json:"kind"`
	Time  time.Time `json:"time,omitzero"`
	Head  *Head     `json:"head,omitempty"`
	Item  *Item     `json:"item,omitempty"`
	Items []int     `json:"items,omitempty"`
	Answer
	Probe       bool           `json:"probe,omitempty"`
	Other       celcoin.Status `json:"other,omitempty"`
	Receiver    int            `json:"receiver,omitempty"` // HTTP status that the receiver answered
	MaxAttempts int            `json:"max_attempts,omitempty"`
	Unlisted    int            `json:"unlisted,omitempty"`
	Elsewhere   []string       `json:"elsewhere,omitempty"` // ids, or rows without one, that the window lists too, and that are another unit's
	Later       int            `json:"later,omitempty"`
	Calls       int            `json:"calls,omitempty"`
	Cut         int64          `json:"cut,omitempty"` // bytes
	Result      string         `json:"result,omitempty"`
	Reason      string         `json:"reason,omitempty"`
}

// Head begins the log of a unit, so that it is run without any other.
type Head struct {
	Version     int             `json:"version"`
	Request     json.RawMessage `json:"request,omitempty"`
	Fingerprint string          `json:"fingerprint,omitempty"`
	Entity      celcoin.Entity  `json:"entity"`
	From        time.Time       `json:"from"`
	To          time.Time       `json:"to"`
}

// The errors of events that do not fit.
var (
	// ErrIllegal: the event does not fit the state. The log is not of this design, or damaged.
	ErrIllegal = errors.New("illegal event")
	// ErrVersion: the log was written by a newer version, or by the first one.
	ErrVersion = errors.New("the log has another version; use the version that wrote it")
)
