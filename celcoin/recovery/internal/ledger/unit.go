package ledger

import (
	"fmt"
	"time"
)

// Unit is one entity in one window: its rows, and how far its runs have come.
type Unit struct {
	Head   Head
	Rows   []Row
	Listed bool
	Sealed time.Time // when the plan was complete
	// Unlisted is how many webhooks Celcoin counted beyond those that it listed.
	Unlisted int
	Run      Run
	Calls    int
	Retries  int // replays of a row after its first
	// Later is how many pending webhooks the latest look found that are dated
	// after the plan.
	Later int
	// Replayed is when the latest intent was written, Looked when the latest
	// closing look came to its end; zero if something was replayed since.
	Replayed time.Time
	Looked   time.Time
	// Cut is how many bytes the store has cut off the log, all of them never known
	// to be durable.
	Cut int64

	// Untold is what became of deliveries, as far as delivery control has not been told.
	Untold []Outcome
	// Missing is when whoever holds the unit last saw rows in flight missing. It is
	// not in the log.
	Missing time.Time

	planned   Digest
	items     int
	known     map[Name]int
	byID      map[string][]int
	totals    Totals
	elsewhere map[string]bool
}

// Run is a run of a unit: from its begin to its end. A crash, a cancellation and
// a snoozed job leave it open.
type Run struct {
	Began       time.Time
	Ended       time.Time // zero: under way
	MaxAttempts int
	Result      string
	Reason      string
}

// Open tells whether a run is under way.
func (r *Run) Open() bool { return !r.Began.IsZero() && r.Ended.IsZero() }

// Apply changes the unit by an event. After an error the unit is not changed.
func (u *Unit) Apply(e *Event) error {
	if u.Head.Version == 0 && e.Kind != KindUnit {
		return fmt.Errorf("%s before the head: %w", e.Kind, ErrVersion)
	}
	switch e.Kind {
	case KindUnit:
		return u.begin(e.Head)
	case KindItem:
		return u.add(e)
	case KindListed:
		u.Listed, u.Unlisted = true, e.Unlisted
		for _, id := range e.Elsewhere {
			u.elsewhere[id] = true
		}
	case KindSealed:
		u.Sealed = e.Time
	case KindBegin:
		if u.Run.Open() || !u.Listed {
			return fmt.Errorf("begin in a run, or before the listing's end: %w", ErrIllegal)
		}
		u.Run = Run{Began: e.Time, MaxAttempts: e.MaxAttempts}
		return u.each(e)
	case KindLooked:
		u.Looked, u.Later, u.Unlisted = e.Time, e.Later, e.Unlisted
	case KindEnd:
		if !u.Run.Open() {
			return fmt.Errorf("end without a run: %w", ErrIllegal)
		}
		u.Run.Ended, u.Run.Result, u.Run.Reason = e.Time, e.Result, e.Reason
	case KindCalls:
		u.Calls += e.Calls
	case KindTold:
		u.Untold = nil
	case KindCut:
		u.Cut += e.Cut
	default:
		return u.each(e)
	}
	return nil
}

// begin takes the head. A listing that begins again forgets what it had.
func (u *Unit) begin(h *Head) error {
	if h == nil || h.Version != Version {
		return ErrVersion
	}
	if u.Listed {
		return fmt.Errorf("a head after the listing's end: %w", ErrIllegal)
	}
	*u = Unit{Head: *h, known: map[Name]int{}, byID: map[string][]int{}, elsewhere: map[string]bool{}}
	return nil
}

// add takes a row. One that is known is dropped: a listing may repeat it.
func (u *Unit) add(e *Event) error {
	if e.Item == nil {
		return fmt.Errorf("an item without its row: %w", ErrIllegal)
	}
	row := Row{Item: *e.Item}
	if _, known := u.known[row.Name()]; known {
		return nil
	}
	n := len(u.Rows)
	u.known[row.Name()] = n
	row.earlier, row.later = row.Item.Expires()
	if row.Error != "" {
		row.State = Failed
		row.Answer.Error = row.Error
	}
	if row.ID != "" {
		u.byID[row.ID] = append(u.byID[row.ID], n)
	}
	u.Rows = append(u.Rows, row)
	if !row.FoundLater {
		u.planned.add(row.Name())
		u.items++
	}
	u.totals.add(&row, 1)
	return nil
}

// each applies an event to its items.
func (u *Unit) each(e *Event) error {
	if _, known := transitions[e.Kind]; !known {
		return fmt.Errorf("%.40q is not known to this version: %w", e.Kind, ErrVersion)
	}
	if e.Kind == KindBegin {
		for i := range u.Rows {
			u.change(&u.Rows[i], e)
		}
		return nil
	}
	for _, i := range e.Items {
		if i < 0 || i >= len(u.Rows) {
			return fmt.Errorf("%s of item %d of %d: %w", e.Kind, i, len(u.Rows), ErrIllegal)
		}
		if !u.Rows[i].legal(e.Kind) {
			return fmt.Errorf("%s of item %d, which is %s: %w", e.Kind, i, u.Rows[i].State, ErrIllegal)
		}
	}
	for _, i := range e.Items {
		u.change(&u.Rows[i], e)
	}
	return nil
}

func (u *Unit) change(r *Row, e *Event) {
	u.totals.add(r, -1)
	if e.Kind == KindIntent {
		u.Replayed, u.Looked = e.Time, time.Time{}
		if r.Attempts > 0 && !r.Sent.IsZero() {
			u.Retries++
		}
	}
	from := r.State
	r.apply(e, u.Run.MaxAttempts)
	u.totals.add(r, 1)
	if o, ended := r.outcome(from, e); ended {
		r.Probe = false
		o.AtLeast = max(u.Missing.Sub(o.Accepted), 0)
		u.Untold = append(u.Untold, o)
	}
}

// Find returns the number of the row that is the same as an item.
func (u *Unit) Find(it *Item) (int, bool) {
	n, ok := u.known[it.Name()]
	return n, ok
}

// Named are the rows of an id.
func (u *Unit) Named(id string) []int { return u.byID[id] }

// Foreign counts the ids that the window lists, and that are another unit's.
func (u *Unit) Foreign() int { return len(u.elsewhere) }

// Elsewhere tells whether an id is another unit's, although the window lists it.
func (u *Unit) Elsewhere(id string) bool { return u.elsewhere[id] }

// Planned returns how many rows the plan listed, and the digest of them.
func (u *Unit) Planned() (int, Digest) { return u.items, u.planned }

// Totals counts the rows.
func (u *Unit) Totals() Totals {
	t := u.totals
	t.NewDuringRun = u.Later
	return t
}

// In counts the rows in any of these states.
func (u *Unit) In(of ...State) (n int) {
	for _, s := range of {
		n += u.totals.In[s]
	}
	return n
}

// Drained tells whether every row has evidence, and a closing look after the
// latest replay has found nothing else.
func (u *Unit) Drained() bool {
	return u.Listed && u.Unlisted == 0 && !u.Looked.IsZero() && u.In(Delivered) == len(u.Rows)
}

// Unfinished tells whether a replay is still to come, or under way.
func (u *Unit) Unfinished() bool {
	return u.In(Pending, Sending, Accepted, InDoubt, Overdue) > 0
}
