// Package engine plans and runs recoveries: it calls Celcoin and the receiver,
// appends what it learns to the logs of units, and does what their ledgers say is
// next. Nothing that decides is kept anywhere else: a process that opens a unit's
// log goes on where another ended.
//
// The way of one webhook, file by file:
//
//   - planning.go cuts the outage into windows; listing.go lists each, page by page;
//     rows.go makes an item of each row. leftout.go takes out what another recovery
//     has pulled and what the receiver has. sealing.go puts the rest into the log of
//     the window's unit, or of the unit that owners.go names because it listed the id
//     first, and completes the plan. age.go finds what is too old to be listed, and names
//     what was set aside.
//   - run.go runs the units that schedule.go hands out; rununit.go runs one alone.
//     Both let unit.go take a unit from step to step, until its run ends or has to
//     wait. It begins with what needs no replay any more: what another recovery has
//     pulled meanwhile, and what is expired.
//   - delivery.go asks delivery control for places in flight, and gate.go whether the
//     receiver is ready. replay.go leaves out what has arrived meanwhile, writes the
//     intent, sends the replay and writes its outcome. Or pull.go lists the payloads
//     and hands them to the handler.
//   - confirm.go finds out what arrived: by the receiver's word, by the pending
//     count, or by looking items up (lookup.go). What is overdue and lost goes back to
//     be replayed, and delivery control is told.
//   - closing.go looks at all of the unit once more, a delivery timeout after the
//     last replay, and takes in what the listing had missed.
//   - lastlook.go counts what is pending in the windows without items: one that has
//     something becomes a unit like any other. It also verifies without a run.
//   - read.go reads the logs for the report, which package recovery makes;
//     shortfall.go says what a unit lacks.
//
// There is a log for each unit (unitlog.go), one for the plan (planlog.go) and one
// for each run of a process (runlog.go). What the processes of a store share
// beside the logs are documents: the pace (calls.go), delivery control
// (delivery.go), the registry of recoveries (registry.go), and how far a watch has
// come (survey.go, which lists what is pending and keeps nothing). names.go has the
// names of logs.
//
// All calls go through calls.go, which keeps to the concurrency of the process and
// to the rate of all processes, and lets clock.go read Celcoin's clock off the
// answers. wait.go has how the engine waits and tries again.
//
// It is larger than the few calls suggest, because what goes wrong with one item,
// page, window, entity, clock or process has a place of its own, where it neither
// loses a webhook nor stops the others.
package engine
