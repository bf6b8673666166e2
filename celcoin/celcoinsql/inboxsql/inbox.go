package inboxsql

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/internal/dialect"
)

// Event is a webhook: *inbox.Event of celcoin/inbox, or of ceffu/inbox.
type Event interface {
	// Key is the same for each delivery of one event.
	Key() string
	// Payload is what each delivery of one event says.
	Payload() []byte
}

// Dialect is the kind of the database.
type Dialect = dialect.Dialect

// The databases.
const (
	Postgres = dialect.Postgres // PostgreSQL 13 or later
	SQLite   = dialect.SQLite   // SQLite 3.35 or later, in a file on a local disk
)

// Inbox remembers which events were processed. The table is one for all: inboxes
// of both vendors, and of several processes, can share a database.
type Inbox[E Event] struct {
	options

	db    *dialect.Database
	apply func(ctx context.Context, tx *sql.Tx, e E) error
}

// Option configures [New].
type Option func(*options)

type options struct {
	conflict func(ctx context.Context, c Conflict)
}

// New returns an inbox whose events are processed by apply, which puts their
// effects into tx, and must neither commit nor roll it back. An error of apply
// undoes all of it. Call [Inbox.Migrate] before anything else. db is not closed.
func New[E Event](db *sql.DB, d Dialect, apply func(ctx context.Context, tx *sql.Tx, e E) error, opts ...Option) *Inbox[E] {
	i := &Inbox[E]{db: dialect.New(db, d), apply: apply}
	for _, opt := range opts {
		if opt != nil {
			opt(&i.options)
		}
	}
	return i
}

// Process processes e unless it was processed before, and returns nil when it is
// done, durably. It is what a receiver calls: a Process of package inbox.
//
// An error of apply is in the chain of its own. After any error the event may be
// delivered again; if it was committed all the same, it will be found.
func (i *Inbox[E]) Process(ctx context.Context, e E) error {
	c := Conflict{Key: e.Key(), Payload: e.Payload()}
	sum := sha256.Sum256(c.Payload)
	insert := i.db.SQL("INSERT INTO reenvio_inbox (event_key, payload_sum, received_ms) " +
		"VALUES ($1, $2, NOW / 1000) ON CONFLICT (event_key) DO NOTHING")
	var conflict bool
	err := i.db.Tx(ctx, func(tx *sql.Tx) error {
		// Of two deliveries at once the second waits here for the first one's end.
		result, err := tx.ExecContext(ctx, insert, c.Key, sum[:])
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil {
			return err
		} else if n == 1 {
			return i.apply(ctx, tx, e)
		}
		conflict, err = i.compare(ctx, tx, &c, sum[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("inboxsql: process: %w", err)
	}
	if conflict && i.conflict != nil {
		i.conflict(ctx, c)
	}
	return nil
}

// compare compares a payload with that of the key's first delivery, and records it
// if it says something else and was not recorded before.
func (i *Inbox[E]) compare(ctx context.Context, tx *sql.Tx, c *Conflict, sum []byte) (recorded bool, err error) {
	var first []byte
	err = tx.QueryRowContext(ctx, i.db.SQL("SELECT payload_sum FROM reenvio_inbox WHERE event_key = $1"), c.Key).Scan(&first)
	if err != nil || bytes.Equal(first, sum) {
		return false, err // also if the key was pruned this moment: the next delivery inserts it
	}
	var received int64
	err = tx.QueryRowContext(ctx, i.db.SQL("INSERT INTO reenvio_inbox_conflict (event_key, payload_sum, payload, received_ms) "+
		"VALUES ($1, $2, $3, NOW / 1000) ON CONFLICT (event_key, payload_sum) DO NOTHING RETURNING received_ms"), c.Key, sum, c.Payload).Scan(&received)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	c.Received = time.UnixMilli(received)
	return true, err
}

// migrationLock is the number of the advisory lock, made up.
const migrationLock = 7_736_843_001

// Migrate makes the tables reenvio_inbox and reenvio_inbox_conflict, unless they
// are there, in the schema that the connection uses. Several processes may call
// it at once. Later versions of this module add to the tables, and keep what is there.
func (i *Inbox[E]) Migrate(ctx context.Context) error {
	err := i.db.Migrate(ctx, migrationLock,
		"CREATE TABLE IF NOT EXISTS reenvio_inbox (event_key TEXT PRIMARY KEY, payload_sum BLOB NOT NULL, received_ms BIGINT NOT NULL)",
		"CREATE INDEX IF NOT EXISTS reenvio_inbox_received ON reenvio_inbox (received_ms)",
		"CREATE TABLE IF NOT EXISTS reenvio_inbox_conflict (event_key TEXT NOT NULL, payload_sum BLOB NOT NULL, payload BLOB NOT NULL, "+
			"received_ms BIGINT NOT NULL, PRIMARY KEY (event_key, payload_sum))",
	)
	if err != nil {
		return fmt.Errorf("inboxsql: migrate: %w", err)
	}
	return nil
}
