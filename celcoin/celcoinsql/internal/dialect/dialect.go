// Package dialect is what PostgreSQL and SQLite differ in, for the packages
// that keep their tables in either. It knows no driver.
package dialect

import (
	"fmt"
	"strings"
)

// Dialect is the kind of a database. The zero value is neither.
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

// What a query says in place of what the databases have different words for. NOW
// is the time by the database's clock, in microseconds since 1970; in PostgreSQL it
// is not the time of the transaction's beginning. TEXT is compared as bytes.
var (
	postgres = strings.NewReplacer(
		"NOW", "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
		"TEXT", `TEXT COLLATE "C"`,
		"BLOB", "bytea",
		"SERIAL", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
	)
	sqlite = strings.NewReplacer(
		"NOW", "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
		"SERIAL", "INTEGER PRIMARY KEY AUTOINCREMENT",
		"$", "?",
		" FOR NO KEY UPDATE", "", // it locks the whole file
	)
)

// SQL is a query in the database's own words. It has $1, $2, … for its
// arguments, and no other dollar sign.
func (d Dialect) SQL(query string) string {
	if d == SQLite {
		return sqlite.Replace(query)
	}
	return postgres.Replace(query)
}
