package recovery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
	"time"

	"github.com/reenvio/reenvio-go/celcoin"
)

// phase is how far an item has come.
type phase uint8

const (
	planned  phase = iota // not asked for, or asked for and certainly not taken
	intended              // about to be sent; after a crash as good as unknown
	accepted              // taken by Celcoin, nothing seen of a delivery
	unknown               // perhaps taken
	refused               // Celcoin said no
	failing               // asked for, and seen pending after that
	delivered
	unasked // delivered without being asked for
	expired
)

// maxAttempts bounds the replays of an item over all runs of a recovery: by an
// older page of Celcoin's more than 20 failed deliveries block a webhook.
const maxAttempts = 15

// standing is the phase of an item, the number of its attempts in this run, and
// that of all its attempts.
type standing uint16

func (s standing) phase() phase  { return phase(s & 0x0f) }
func (s standing) tries() int    { return int(s >> 4 & 0x0f) }
func (s standing) attempts() int { return int(s >> 8) }

func (s standing) with(p phase) standing { return s&^0x0f | standing(p) }

func (s standing) more() standing {
	if s.attempts() >= maxAttempts {
		return s
	}
	return s + 0x110
}

// anew is the standing at the beginning of a run.
func (s standing) anew() standing { return s &^ 0xf0 }

// book is a journal folded into what is needed to go on: about 30 bytes an
// item, the rest stays in the journal. Whatever happens is appended to the
// journal and then applied here, and a resumed recovery applies the journal
// from its beginning: so both come to the same.
type book struct {
	journal Journal
	now     func() time.Time

	request Request
	begun   bool // there is a request
	skew    time.Duration
	digest  string // of the complete plan; empty: incomplete
	sum     hash.Hash

	units []unit
	at    []Position // of each item
	due   []int64    // when each item expires, Unix seconds; 0: not known
	stand []standing
	sums  Totals // of stand
	// unlisted is how many webhooks were counted and not listed.
	unlisted int
	// failed counts fruitless replays by entity, since somebody last began a run.
	failed map[celcoin.Entity]int
	find   *lookup

	asked          time.Time // of the last intent or outcome
	started, ended time.Time
	active         time.Duration
	runBegan       time.Time
	result         Result
	reason         string
	calls, retries int
	fresh          map[celcoin.Entity]int // pending, and not of the plan
	gates          int
	last           map[int]Entry // the last failed outcome of items that have one
}

// unit is a Unit and the items that were listed in it.
type unit struct {
	Unit
	first, end int // numbers of items
}

func newBook(j Journal, now func() time.Time) *book {
	b := &book{journal: j, now: now}
	b.clear()
	return b
}

func (b *book) clear() {
	b.digest, b.sum = "", sha256.New()
	b.units, b.at, b.due, b.stand, b.sums = nil, nil, nil, nil, Totals{}
	b.unlisted, b.failed = 0, map[celcoin.Entity]int{}
	b.find = newLookup()
	b.last, b.fresh = map[int]Entry{}, map[celcoin.Entity]int{}
}

// load applies the whole journal.
func (b *book) load(ctx context.Context) error {
	for s, err := range b.journal.Entries(ctx) {
		if err != nil {
			return err
		}
		b.apply(s.Position, &s.Entry)
	}
	return nil
}

// write appends entries and applies them. Nothing is applied that is not in the
// journal.
func (b *book) write(ctx context.Context, entries ...Entry) error {
	for i := range entries {
		entries[i].Time = b.now()
	}
	positions, err := b.journal.Append(ctx, entries...)
	if err != nil {
		return err
	}
	for i := range entries {
		b.apply(positions[i], &entries[i])
	}
	return nil
}

func (b *book) apply(at Position, e *Entry) {
	switch e.Kind {
	case KindRequest:
		b.clear() // an unfinished listing is begun anew
		if e.Request != nil {
			b.request, b.skew, b.begun = *e.Request, e.Skew, true
		}
	case KindWindow:
		if e.Window != nil {
			b.units = append(b.units, unit{Unit: *e.Window, first: len(b.at), end: len(b.at)})
		}
	case KindItem:
		if e.Item != nil && len(b.units) > 0 {
			b.addItem(at, e.Item)
		}
	case KindUnlisted:
		b.unlisted += e.Count
	case KindPlanned:
		b.digest = e.Digest
	case KindRun:
		if b.started.IsZero() {
			b.started = e.Time
		}
		b.runBegan, b.result, b.reason = e.Time, "", ""
		if e.Window == nil { // not of a single unit
			clear(b.failed)
			for i, s := range b.stand {
				b.stand[i] = s.anew()
			}
		}
		b.skew = e.Skew
	case KindLook:
		b.runBegan, b.skew = e.Time, e.Skew
	case KindIntent:
		b.asked = e.Time
		b.each(e, func(i int) { b.set(i, b.stand[i].with(intended)) })
	case KindOutcome:
		b.asked = e.Time
		b.each(e, func(i int) { b.outcome(i, e) })
	case KindSeen:
		b.each(e, func(i int) { b.seen(i, e.Result) })
	case KindFresh:
		if e.Window != nil {
			b.fresh[e.Window.Entity] = e.Count
		}
	case KindGate:
		b.gates++
	case KindSpent:
		b.calls += e.Calls
		b.retries += e.Retries
	case kindHeader: // the store's own
	case KindEnd:
		b.ended, b.result, b.reason = e.Time, e.Result, e.Error
		b.active += e.Time.Sub(b.runBegan)
	}
}

func (b *book) each(e *Entry, f func(i int)) {
	for _, i := range e.Items {
		if i >= 0 && i < len(b.stand) {
			f(i)
		}
	}
}

func (b *book) addItem(at Position, it *Item) {
	n := len(b.at)
	b.at = append(b.at, at)
	b.stand = append(b.stand, standing(planned))
	b.sums.add(standing(planned), 1)
	due := int64(0)
	if !it.Expires.IsZero() {
		due = it.Expires.Unix()
	}
	b.due = append(b.due, due)
	b.find.add(b.find.hash(it.Entity, it.ID), n)
	b.units[len(b.units)-1].end = n + 1
	for _, s := range [...]string{string(it.Entity), it.ID, it.Created, strconv.FormatInt(due, 10)} {
		b.sum.Write([]byte(s))
		b.sum.Write([]byte{0})
	}
}

// set changes the standing of an item, and the sums with it.
func (b *book) set(i int, s standing) {
	b.sums.add(b.stand[i], -1)
	b.sums.add(s, 1)
	b.stand[i] = s
}

func (b *book) outcome(i int, e *Entry) {
	s := b.stand[i]
	switch e.Result {
	case ResultAccepted:
		b.set(i, s.with(accepted).more())
		delete(b.last, i)
		return
	case ResultRefused:
		b.set(i, s.with(refused).more())
	case ResultUnknown:
		b.set(i, s.with(unknown).more())
	case ResultUnsent:
		if s.attempts() > 0 {
			b.set(i, s.with(failing))
		} else {
			b.set(i, s.with(planned))
		}
	case ResultDelivered, ResultPending, ResultExpired, ResultDrained, ResultPartial, ResultCancelled:
		return // no outcomes
	}
	if len(b.last) < maxLast {
		b.last[i] = *e
	}
}

// maxLast bounds the details of failures that are kept in memory.
const maxLast = 10_000

func (b *book) seen(i int, r Result) {
	s := b.stand[i]
	switch r {
	case ResultDelivered:
		if s.attempts() == 0 && s.phase() != intended {
			b.set(i, s.with(unasked))
		} else {
			b.set(i, s.with(delivered))
		}
		delete(b.last, i)
	case ResultPending:
		switch s.phase() {
		case intended:
			s = s.more() // it may have been sent before the crash
		case accepted, unknown:
			b.failed[b.units[b.unitOf(i)].Entity]++
		case planned, refused, failing, delivered, unasked, expired:
		}
		b.set(i, s.with(failing))
	case ResultExpired:
		b.set(i, s.with(expired))
	case ResultAccepted, ResultRefused, ResultUnknown, ResultUnsent, ResultDrained, ResultPartial, ResultCancelled:
		// nothing that a look can show
	}
}

// item reads an item back from the journal.
func (b *book) item(ctx context.Context, i int) (Item, error) {
	e, err := b.journal.Read(ctx, b.at[i])
	if err != nil {
		return Item{}, err
	}
	if e.Item == nil {
		return Item{}, fmt.Errorf("item %d is not where it was: %w", i, ErrCorrupt)
	}
	return *e.Item, nil
}

// number finds an item of the plan; below zero if it is not there.
func (b *book) number(ctx context.Context, entity celcoin.Entity, id string) (n int, err error) {
	var it Item
	n, ok := b.find.find(b.find.hash(entity, id), func(i int) bool {
		it, err = b.item(ctx, i)
		return err != nil || it.Entity == entity && it.ID == id
	})
	if err != nil || !ok {
		return -1, err
	}
	return n, nil
}

// seal is the digest of the plan as it stands in the book.
func (b *book) seal() (string, error) {
	request, err := json.Marshal(b.request)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	h.Write(request)
	h.Write(b.sum.Sum(nil))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// unitOf is the unit that an item was listed in.
func (b *book) unitOf(i int) int {
	lo, hi := 0, len(b.units)-1
	for lo < hi {
		mid := (lo + hi) / 2
		if b.units[mid].end <= i {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
