// Package journalsql keeps the journals of recoveries in PostgreSQL or SQLite, so
// that many machines can share one recovery.
//
//	store := journalsql.New(db, journalsql.Postgres)
//	if err := store.Migrate(ctx); err != nil { … } // once, at the start
//	r, err := recovery.New(client, recovery.WithStore(store))
//
// It is larger than a table of records needs to be, because a lease is renewed,
// compared by each statement, and given up in time.
//
// # Leases
//
// An open log is held by a lease of 15 seconds, see [WithLease], which is renewed
// in the background until Close. Whoever dies or cannot reach the database loses
// it, and another can open the log. Each Append is one statement that first
// compares the lease, by the database's clock: once another holds the log, nothing
// is appended by the one before. Lost is closed when a fifth of the lease is left,
// counted from before its last renewal was sent, by a clock that cannot be set. So
// a machine whose time of day is wrong changes nothing; one that was suspended may
// find Lost open for a moment, but cannot append.
//
// An error of Append or Update may come after the database has carried it out:
// see [journal.Log].
//
// # PostgreSQL
//
// Any driver of database/sql will do; the tests use pgx. The session's default
// isolation must be READ COMMITTED, which is PostgreSQL's, and synchronous_commit
// must be on for durable records to be so. Give the pool a connection for each
// log that is open at the same time, and some more: a renewal that waits for one
// of them may come too late. Let it keep them, too: see [sql.DB.SetMaxIdleConns],
// which is 2 unless you set it.
//
// # SQLite
//
// The file must be on a local disk, and its machine's clock is the database's.
// Records are written with synchronous=FULL, in WAL mode. There is one writer at
// a time; others of all processes wait for it.
//
// # Tables
//
// Migrate makes reenvio_journal_log (a row a log, with who holds it and until
// when), reenvio_journal_record (a row a record) and reenvio_journal_document (a
// row a document, such as the state of a delivery control). A recovery stays
// until Delete. The module's README says what they cost and how fast they are.
// To look at a recovery:
//
//	SELECT l.name, l.owner, r.seq, convert_from(r.data, 'UTF8')
//	FROM reenvio_journal_log l JOIN reenvio_journal_record r ON r.log = l.id
//	WHERE l.recovery = 'outage-1' ORDER BY l.name, r.seq
package journalsql
