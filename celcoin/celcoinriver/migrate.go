package celcoinriver

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// Schema is a name for a schema of recoveries' own, for [Migrate] and
// river.Config.
const Schema = "reenvio_river"

// migrationLock is the number of the advisory lock, made up.
const migrationLock int64 = 7_736_843_003

// Migrate makes River's tables in a schema, and the schema if it is not there, or
// brings them to River's present version. Several processes can call it at once,
// and each at every start. The pool needs two connections. An empty schema is
// that of the search_path.
func Migrate(ctx context.Context, pool *pgxpool.Pool, schema string) error {
	if err := migrate(ctx, pool, schema); err != nil {
		return fmt.Errorf("celcoinriver: migrate: %w", err)
	}
	return nil
}

func migrate(ctx context.Context, pool *pgxpool.Pool, schema string) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// The lock is the transaction's, so that it ends with the connection too.
	// River's migrations have transactions of their own.
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it holds nothing but the lock
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
		return err
	}
	if schema != "" {
		if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
			return err
		}
	}
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
