package dialect

import (
	"context"
	"database/sql"
)

// Conn is a *sql.DB, or a *sql.Conn.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// Writer writes durably. PostgreSQL lets many write at a time. SQLite lets one:
// those of this process go one after the other, those of others are waited for.
type Writer struct {
	db      *sql.DB
	dialect Dialect
	turn    chan struct{}
}

// NewWriter returns a Writer, of which a process needs one for a database.
func NewWriter(db *sql.DB, d Dialect) *Writer {
	return &Writer{db: db, dialect: d, turn: make(chan struct{}, 1)}
}

// Do calls f, and again while SQLite is [Busy].
func (w *Writer) Do(ctx context.Context, f func(c Conn) error) error {
	if w.dialect != SQLite {
		return f(w.db)
	}
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	return Retry(ctx, func() error {
		// It holds for a connection, and drivers differ in how one asks for it.
		if _, err := conn.ExecContext(ctx, "PRAGMA synchronous=FULL"); err != nil {
			return err
		}
		return f(conn)
	})
}

// Tx is Do in a transaction, which f must neither commit nor roll back. In
// SQLite its first statement must be one that writes: a transaction that reads
// first can fail later.
func (w *Writer) Tx(ctx context.Context, f func(tx *sql.Tx) error) error {
	var opts *sql.TxOptions
	if w.dialect == Postgres {
		opts = &sql.TxOptions{Isolation: sql.LevelReadCommitted} // whatever the database's default
	}
	return w.Do(ctx, func(c Conn) error {
		tx, err := c.BeginTx(ctx, opts)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to undo
		if err := f(tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// Now is an expression for the time by the database's clock, in microseconds
// since 1970. In PostgreSQL it is not the time of the transaction's beginning.
func (d Dialect) Now() string {
	if d == Postgres {
		return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
	}
	return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
}
