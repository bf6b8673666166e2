// Package inboxsql processes webhooks exactly once, with a table of PostgreSQL
// or SQLite: however often an event is delivered, its effects in the database
// happen once.
//
//	events := inboxsql.New(db, inboxsql.Postgres, func(ctx context.Context, tx *sql.Tx, e *inbox.Event) error {
//		_, err := tx.ExecContext(ctx, "INSERT INTO payment …", …)
//		return err
//	})
//	if err := events.Migrate(ctx); err != nil { … } // once, at the start
//	http.Handle("POST /webhooks/celcoin", inbox.NewHandler(events.Process, inbox.WithBasicAuth(login, password)))
//
// # How
//
// [Inbox.Process] inserts the event's key and runs your function in one
// transaction. A key that is there already was processed: Process returns nil,
// and your function is not called. So put effects into the transaction that your
// function is given, through tx and not through db. What it does elsewhere, such
// as a call to another service, may happen more than once: let it insert a job
// into a queue of the same database instead, as the example does.
//
// An error at COMMIT may be a commit all the same: the connection can break
// after the database has written it. Process then returns the error, the
// receiver answers 500, and the next delivery finds the key.
//
// # Conflicts
//
// An event of a known key whose payload says something else is not processed,
// but nothing is lost: it is kept with its payload, see [Inbox.Conflicts] and
// [WithConflict]. Process returns nil for it, as another delivery would not help.
//
// # Recovery
//
// recovery.WithReceived([Inbox.Received]) lets a recovery of package
// celcoin/recovery ask the table: what is here is not replayed, and only what is
// here counts as delivered. With recovery.WithPull(inbox.Deliver(events.Process))
// missed events are fetched and processed here, each once, whatever Celcoin
// delivers by itself meanwhile.
//
// # PostgreSQL
//
// The transaction is READ COMMITTED, whatever the database's default: a stricter
// level makes every delivery fail that meets another of the same event. Use any
// driver of database/sql; the tests use pgx. Give the handler a WithConcurrency
// of at most the pool's size, see [sql.DB.SetMaxOpenConns].
//
// # SQLite
//
// Migrate sets the journal mode to WAL, and each transaction is written with
// synchronous=FULL: NORMAL may forget, at a loss of power, events that were
// answered with 200. One event is processed at a time in a process; where
// another process writes, Process tries again until its ctx ends. Open the file
// with immediate transactions (_txlock=immediate, in the drivers of modernc.org
// and mattn): then what else your program writes does not fail halfway. The
// file must be on a local disk.
//
// # Size
//
// A key stays until [Inbox.Prune]. Keep keys for longer than the vendor may
// deliver: 30 days is enough for what is known of both vendors, Celcoin's replay
// of 7 days among it. Ceffu can resend what failed up to 180 days ago: keep
// Ceffu's keys as long as you ask for. A million keys take 200 to 300 MB. Their
// dates are by the database's clock.
package inboxsql
