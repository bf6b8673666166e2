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
	db       *sql.DB
	dialect  Dialect
	apply    func(ctx context.Context, tx *sql.Tx, e E) error
	conflict func(ctx context.Context, c Conflict)
	writer   chan struct{} // SQLite has one writer; others of this process wait here, in order
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
	var o options
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	return &Inbox[E]{db: db, dialect: d, apply: apply, conflict: o.conflict, writer: make(chan struct{}, 1)}
}

// Process processes e unless it was processed before, and returns nil when it is
// done, durably. It is what a receiver calls: a Process of package inbox.
//
// An error of apply is in the chain of its own. After any error the event may be
// delivered again; if it was committed all the same, it will be found.
func (i *Inbox[E]) Process(ctx context.Context, e E) error {
	r := record{key: e.Key(), payload: e.Payload()}
	r.sum = sha256.Sum256(r.payload)
	var c *Conflict
	err := errDialect
	switch i.dialect {
	case Postgres:
		c, err = i.process(ctx, i.db, e, &r)
	case SQLite:
		c, err = i.alone(ctx, e, &r)
	}
	if err != nil {
		return fmt.Errorf("inboxsql: process: %w", err)
	}
	if c != nil && i.conflict != nil {
		i.conflict(ctx, *c)
	}
	return nil
}

// record is what is kept of an event.
type record struct {
	key     string
	payload []byte
	sum     [sha256.Size]byte
}

// alone processes an event as the only one of this process, and again while
// another process writes.
func (i *Inbox[E]) alone(ctx context.Context, e E, r *record) (c *Conflict, err error) {
	select {
	case i.writer <- struct{}{}:
		defer func() { <-i.writer }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	conn, err := i.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	err = dialect.Retry(ctx, func() error {
		// It holds for a connection, and drivers differ in how one asks for it.
		if _, err := conn.ExecContext(ctx, "PRAGMA synchronous=FULL"); err != nil {
			return err
		}
		c, err = i.process(ctx, conn, e, r)
		return err
	})
	return c, err
}

// beginner is a *sql.DB or a *sql.Conn.
type beginner interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// process is one transaction. The conflict is nil if there is none, or if it was
// recorded before.
func (i *Inbox[E]) process(ctx context.Context, db beginner, e E, r *record) (*Conflict, error) {
	var opts *sql.TxOptions
	if i.dialect == Postgres {
		opts = &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to undo
	// Of two deliveries at once the second waits here for the first one's end.
	fresh, err := i.insert(ctx, tx, "INSERT INTO reenvio_inbox (event_key, payload_sum, received_ms) VALUES ($1, $2, $3) ON CONFLICT (event_key) DO NOTHING",
		r.key, r.sum[:], time.Now().UnixMilli())
	if err != nil {
		return nil, err
	}
	if !fresh {
		return i.again(ctx, tx, r)
	}
	if err := i.apply(ctx, tx, e); err != nil {
		return nil, err
	}
	return nil, commit(tx)
}

// again compares a payload with that of the key's first delivery.
func (i *Inbox[E]) again(ctx context.Context, tx *sql.Tx, r *record) (*Conflict, error) {
	var first []byte
	if err := tx.QueryRowContext(ctx, i.dialect.Query("SELECT payload_sum FROM reenvio_inbox WHERE event_key = $1"), r.key).Scan(&first); err != nil {
		return nil, err // also if the key was pruned this moment: the next delivery inserts it
	}
	if bytes.Equal(first, r.sum[:]) {
		return nil, nil
	}
	c := &Conflict{Key: r.key, Payload: r.payload, Received: time.UnixMilli(time.Now().UnixMilli())}
	fresh, err := i.insert(ctx, tx, "INSERT INTO reenvio_inbox_conflict (event_key, payload_sum, payload, received_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (event_key, payload_sum) DO NOTHING",
		r.key, r.sum[:], r.payload, c.Received.UnixMilli())
	if err != nil || !fresh {
		return nil, err
	}
	return c, commit(tx)
}

// insert tells whether the row is new.
func (i *Inbox[E]) insert(ctx context.Context, tx *sql.Tx, query string, args ...any) (bool, error) {
	result, err := tx.ExecContext(ctx, i.dialect.Query(query), args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func commit(tx *sql.Tx) error {
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit, which may have been carried out: %w", err)
	}
	return nil
}

var errDialect = errors.New("the dialect is neither Postgres nor SQLite")

// migrations makes the tables. Dates are Unix milliseconds.
func (i *Inbox[E]) migrations() []string {
	blob, text := i.dialect.Blob(), "TEXT"
	if i.dialect == Postgres {
		text = `TEXT COLLATE "C"` // compared as bytes
	}
	return []string{
		"CREATE TABLE IF NOT EXISTS reenvio_inbox (event_key " + text + " PRIMARY KEY, payload_sum " + blob + " NOT NULL, received_ms BIGINT NOT NULL)",
		"CREATE INDEX IF NOT EXISTS reenvio_inbox_received ON reenvio_inbox (received_ms)",
		"CREATE TABLE IF NOT EXISTS reenvio_inbox_conflict (event_key " + text + " NOT NULL, payload_sum " + blob + " NOT NULL, payload " + blob +
			" NOT NULL, received_ms BIGINT NOT NULL, PRIMARY KEY (event_key, payload_sum))",
	}
}

// migrationLock is the number of the advisory lock, made up.
const migrationLock = 7_736_843_001

// Migrate makes the tables reenvio_inbox and reenvio_inbox_conflict, unless they
// are there, in the schema that the connection uses. Several processes may call
// it at once. Later versions of this module add to the tables, and keep what is there.
func (i *Inbox[E]) Migrate(ctx context.Context) error {
	err := errDialect
	if i.dialect.Valid() {
		err = i.dialect.Migrate(ctx, i.db, migrationLock, i.migrations()...)
	}
	if err != nil {
		return fmt.Errorf("inboxsql: migrate: %w", err)
	}
	return nil
}
