// Package dialect is what PostgreSQL and SQLite differ in, for the packages
// that keep their tables in either. It knows no driver.
package dialect

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Dialect is the kind of a database. The zero value is none.
type Dialect int

// The two databases.
const (
	// Postgres is PostgreSQL 13 or later.
	Postgres Dialect = iota + 1
	// SQLite is SQLite 3.35 or later, in a file on a local disk.
	SQLite
)

// String is the database's name.
func (d Dialect) String() string {
	switch d {
	case Postgres:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	default:
		return fmt.Sprintf("Dialect(%d)", int(d))
	}
}

// Valid tells whether d is one of the constants.
func (d Dialect) Valid() bool { return d == Postgres || d == SQLite }

// Query is a query with $1, $2, … as the database wants it. It must not have
// another dollar sign.
func (d Dialect) Query(query string) string {
	if d == SQLite {
		return strings.ReplaceAll(query, "$", "?")
	}
	return query
}

// Blob is the name of the type of byte strings.
func (d Dialect) Blob() string {
	if d == Postgres {
		return "bytea"
	}
	return "BLOB"
}

// Migrate carries out statements in one transaction, one process at a time:
// CREATE TABLE IF NOT EXISTS alone fails where two run at once. Each package
// takes a number of its own for its lock.
func (d Dialect) Migrate(ctx context.Context, db *sql.DB, lock int64, statements ...string) error {
	if d == Postgres {
		return d.migrate(ctx, db, append([]string{fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", lock)}, statements...))
	}
	// A reader then needs no lock, so that it never fails a writer. The mode
	// stays with the file.
	if err := Retry(ctx, func() error {
		_, err := db.ExecContext(ctx, "PRAGMA journal_mode=WAL")
		return err
	}); err != nil {
		return err
	}
	return Retry(ctx, func() error { return d.migrate(ctx, db, statements) })
}

func (d Dialect) migrate(ctx context.Context, db *sql.DB, statements []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to undo
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Busy tells whether SQLite refused because another connection writes, so that
// nothing was done and another try may succeed.
func Busy(err error) bool {
	const busy, locked = 5, 6 // primary result codes; the rest of the bits tells more
	if coded, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		code := coded.Code() & 0xff
		return code == busy || code == locked
	}
	// Other drivers give the code in a type of their own, but all give SQLite's text.
	return err != nil && (strings.Contains(err.Error(), "database is locked") || strings.Contains(err.Error(), "database table is locked"))
}
