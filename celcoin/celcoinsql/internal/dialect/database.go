package dialect

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"
)

// Database writes durably. PostgreSQL lets many write at a time. SQLite lets one:
// those of this process go one after the other, those of others are waited for.
type Database struct {
	*sql.DB
	Dialect

	turn chan struct{}
}

// Conn is a *sql.DB, or a *sql.Conn.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// New returns a Database, of which a process needs one.
func New(db *sql.DB, d Dialect) *Database {
	return &Database{DB: db, Dialect: d, turn: make(chan struct{}, 1)}
}

// Do calls f, and again while SQLite is busy.
func (d *Database) Do(ctx context.Context, f func(c Conn) error) error {
	switch d.Dialect {
	case Postgres:
		return f(d.DB)
	case SQLite:
	default:
		return errors.New("the dialect is neither Postgres nor SQLite")
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	conn, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	const longest = 50 * time.Millisecond
	for wait := time.Millisecond; ; wait = min(2*wait, longest) {
		// It holds for a connection, and drivers differ in how one asks for it.
		_, err := conn.ExecContext(ctx, "PRAGMA synchronous=FULL")
		if err == nil {
			err = f(conn)
		}
		if !busy(err) {
			return err
		}
		select {
		case <-time.After(wait/2 + rand.N(wait/2)): //nolint:gosec // it only spreads the tries
		case <-ctx.Done():
			return err
		}
	}
}

// busy tells whether SQLite refused because another connection writes, so that
// nothing was done and another try may succeed. Drivers give its code in types of
// their own, but all give its text.
func busy(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "database is locked") || strings.Contains(err.Error(), "database table is locked"))
}

// Tx is Do in a transaction, which f must neither commit nor roll back. In
// SQLite its first statement must be one that writes: a transaction that reads
// first can fail later.
func (d *Database) Tx(ctx context.Context, f func(tx *sql.Tx) error) error {
	var opts *sql.TxOptions
	if d.Dialect == Postgres {
		opts = &sql.TxOptions{Isolation: sql.LevelReadCommitted} // whatever the database's default
	}
	return d.Do(ctx, func(c Conn) error {
		tx, err := c.BeginTx(ctx, opts)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to undo
		if err := f(tx); err != nil {
			return err
		}
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("commit, which may have been carried out: %w", err)
		}
		return nil
	})
}

// Rows calls f for each row of a query, until it returns io.EOF.
func (d *Database) Rows(ctx context.Context, f func(row *sql.Rows) error, query string, args ...any) error {
	rows, err := d.QueryContext(ctx, d.SQL(query), args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		if err := f(rows); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return rows.Err()
}

// Migrate carries out statements in one transaction, one process at a time:
// CREATE TABLE IF NOT EXISTS alone fails where two run at once. Each package
// takes a number of its own for its lock.
func (d *Database) Migrate(ctx context.Context, lock int64, statements ...string) error {
	if d.Dialect == Postgres {
		statements = append([]string{fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", lock)}, statements...)
	} else if err := d.Do(ctx, func(c Conn) error {
		// A reader then needs no lock, so that it never fails a writer. The mode
		// stays with the file.
		_, err := c.ExecContext(ctx, "PRAGMA journal_mode=WAL")
		return err
	}); err != nil {
		return err
	}
	return d.Tx(ctx, func(tx *sql.Tx) error {
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, d.SQL(statement)); err != nil {
				return err
			}
		}
		return nil
	})
}
