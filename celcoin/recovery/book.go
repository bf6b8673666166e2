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
	dates dateReading
	at    []Position // of each item
	due   []int64    // when each item expires, Unix seconds; 0: not known
	stand []standing
	sums  Totals // of stand
	// also are further units where a webhook of an item's id was listed.
	also     map[int][]Unit
	unlisted unlisted // in all units
	// failed counts replays without a delivery by entity, since somebody last
	// began a run: those of which a delivery failed, and those that are late.
	failed map[celcoin.Entity]int
	// late counts, of these, the replays that may still be delivered, by item.
	late map[int]int
	// arrived counts deliveries by entity, since then or since late ones were
	// last given up.
	arrived map[celcoin.Entity]int
	find    *lookup

	asked          time.Time // of the last intent or outcome
	started, ended time.Time
	active         time.Duration
	runBegan       time.Time
	result         Result
	reason         string
	calls, retries int
	fresh          map[celcoin.Entity]int // pending, and not of the plan
	gates          int
	said           []Position  // of each item's last outcome; 0: none
	receiver       map[int]int // what the receiver last answered to an item that failed
}

// unit is a Unit and the items that were listed in it.
type unit struct {
	Unit
	first, end int // numbers of items
	unlisted   unlisted
}

// unlisted is what a listing did not show.
type unlisted struct {
	counted int // webhooks that were counted
	refused int // windows that were not even counted
}

func (u *unlisted) add(count int) {
	if count > 0 {
		u.counted += count
	} else {
		u.refused++
	}
}

func newBook(j Journal, now func() time.Time) *book {
	b := &book{journal: j, now: now}
	b.clear()
	return b
}

func (b *book) clear() {
	b.digest, b.sum, b.dates = "", sha256.New(), dateReading{}
	b.units, b.at, b.due, b.stand, b.said, b.sums = nil, nil, nil, nil, nil, Totals{}
	b.also, b.unlisted = map[int][]Unit{}, unlisted{}
	b.failed, b.late, b.arrived = map[celcoin.Entity]int{}, map[int]int{}, map[celcoin.Entity]int{}
	b.find = newLookup()
	b.receiver, b.fresh = map[int]int{}, map[celcoin.Entity]int{}
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
	case KindAlso:
		if e.Window != nil {
			b.each(e, func(i int) { b.also[i] = append(b.also[i], *e.Window) })
		}
	case KindUnlisted:
		b.unlisted.add(e.Count)
		if n := len(b.units); n > 0 {
			b.units[n-1].unlisted.add(e.Count)
		}
	case KindPlanned:
		b.digest, b.skew = e.Digest, e.Skew
	case KindRun:
		if b.started.IsZero() {
			b.started = e.Time
		}
		b.runBegan, b.result, b.reason = e.Time, "", ""
		if e.Window == nil { // not of a single unit
			clear(b.failed)
			clear(b.late)
			clear(b.arrived)
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
		b.each(e, func(i int) { b.outcome(i, e.Result); b.said[i] = at })
	case KindSeen:
		b.each(e, func(i int) { b.seen(i, e) })
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
	b.said = append(b.said, 0)
	b.stand = append(b.stand, standing(planned))
	b.sums.add(standing(planned), 1)
	due := int64(0)
	if !it.Expires.IsZero() {
		due = it.Expires.Unix()
	}
	b.due = append(b.due, due)
	b.dates.add(it.Created, b.request.From, b.request.To)
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

func (b *book) outcome(i int, r Result) {
	s := b.stand[i]
	switch r {
	case ResultAccepted:
		b.set(i, s.with(accepted).more())
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
	case ResultDelivered, ResultPending, ResultLate, ResultLost, ResultUndone, ResultExpired, ResultDrained, ResultPartial, ResultCancelled:
		// no outcomes
	}
}

func (b *book) seen(i int, e *Entry) {
	s := b.stand[i]
	switch e.Result {
	case ResultDelivered:
		b.arrived[b.entityOf(i)]++
		if s.attempts() == 0 && s.phase() != intended {
			b.set(i, s.with(unasked))
		} else {
			b.set(i, s.with(delivered))
		}
		if n := b.late[i]; n > 0 { // it was late, and no failure
			b.failed[b.entityOf(i)] -= n
			delete(b.late, i)
		}
		delete(b.receiver, i)
	case ResultPending, ResultLate:
		b.stillPending(i, e)
	case ResultUndone:
		b.set(i, s.less().with(failing))
	case ResultLost:
		b.arrived[b.entityOf(i)] = 0
		b.failed[b.entityOf(i)] -= b.late[i]
		delete(b.late, i)
	case ResultExpired:
		b.set(i, s.with(expired))
	case ResultAccepted, ResultRefused, ResultUnknown, ResultUnsent, ResultDrained, ResultPartial, ResultCancelled:
		// nothing that a look can show
	}
}

// stillPending is for an item that is seen pending, or not at the receiver.
func (b *book) stillPending(i int, e *Entry) {
	s := b.stand[i]
	switch s.phase() {
	case intended:
		s = s.more() // it may have been sent before the crash
	case accepted, unknown:
		b.failed[b.entityOf(i)]++
		if e.Result == ResultLate {
			b.late[i]++
		}
	case failing:
		if e.Result == ResultPending {
			delete(b.late, i) // it has been tried, and did not arrive
		}
	case planned, refused, delivered, unasked, expired:
	}
	b.set(i, s.with(failing))
	if e.Status != 0 {
		b.receiver[i] = e.Status
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

func (b *book) entityOf(i int) celcoin.Entity { return b.units[b.unitOf(i)].Entity }
