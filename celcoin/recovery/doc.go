// Package recovery gets everything back that a receiver of Celcoin's webhooks
// missed, gently, and says only what it knows. It plans, replays or pulls, and
// confirms, and survives a crash at any moment.
//
//	recoverer, err := recovery.New(client,
//		recovery.WithStore(recovery.FileStore("recoveries")),
//		recovery.WithRate(20, 20),
//		recovery.WithGate(receiverIsUp),
//	)
//	...
//	report, err := recoverer.Recover(ctx, recovery.Request{
//		Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut},
//		From:     time.Date(2026, 1, 31, 1, 10, 0, 0, brasilia),
//		To:       time.Date(2026, 1, 31, 2, 55, 0, 0, brasilia),
//	})
//	...
//	report.WriteText(os.Stdout)
//	return report.Err() // nil: drained
//
// # Plan
//
// [Recoverer.Plan] lists, and never replays: the set would shrink under the
// pages. The outage, widened by three hours on both sides because the dates of
// webhooks may be off by that, is cut into units: one entity in one window of an
// hour at most. Each unit has a journal of its own. Different rows are counted,
// not lines; a window that Celcoin does not list in full is listed again, and
// then halved. What cannot be asked for or listed is named, planned around, and
// keeps the recovery from being drained. The plan says how long a run will take
// and what holds it back. Its digest stands for every item: [Recoverer.Run]
// refuses a plan that has changed, and one of another Celcoin.
//
// # Run
//
// Units run side by side, in goroutines, and in as many processes as share the
// store: [Recoverer.Run], [Recoverer.Resume], or one job per unit with
// [Recoverer.RunUnit]. The gate is asked first and between batches. The intent to
// replay is durable before the request leaves, and the outcome is written when it
// is known; what a crash leaves in doubt is looked up. So nothing is lost, and no
// more webhooks arrive twice than requests were under way.
//
// A few canaries of each entity are proven delivered before more is sent; then
// those that expire soonest go first. A failed delivery is one that is still
// pending after the delivery timeout although a later one has arrived, or after
// the max wait. Failures in a row and what is in flight never exceed the failure
// limit together, over all units and processes: by an older page of Celcoin's,
// more than 50 failures block an entity. See [WithFailureLimit] for the breaker.
//
// # Evidence
//
// An item is delivered by one of these, and a report counts each:
//
//   - received: the receiver says so ([WithReceived])
//   - pulled: the handler of [WithPull] took its payload
//   - sent: Celcoin lists it as ENVIADO, with a 2xx or no code
//   - counted: the number of what is pending fell by exactly what was replayed.
//     This frees places in flight, and is evidence only where Celcoin cannot be asked
//     for more, because it refuses or the webhook is older than 7 days
//
// A delivery timeout after its last replay, each unit is looked at once more. What
// is pending then and is not dated after the plan joins it. A recovery is
// drained only if every item has evidence and that look has found nothing else.
// That an item is no longer pending is not evidence: such an item is unproven.
//
// # Failures
//
// A webhook that does not get through is tried three times in a run, after all
// others, and 15 times over all runs; then it is reported. What one webhook,
// window or entity causes stays its own, and the rest goes on. A 429 and a
// Retry-After slow down all processes. What would have to wait longer than the
// max wait ends the run as partial, with the moment at which to go on.
//
// # Clocks
//
// Whether a webhook is older than 7 days is decided by Celcoin's clock, taken
// from the Date of its answers once two of them agree; without that nothing is
// expired. Dates have two readings, three hours apart: see [celcoin.Timestamp].
// By the later one an item expires; what is over by the earlier one is urgent and
// goes first. What is expired is tried all the same, last and once; of what that
// leaves, [Recoverer.Statuses] asks what became of the transactions.
//
// # Reports
//
// A [Report] or [Plan] says the same in all its outputs: it is put into words
// here, and laid out by package render. With the status calls and the watch, that
// is more than half of this package.
//
// # Limits
//
// None of Celcoin's calls is documented to tell when a delivery was tried, which
// limits it has, or what a window older than 7 days gets: the rules above hold
// whatever it does. A row on the whole second at which two windows meet, which
// only a later look finds, may be replayed twice.
package recovery
