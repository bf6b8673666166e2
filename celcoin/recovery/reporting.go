package recovery

import (
	"context"
	"fmt"
	"iter"
	"net/http"

	"github.com/reenvio/reenvio-go/celcoin"
)

// Report says how a recovery stands, by its journal. Nothing is asked.
func (r *Recoverer) Report(ctx context.Context, id string) (*Report, error) {
	return r.perform(ctx, id, func(*book) error { return nil })
}

// Items goes through the items of a plan and what became of them, in the order
// of the listing, also those that a report does not name. It holds the journal
// until the loop ends: another call for the same recovery, from inside of it,
// would wait for ever.
func (r *Recoverer) Items(ctx context.Context, id string) iter.Seq2[ItemState, error] {
	return func(yield func(ItemState, error) bool) {
		err := r.openKnown(ctx, id, func(b *book) error {
			for i, s := range b.stand {
				it, err := b.item(ctx, i)
				if err != nil {
					return err
				}
				if !yield(ItemState{Item: it, State: s.name(), Attempts: s.attempts()}, nil) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(ItemState{}, err)
		}
	}
}

// ItemState is an item and what became of it.
type ItemState struct {
	Item
	// State is "delivered", "already delivered", "expired", "rejected",
	// "unknown" or "still pending".
	State    string
	Attempts int
}

func (s standing) name() string {
	switch s.phase() {
	case delivered:
		return "delivered"
	case unasked:
		return "already delivered"
	case expired:
		return "expired"
	case refused:
		return "rejected"
	case intended, unknown, accepted:
		return "unknown"
	case planned, failing:
	}
	return "still pending"
}

// add counts an item n times. Replayed are those with an attempt that was not
// refused.
func (t *Totals) add(s standing, n int) {
	t.Planned += n
	switch s.phase() {
	case delivered:
		t.Delivered += n
	case unasked:
		t.AlreadyDelivered += n
	case expired:
		t.Expired += n
	case refused:
		t.Rejected += n
	case intended, unknown, accepted:
		t.Unknown += n
	case planned, failing:
		t.StillPending += n
	}
	if s.attempts() > 0 && s.phase() != refused {
		t.Replayed += n
	}
}

// totals are those of all items.
func (b *book) totals() Totals {
	t := b.sums
	for _, n := range b.fresh {
		t.NewDuringRun += n
	}
	return t
}

// totalsOf count the items of a unit.
func (b *book) totalsOf(u *unit) Totals {
	var t Totals
	for i := u.first; i < u.end; i++ {
		t.add(b.stand[i], 1)
	}
	return t
}

// maxFailures is how many failures a report names.
const maxFailures = 1000

// report makes the report of a book.
func (b *book) report(ctx context.Context) (*Report, error) {
	r := &Report{
		ID: b.request.ID, State: b.state(), Reason: b.reason,
		From: b.request.From, To: b.request.To, Started: b.started, Ended: b.ended, Digest: b.digest,
		Totals: b.totals(), Calls: b.calls, Active: b.active, GateClosed: b.gates, FalseZ: b.dates.falseZ(),
	}
	if b.started.IsZero() {
		r.Reason = "it has been planned, and not run yet"
	}
	entities := map[celcoin.Entity]*EntityReport{}
	for _, e := range b.request.Entities {
		entities[e] = &EntityReport{Entity: e, Timeline: b.request.timeline()}
		entities[e].NewDuringRun = b.fresh[e]
	}
	for n := range b.units {
		u := &b.units[n]
		e := entities[u.Entity]
		for i := u.first; i < u.end; i++ {
			s := b.stand[i]
			e.add(s, 1)
			r.Retries += max(s.attempts()-1, 0)
			e.place(b.due[i], r.FalseZ, s)
			if err := b.fail(ctx, r, i); err != nil {
				return nil, err
			}
		}
	}
	for _, e := range b.request.Entities {
		r.Entities = append(r.Entities, *entities[e])
	}
	return r, nil
}

func (b *book) state() State {
	switch {
	case b.result == ResultDrained && b.shortfall() == "":
		return StateDrained
	case b.result == ResultCancelled, b.result == "" && !b.started.IsZero():
		return StateCancelled // or killed
	}
	return StatePartial
}

// fail names an item among the failures, if it is one.
func (b *book) fail(ctx context.Context, r *Report, i int) error {
	s := b.stand[i]
	switch s.phase() {
	case delivered, unasked:
		return nil
	case planned, failing:
		if s.attempts() == 0 && b.said[i] == 0 {
			return nil // merely not tried yet
		}
	case intended, accepted, unknown, refused, expired:
	}
	if len(r.Failures) == maxFailures {
		r.MoreFailures++
		return nil
	}
	it, err := b.item(ctx, i)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	f := Failure{
		Entity: it.Entity, ID: it.ID, Created: it.Created, Attempts: s.attempts(), State: s.name(),
		ReceiverStatus: b.receiver[i],
	}
	if b.said[i] != 0 {
		said, err := b.journal.Read(ctx, b.said[i])
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		f.Status, f.Code, f.RequestID, f.Error = said.Status, said.Code, said.RequestID, said.Error
		if said.Result == ResultAccepted {
			f.Error = b.afterAcceptance(i)
		}
	}
	r.Failures = append(r.Failures, f)
	return nil
}

// afterAcceptance says what is wrong with a replay that Celcoin took.
func (b *book) afterAcceptance(i int) string {
	switch status := b.receiver[i]; {
	case b.stand[i].phase() != failing:
		return "accepted, and not looked at since"
	case b.late[i] > 0:
		return "accepted, and not delivered yet"
	case status == 0:
		return "accepted, and not delivered"
	case status == http.StatusOK:
		return "accepted, and the receiver's answer was 200, but it is pending, or not received"
	default:
		return fmt.Sprintf("accepted, and the receiver answered %d", status)
	}
}
