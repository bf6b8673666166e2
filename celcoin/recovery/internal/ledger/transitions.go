package ledger

import "time"

// move is where an event leads to: a state, or a rule that finds one.
type move uint8

const (
	toPending move = iota
	toSending
	toAccepted
	toInDoubt
	toCounted
	toOverdue
	toFailed
	toUnproven
	toExpired
	toDelivered

	no      // illegal
	stay    // known already, or without meaning in this state
	again   // pending, or failed if the attempts are used up; expired if it was
	lose    // unproven; expired if it was
	renew   // begin: what a new run tries again
	retract // delivered: pending, if the evidence was Celcoin's
	depart  // pending: unproven, unless it is to be replayed under its other status
)

// transitions has a move for each event and state. The columns are in the order
// of the states.
var transitions = map[Kind][states]move{
	//               pending      sending      accepted     in doubt     counted      overdue      failed       unproven     expired      delivered
	KindIntent:      {toSending, no, no, no, no, no, no, no, toSending, no},
	KindAccepted:    {no, toAccepted, no, no, no, no, no, no, no, stay},
	KindUnsent:      {no, again, no, no, no, no, no, no, no, stay},
	KindDoubt:       {no, toInDoubt, no, no, no, no, no, no, no, stay},
	KindRefused:     {no, again, no, no, no, no, no, no, no, stay},
	KindNoMatch:     {no, lose, no, no, no, no, no, no, no, stay},
	KindCounted:     {no, no, toCounted, toCounted, no, toCounted, no, no, no, no},
	KindTimeout:     {no, no, toOverdue, again, no, stay, no, no, no, no},
	KindUndelivered: {no, no, no, no, no, again, no, no, no, no},
	KindPending:     {stay, stay, stay, stay, again, stay, stay, again, stay, retract},
	KindOther:       {depart, no, toUnproven, toUnproven, toUnproven, toUnproven, toUnproven, stay, toUnproven, stay},
	KindGone:        {toUnproven, no, toUnproven, toUnproven, toUnproven, toUnproven, toUnproven, stay, stay, stay},
	KindReceived:    {toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered},
	KindPulled:      {toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered},
	KindSent:        {toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered},
	KindUnpulled:    {again, no, again, again, no, again, again, again, again, no},
	KindFinal:       {no, no, no, no, toDelivered, no, no, no, no, stay},
	KindExpire:      {toExpired, no, no, no, no, no, no, no, stay, no},
	KindGiveUp:      {toFailed, toFailed, no, no, no, no, no, no, no, no},
	KindBegin:       {stay, stay, stay, stay, stay, stay, renew, renew, renew, stay},
}

// MaxAttempts is how often an item is replayed at most, over all runs.
const MaxAttempts = 15

// legal tells whether an event fits the state of the row.
func (r *Row) legal(k Kind) bool { return transitions[k][r.State] != no }

// apply changes a row by an event that fits it.
func (r *Row) apply(e *Event, maxInRun int) {
	from, attempts := r.State, 0
	switch e.Kind {
	case KindIntent:
		attempts = 1
		r.Sent, r.Probe, r.Refused, r.Last = e.Time, e.Probe, false, from == Expired
	case KindUnpulled:
		attempts = 1
		r.Failures++
		r.Probe, r.Last = e.Probe, r.Last || from == Expired
	case KindUnsent, KindGiveUp:
		if from == Sending {
			attempts = -1
			r.Answer = e.Answer
		}
	case KindUndelivered:
		r.Failures++
	case KindBegin:
		r.InRun, r.Last = 0, false
	default:
	}
	r.Attempts += attempts
	r.InRun += attempts
	if r.Probe && (e.Kind == KindUndelivered || e.Kind == KindUnpulled) {
		r.InRun-- // a canary or trial never counts against its item
	}
	r.State = r.next(transitions[e.Kind][from], maxInRun)
	switch e.Kind {
	case KindAccepted:
		r.Sent = e.Time
	case KindRefused:
		r.Refused = from == Sending
	case KindPulled:
		r.Probe = e.Probe
	case KindOther, KindPending:
		r.Other = e.Other
	default:
	}
	switch e.Kind {
	case KindAccepted, KindDoubt, KindRefused, KindNoMatch, KindUnpulled:
		r.Answer = e.Answer
	default:
	}
	if e.Receiver != 0 {
		r.HTTPStatus = e.Receiver
	}
	if r.Evidence = max(r.Evidence, proofs[e.Kind]); r.State != Delivered {
		r.Evidence = NoEvidence
	}
}

// proofs are the events that are evidence.
var proofs = map[Kind]Evidence{KindFinal: ByCount, KindSent: BySent, KindPulled: ByPulled, KindReceived: ByReceived}

// next returns the state that a move leads to.
func (r *Row) next(m move, maxInRun int) State {
	usedUp := r.Attempts >= MaxAttempts || r.Error != ""
	switch {
	case m < no:
		return State(m)
	case m == stay, m == retract && r.Evidence >= ByPulled:
		return r.State
	case m == renew && (usedUp || r.State == Unproven && r.Other == ""):
		return r.State
	case m == renew, m == depart && r.Other != "":
		return Pending
	case r.Last:
		return Expired
	case m == lose, m == depart:
		return Unproven
	case usedUp, r.InRun >= maxInRun:
		return Failed
	}
	return Pending
}

// Outcome is what became of a delivery.
type Outcome struct {
	Arrived  bool
	At       time.Time // when that was seen
	Accepted time.Time
	AtLeast  time.Duration // it was still missing so long after
}

// outcome tells what an event says of a row's delivery, if it says something. A
// canary or a trial that ends in any way but proven has failed.
func (r *Row) outcome(from State, e *Event) (o Outcome, ended bool) {
	o.At, o.Accepted = e.Time, r.Sent
	probe := r.Probe && (from.InFlight() && !r.State.InFlight() || from == Unproven)
	switch e.Kind {
	case KindPulled, KindUnpulled:
		o.Arrived, o.Accepted = e.Kind == KindPulled, e.Time
		return o, true
	case KindReceived, KindSent, KindCounted:
		o.Arrived = true
		return o, from.InFlight()
	case KindUndelivered:
		return o, true
	case KindOther:
		return o, from.InFlight() || from == Counted || probe
	case KindRefused, KindTimeout, KindGone, KindPending:
		return o, probe
	default:
		return o, false
	}
}
