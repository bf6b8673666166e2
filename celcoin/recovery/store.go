package recovery

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Store keeps the journals of recoveries: what was planned, what was intended,
// and what came of it. A journal is all that a recovery needs to go on after a
// crash.
//
// [MemoryStore] keeps them as long as the program runs, [FileStore] in files.
// Package recoverytest checks any other implementation.
type Store interface {
	// Open opens the journal of a recovery for one holder at a time, and makes
	// an empty one if there is none. While another holds it, in this process
	// or, where the store is shared, in another, the error is [ErrLocked].
	Open(ctx context.Context, id string) (Journal, error)
	// Has tells whether there is a journal of that recovery, held or not, and
	// makes none.
	Has(ctx context.Context, id string) (bool, error)
}

// Journal is the history of one recovery. It only grows. Its methods are not
// called concurrently, but for Read.
type Journal interface {
	// Append adds entries in their order, all of them or none, and returns the
	// position of each. They outlive the program when Append returns, and the
	// machine when Sync has returned after it. A crash before Append returns
	// may leave the first of them, each whole, as a smaller Append would.
	Append(ctx context.Context, entries ...Entry) ([]Position, error)
	// Sync makes durable what was appended so far.
	Sync(ctx context.Context) error
	// Entries goes through the journal from its beginning. A journal that is
	// damaged ends with an error that wraps [ErrCorrupt] and says where. A
	// torn end, such as a crash in the middle of Append leaves, is no damage:
	// it was never acted upon, and is cut off when the journal is opened.
	Entries(ctx context.Context) iter.Seq2[Stored, error]
	// Read returns the entry at a position that Append or Entries gave.
	Read(ctx context.Context, at Position) (Entry, error)
	// Close lets the journal go. Closing again does nothing.
	Close() error
}

// Position is where in its journal an entry stands. Later entries have greater
// positions; the store gives them what other meaning it likes.
type Position int64

// Stored is an entry and its position.
type Stored struct {
	Position Position
	Entry    Entry
}

// The errors of stores.
var (
	// ErrLocked: another holder has the journal open.
	ErrLocked = errors.New("the journal is held by another")
	// ErrCorrupt: the journal is damaged elsewhere than at a torn end.
	ErrCorrupt = errors.New("the journal is damaged")
)

// Kind says what an entry tells.
type Kind string

// The kinds of entries, in about the order in which a journal has them. A
// reader passes over kinds that it does not know.
const (
	KindRequest Kind = "request" // the recovery begins: Request, Version
	KindWindow  Kind = "window"  // the items after it were listed in this window: Window
	KindItem    Kind = "item"    // a pending webhook: Item. Items are numbered from 0 in their order
	// KindAlso: webhooks of these items' ids are pending in this window, too: Items, Window.
	KindAlso Kind = "also"
	// KindUnlisted: Celcoin counted more in a window than it listed: Window, Count.
	// Without a Count it refused to count, and to list all of it.
	KindUnlisted Kind = "unlisted"

	KindPlanned Kind = "planned" // the listing is complete: Digest, Skew
	KindRun     Kind = "run"     // a run begins: Skew
	KindLook    Kind = "look"    // a look without replays begins: Skew
	KindIntent  Kind = "intent"  // replays are about to be sent: Items
	KindOutcome Kind = "outcome" // what an answer said: Items (one), Result, and of a failure Status, Code, RequestID, Error
	KindSeen    Kind = "seen"    // what a listing, or the receiver, shows: Items, Result, and Status if the receiver answered
	KindFresh   Kind = "fresh"   // pending webhooks that are not of the plan: Window (its entity), Count
	KindGate    Kind = "gate"    // the receiver was not ready: Error
	KindSpent   Kind = "spent"   // calls since the last such entry: Calls, Retries
	KindEnd     Kind = "end"     // a run ended: Result, Error
)

// Result is what became of an item, or of a run.
type Result string

// The results of an outcome (the first four), of a look (the next six), and of a
// run.
const (
	ResultAccepted Result = "accepted" // Celcoin took the replay; no delivery yet
	ResultRefused  Result = "refused"  // Celcoin said no
	ResultUnknown  Result = "unknown"  // it may have been carried out
	ResultUnsent   Result = "unsent"   // it certainly was not, and may be tried again: no attempt of the item's

	ResultDelivered Result = "delivered" // not pending any more
	ResultPending   Result = "pending"   // still pending, although it was asked for
	ResultLate      Result = "late"      // the same, and no delivery seems to have been tried yet
	ResultLost      Result = "lost"      // late for so long that it is not expected any more
	ResultUndone    Result = "undone"    // nothing came of a replay whose outcome was unknown: it does not count as an attempt
	ResultExpired   Result = "expired"   // too old to be asked for

	ResultDrained   Result = "drained"
	ResultPartial   Result = "partial"
	ResultCancelled Result = "cancelled"
)

// Entry is one event of a recovery. Which fields are set depends on its Kind.
// It holds no payload; only the Filter of a Request may hold personal data.
type Entry struct {
	Kind      Kind      `json:"kind"`
	Time      time.Time `json:"time"` // by this machine's clock
	Version   int       `json:"version,omitempty"`
	Request   *Request  `json:"request,omitempty"`
	Window    *Unit     `json:"window,omitempty"`
	Item      *Item     `json:"item,omitempty"`
	Items     []int     `json:"items,omitempty"`
	Result    Result    `json:"result,omitempty"`
	Status    int       `json:"status,omitempty"`
	Code      string    `json:"code,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	Error     string    `json:"error,omitempty"`
	Digest    string    `json:"digest,omitempty"`
	Count     int       `json:"count,omitempty"`
	Calls     int       `json:"calls,omitempty"`
	Retries   int       `json:"retries,omitempty"`
	// Skew is how far Celcoin's clock is ahead of ours.
	Skew time.Duration `json:"skew,omitempty"`
}

// Unit is one entity in one window: the piece of a recovery that [Recoverer.RunUnit]
// carries out.
type Unit struct {
	Entity celcoin.Entity `json:"entity"`
	From   time.Time      `json:"from,omitzero"`
	To     time.Time      `json:"to,omitzero"`
}

// Item is a webhook of the plan, without its payload.
type Item struct {
	Entity  celcoin.Entity `json:"entity"`
	ID      string         `json:"id"`
	Status  celcoin.Status `json:"status,omitempty"`
	Created string         `json:"created,omitempty"` // as Celcoin wrote it
	Updated string         `json:"updated,omitempty"` // as Celcoin wrote it
	// HTTPStatusCode is the receiver's last answer; 0: none.
	HTTPStatusCode int `json:"http_status_code,omitempty"`
	// Expires is when Celcoin stops replaying it: 7 days after Created, by the
	// less favourable reading of that date. Zero if Created cannot be read.
	Expires time.Time `json:"expires,omitzero"`
}
