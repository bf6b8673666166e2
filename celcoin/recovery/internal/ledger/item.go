package ledger

import (
	"crypto/sha256"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Item is one webhook row as Celcoin listed it, without its payload.
type Item struct {
	ID string `json:"id,omitempty"`
	// Key is the inbox's key of the payload, by which a receiver finds it.
	Key           string         `json:"key,omitempty"`
	PayloadStatus string         `json:"payload_status,omitempty"`
	Status        celcoin.Status `json:"status,omitempty"`
	Created       string         `json:"created,omitempty"` // as Celcoin wrote it
	Updated       string         `json:"updated,omitempty"`
	HTTPStatus    int            `json:"http_status,omitempty"` // the receiver's last answer
	// Window is the one that listed it, if it is not the unit's.
	Window *Window `json:"window,omitempty"`
	// FoundLater: a look after the plan found it.
	FoundLater bool `json:"found_later,omitempty"`
	// Error says why it can be neither replayed nor looked up.
	Error string `json:"error,omitempty"`
}

// Window is a stretch of time.
type Window struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Name tells rows apart: one id comes with several payload statuses, and a listing may
// show a row twice.
type Name struct{ id, key, created string }

// Name is the item's.
func (it *Item) Name() Name { return Name{it.ID, it.Key, it.Created} }

// Lifetime is how long Celcoin replays a webhook after its transaction.
const Lifetime = 7 * 24 * time.Hour

// Expires returns when Celcoin stops to replay the item, by the earlier and by
// the later reading of its date. Both are zero if the date cannot be read.
func (it *Item) Expires() (earlier, later time.Time) {
	earlier, later = celcoin.ParseTimestamp(it.Created).Range()
	if earlier.IsZero() || earlier.Year() > maxYear {
		return time.Time{}, time.Time{}
	}
	return earlier.Add(Lifetime), later.Add(Lifetime)
}

// maxYear is the last year of which a date is believed.
const maxYear = 9000

// State is what became of an item.
type State uint8

// The states, see the package comment.
const (
	Pending State = iota
	Sending
	Accepted
	InDoubt
	Counted
	Overdue
	Failed
	Unproven
	Expired
	Delivered
	states
)

var stateNames = [states]string{
	"pending", "sending", "accepted", "in doubt", "counted", "overdue", "failed", "unproven", "expired", "delivered",
}

func (s State) String() string {
	if s < states {
		return stateNames[s]
	}
	return "state " + strconv.Itoa(int(s))
}

// InFlight tells whether a delivery of the item may be under way.
func (s State) InFlight() bool { return s == Sending || s == Accepted || s == InDoubt || s == Overdue }

// Evidence is why an item is delivered.
type Evidence uint8

// The evidence, the weakest first.
const (
	NoEvidence Evidence = iota
	ByCount             // only the pending count fell as it should
	BySent              // Celcoin lists it as sent
	ByPulled            // the handler took the payload
	ByReceived          // the receiver says so
	evidences
)

var evidenceNames = [evidences]string{"", "counted", "sent", "pulled", "received"}

func (e Evidence) String() string { return evidenceNames[e] }

// Row is an item and what became of it.
type Row struct {
	Item
	State    State
	Evidence Evidence
	Attempts int  // over all runs
	InRun    int  // in the present run
	Failures int  // failed deliveries
	Last     bool // tried although it is expired: once, after all others
	Probe    bool // its latest replay was a canary or a trial, and what came of it is not known yet
	Refused  bool // Celcoin said no to its latest replay
	// Other is the status under which Celcoin lists it, and not as pending: so it is
	// replayed with OnlyPending unset.
	Other  celcoin.Status
	Sent   time.Time // its latest replay, or when Celcoin took that
	Answer Answer    // Celcoin's latest to a replay

	earlier, later time.Time // of Expires
}

// Expires is that of its item, which is read once.
func (r *Row) Expires() (earlier, later time.Time) { return r.earlier, r.later }

// Answer is what Celcoin said, without the payload.
type Answer struct {
	Status    int    `json:"status,omitempty"`
	Code      string `json:"code,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Error     string `json:"error,omitempty"`
}

// Digest stands for a set of items in any order.
type Digest [sha256.Size]byte

// add adds an item by its name.
func (d *Digest) add(n Name) {
	sum := sha256.Sum256([]byte(n.id + "\x00" + n.key + "\x00" + n.created))
	carry := 0
	for i := range d {
		n := int(d[i]) + int(sum[i]) + carry
		d[i], carry = byte(n&0xff), n>>8
	}
}
