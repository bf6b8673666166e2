// Package celcoinriver runs recoveries of Celcoin's webhooks on many machines: by
// River, a job queue on PostgreSQL (https://riverqueue.com), and the journals of
// celcoinsql/journalsql on the same database.
//
// One machine is enough for most outages, see the README. Several bring failover.
// They bring speed only where latency holds a run back: its rate, and the number
// of replays in flight, are of all machines together.
//
// The package is larger than two workers need, because of what River leaves to its
// users: migrations of several processes at once, snoozes by the database's clock,
// rounds of a watch that no killed machine holds up, and the status of a job.
//
// # A machine
//
// The example of the package is what each machine runs. Give its pool a connection
// for each unit that is open at once, four an entity in each job, and ten more.
//
// # A job is a recovery and a slot
//
// [Enqueue] inserts as many jobs as workers are wanted. Each resumes the recovery,
// and they share it unit by unit. After 10 minutes a job makes room for others in
// its queue and goes on later, which is not a failure. All jobs of one Enqueue are one
// run: what one of them has done, none does again.
//
// A run that would have to wait, for the next trial of an open breaker or until
// Celcoin takes calls again, ends, and its jobs snooze until then, an hour at most.
// Other errors are retried by River, after a second at first and ten minutes at
// last. A job is completed when its run has ended, whatever came out: [Status] has
// the report. To run a partial recovery again, enqueue it again.
//
// # When a machine dies
//
// Its units go on in the other jobs when their leases end, 15 seconds later. Calls
// that were in flight may have been carried out: they are looked up, and at most as
// many webhooks as the machine made calls at once arrive twice.
//
// River believes that the job of a dead machine still runs, until the rescuer of
// its leader comes: after RescueStuckJobsAfter, an hour by default, and here never
// before 15 minutes. So enqueue some more jobs than there are machines: one that
// was started anew takes the next. A rescue uses up an attempt; there are 10,000.
//
// A machine that stops gives its units back at once, if River cancels its jobs:
// by StopAndCancel, or with SoftStopTimeout. With Stop alone it may take 10 minutes.
//
// # A schema of its own
//
// All clients of a schema elect one leader, and it discards the orphans of kinds
// that it does not know. So every client of the schema needs [AddWorkers], and
// others belong into another one: that is what [Schema] and [Migrate] are for.
//
// # Time
//
// Leases, pace and the dates of journals are by the database's clock. A machine
// whose own is off changes nothing, but that its failed jobs are retried as much
// earlier or later.
package celcoinriver
