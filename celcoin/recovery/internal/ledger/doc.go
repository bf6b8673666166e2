// Package ledger is the state machine of a recovery: what became of each webhook
// of a unit, by what evidence, and how fast its entity may be replayed. It is
// pure: no I/O, no clock but the times of events. The engine appends an event to
// the unit's log and then applies it, so a unit that is read back knows what a
// running one knew.
//
// # States of an item
//
//	          intent                 accepted             timeout
//	pending ──────────▶ sending ───────────────▶ accepted ────────▶ overdue
//	   ▲  ▲               │ │                      │   ▲               │
//	   │  └── unsent ─────┘ │ doubt                │   └ (stays, while │
//	   │                    ▼                      │     it may come)  │
//	   │◀──── timeout ─── in doubt                 │ counted           │ undelivered
//	   │                    │ counted              ▼                   │
//	   │                    └─────────────────▶ counted ── final ──▶ delivered
//	   │◀───────────── pending seen ──────────────┘                    │
//	   │◀──────────────────────────────────────────────────────────────┘
//	   │        begin (a new run)
//	   └◀───────────────────────── failed, expired, unproven (under another status)
//
//	received, pulled, sent:  every state ──▶ delivered
//	other, gone:             pending, accepted, in doubt, overdue, counted, failed ──▶ unproven
//	other:                   expired, too (pending stays if it is to be replayed under that status)
//	pending seen:            unproven, counted, delivered by sent or counted ──▶ pending
//	refused:                 sending ──▶ pending       no match:  sending ──▶ unproven
//	unpulled:                an attempt, back to pending
//	expire:                  pending ──▶ expired       give up:   pending, sending ──▶ failed
//	intent:                  expired ──▶ sending, too  counted:   overdue ──▶ counted, too
//
// Wherever an item would go back to pending, it becomes failed if its attempts
// are used up, and expired if it is tried although it is expired. The table in
// transitions.go has every pair of state and event; those marked no are errors. It
// also tells delivery control ([Control]) what became of a
// delivery: [Outcome].
package ledger
