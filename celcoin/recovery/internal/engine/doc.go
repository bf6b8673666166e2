// Package engine plans and runs recoveries: it calls Celcoin and the receiver,
// appends what it learns to the logs of units, and does what their ledgers say
// is next. Nothing that decides is kept anywhere else: a process that opens a
// unit's log goes on where another ended.
//
// The way of one item, file by file:
//
//   - planning.go cuts the outage into windows; listing.go lists each, page by
//     page; rows.go makes an item of each row; sealing.go writes them into the unit's log.
//   - run.go hands out units; unit.go opens one and takes it from step to step.
//   - replay.go asks delivery control for places in flight, writes the intent,
//     sends the replay and writes its outcome. pull.go fetches the payload instead.
//   - confirm.go finds out what arrived: by the receiver's word, by the pending
//     count, or by looking items up; and which deliveries have failed.
//   - closing.go looks at all of the unit once more, a delivery timeout after the
//     last replay, and takes in what the listing had missed.
//   - verify.go does the same without a run. read.go reads the logs for a report.
//
// It is larger than the four calls suggest, because each has its own way to fail
// that must neither lose a webhook nor stop the others: age.go, owners.go, registry.go
// and lastlook.go are one such way each, and pull.go is a second way to deliver.
//
// All calls go through calls.go, which keeps to the concurrency of the process and to
// the rate of all processes.
package engine
