// Package engine plans and runs recoveries: it calls Celcoin and the receiver,
// appends what it learns to the logs of units, and does what their ledgers say is
// next. Nothing that decides is kept anywhere else: a process that opens a unit's
// log goes on where another ended.
//
// The way of one item, file by file:
//
//   - planning.go cuts the outage into windows; listing.go lists each, page by page;
//     rows.go makes an item of each row; sealing.go puts the items into the unit's
//     log, or into that of the unit that owners.go knows for the id, and completes the
//     plan.
//   - run.go runs the units that schedule.go hands out; rununit.go runs one alone.
//     Both let unit.go take a unit from step to step.
//   - delivery.go asks delivery control for places in flight, and gate.go whether the
//     receiver is ready; replay.go writes the intent, sends the replay and writes its
//     outcome. pull.go fetches the payload instead.
//   - confirm.go finds out what arrived: by the receiver's word, by the pending
//     count, or by looking items up (lookup.go); and which deliveries have failed.
//   - closing.go looks at all of the unit once more, a delivery timeout after the
//     last replay, and takes in what the listing had missed.
//   - lastlook.go looks at the windows without items, and verifies without a run.
//     read.go reads the logs for a report, which package recovery makes.
//
// There is a log for each unit (unitlog.go), one for the plan (planlog.go) and one
// for each run of a process (runlog.go). What the processes of a store
// share beside the logs are documents: the pace, delivery control, the registry of
// recoveries, and how far a watch has come.
//
// It is larger than the few calls suggest, because what goes wrong with one item,
// page, window, entity, clock or process has a place of its own, that neither
// loses a webhook nor stops the others: age.go, clock.go, owners.go, registry.go
// and leftout.go are such places. Pulling, and the watch's survey.go, are two more
// uses of the same listing.
//
// All calls go through calls.go, which keeps to the concurrency of the process and
// to the rate of all processes. wait.go has how the engine waits and tries again.
package engine
