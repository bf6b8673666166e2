// Package ledger is the state machine of a recovery: what became of each webhook
// of a unit, by what evidence, and how fast its entity may be replayed. It is
// pure: no I/O, no clock but the times of events. The engine applies an event, so
// that one that does not fit is refused, and appends it to the unit's log: a unit
// that is read back knows what a running one knew.
//
// # States of an item
//
// The way of a replay:
//
//	pending ──intent──▶ sending ──accepted──▶ accepted ──timeout──▶ overdue
//	   ▲                 │   │                   │                   │   │
//	   │◀──── unsent ────┘   │ doubt             │ counted           │   │
//	   │                     ▼                   ▼                   │   │
//	   │◀─── timeout ─── in doubt ── counted ─▶ counted ◀─ counted ──┘   │
//	   │                                         │   │                   │
//	   │◀──────────── pending seen ──────────────┘   └ final ▶ delivered │
//	   └◀───────────────────────── undelivered ──────────────────────────┘
//
// All events, with the states that they change:
//
//	intent               pending, expired ──▶ sending
//	accepted             sending ──▶ accepted
//	unsent, refused      sending ──▶ pending
//	doubt                sending ──▶ in doubt
//	no match             sending ──▶ unproven
//	counted              accepted, in doubt, overdue ──▶ counted
//	pending (seen so)    counted, unproven, delivered by sent or counted ──▶ pending
//	timeout              accepted ──▶ overdue; in doubt ──▶ pending
//	undelivered          overdue ──▶ pending
//	other                all but pending, sending, unproven and delivered ──▶ unproven;
//	                     pending, too, unless it is to be replayed under another status
//	gone                 all but sending, unproven, expired and delivered ──▶ unproven
//	received, sent       all ──▶ delivered
//	pulled               all ──▶ delivered
//	unpulled             all but sending, counted and delivered ──▶ pending
//	final                counted ──▶ delivered
//	expire               pending ──▶ expired
//	give up              pending, sending ──▶ failed
//	begin (a new run)    failed, expired, unproven under another status ──▶ pending
//
// What would go to pending becomes failed if its attempts are used up, and
// expired if it was tried although it is expired; begin leaves it as it is if
// those of all runs are used up. The table in transitions.go has every pair of
// event and state; those marked no are errors. The ledger also tells delivery
// control ([Control]) what became of a delivery: [Outcome].
//
// Two thirds of the package are the states. The rest is delivery control and the
// pace ([Pace]), which are here because they are pure as well.
package ledger
