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
	unsend  // the attempt did not happen
	again   // pending, or failed if the attempts are used up
	blame   // again, and the delivery has failed
	attempt // an attempt that failed: again
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
	KindUnsent:      {no, unsend, no, no, no, no, no, no, no, stay},
	KindDoubt:       {no, toInDoubt, no, no, no, no, no, no, no, stay},
	KindRefused:     {no, again, no, no, no, no, no, no, no, stay},
	KindNoMatch:     {no, lose, no, no, no, no, no, no, no, stay},
	KindInterrupted: {stay, toInDoubt, stay, stay, stay, stay, stay, stay, stay, stay},
	KindCounted:     {no, no, toCounted, toCounted, no, toCounted, no, no, no, no},
	KindTimeout:     {no, no, toOverdue, again, no, stay, no, no, no, no},
	KindUndelivered: {no, no, no, no, no, blame, no, no, no, no},
	KindPending:     {stay, stay, stay, stay, again, stay, stay, again, stay, retract},
	KindOther:       {depart, no, toUnproven, toUnproven, toUnproven, toUnproven, toUnproven, stay, toUnproven, stay},
	KindGone:        {toUnproven, no, toUnproven, toUnproven, toUnproven, toUnproven, toUnproven, stay, stay, stay},
	KindReceived:    {toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered},
	KindPulled:      {toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered},
	KindSent:        {toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered, toDelivered},
	KindUnpulled:    {attempt, no, attempt, attempt, no, attempt, attempt, attempt, attempt, no},
	KindFinal:       {no, no, no, no, toDelivered, no, no, no, no, stay},
	KindMissing:     {stay, stay, stay, stay, again, stay, stay, again, stay, retract},
	KindExpire:      {toExpired, no, no, no, no, no, no, no, stay, no},
	KindGiveUp:      {toFailed, toFailed, no, no, no, no, no, no, no, no},
	KindBegin:       {stay, stay, stay, stay, stay, stay, renew, renew, renew, stay},
}

// MaxAttempts is how often an item is replayed at most, over all runs.
const MaxAttempts = 15

// next returns the state that an event leads to. It changes nothing.
func (r *Row) next(k Kind, maxInRun int) (State, bool) {
	m := transitions[k][r.State]
	if m < no {
		return State(m), true
	}
	switch m {
	case stay:
		return r.State, true
	case unsend, again, blame, attempt:
		return r.retry(m, maxInRun), true
	case lose:
		if r.Last {
			return Expired, true
		}
		return Unproven, true
	case renew:
		if r.Error != "" || r.Attempts >= MaxAttempts || r.State == Unproven && r.Other == "" && !r.AnyStatus {
			return r.State, true
		}
		return Pending, true
	case depart:
		if r.AnyStatus {
			return Pending, true
		}
		return Unproven, true
	case retract:
		if r.Evidence >= ByPulled {
			return Delivered, true
		}
		return r.retry(again, maxInRun), true
	default: // no
		return r.State, false
	}
}

// retry returns pending, unless the attempts are used up.
func (r *Row) retry(m move, maxInRun int) State {
	total, inRun := r.Attempts, r.InRun
	switch {
	case m == unsend:
		total, inRun = total-1, inRun-1
	case m == attempt:
		total, inRun = total+1, inRun+1
	case m == blame && r.Probe:
		inRun-- // a canary or trial never counts against its item
	}
	if r.Last || m == attempt && r.State == Expired {
		return Expired
	}
	if total >= MaxAttempts || inRun >= maxInRun || r.Error != "" {
		return Failed
	}
	return Pending
}

// apply changes a row by an event.
func (r *Row) apply(e *Event, maxInRun int) bool {
	next, legal := r.next(e.Kind, maxInRun)
	if !legal {
		return false
	}
	from := r.State
	switch e.Kind {
	case KindIntent:
		r.Attempts++
		r.InRun++
		r.Sent, r.Probe, r.Refused, r.Last = e.Time, e.Probe, false, from == Expired
	case KindUnsent, KindGiveUp:
		if from == Sending {
			r.Attempts--
			r.InRun--
			r.Answer = e.Answer
		}
	case KindPulled:
		r.Probe = e.Probe
	case KindUnpulled:
		r.Attempts++
		r.InRun++
		r.Failures++
		r.Probe = e.Probe
	case KindAccepted:
		r.Accepted = e.Time
	case KindRefused:
		r.Refused = from == Sending
	case KindUndelivered:
		r.Failures++
		if r.Probe {
			r.InRun--
		}
	case KindOther:
		r.Other, r.AnyStatus = e.Other, true
	case KindMissing:
		r.AnyStatus = true
	case KindPending:
		r.Other, r.AnyStatus = "", false
	case KindBegin:
		r.InRun, r.Last = 0, false
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
	r.State = next
	r.Evidence = evidence(r, e.Kind)
	return true
}

// evidence is that of the row after an event: the strongest so far.
func evidence(r *Row, k Kind) Evidence {
	if r.State != Delivered {
		return NoEvidence
	}
	switch k {
	case KindReceived:
		return ByReceived
	case KindPulled:
		return max(r.Evidence, ByPulled)
	case KindSent:
		return max(r.Evidence, BySent)
	case KindFinal:
		return max(r.Evidence, ByCount)
	default:
		return r.Evidence
	}
}

// Outcome is what became of a delivery.
type Outcome struct {
	Arrived  bool
	Accepted time.Time
	AtLeast  time.Duration // it was still missing so long after
}

// outcome tells what an event says of a row's delivery, if it says something. A
// canary or a trial that ends in any way but proven has failed.
func (r *Row) outcome(from State, e *Event) (o Outcome, ended bool) {
	o.Accepted = latest(r.Sent, r.Accepted)
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
	case KindRefused, KindTimeout, KindGone, KindPending, KindMissing:
		return o, probe
	default:
		return o, false
	}
}
