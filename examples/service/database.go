package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/reenvio/reenvio-go/celcoin/celcoinriver"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/inboxsql"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/journalsql"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// database is where events are processed, and where recoveries have their
// journals.
type database struct {
	*sql.DB

	pool    *pgxpool.Pool // nil: SQLite
	inbox   *inboxsql.Inbox[*inbox.Event]
	journal *journalsql.Store
}

// The table of the bookings. Nothing in it keeps an event from being booked twice:
// the inbox does. SQLite would store a NUMERIC as a float64. IF NOT EXISTS fails on
// Postgres where two processes start at once, so it has a lock there.
const (
	sqliteTable   = "CREATE TABLE IF NOT EXISTS booking (entity TEXT NOT NULL, webhook_id TEXT NOT NULL, amount TEXT NOT NULL)"
	postgresTable = "SELECT pg_advisory_xact_lock(7736843100);" +
		"CREATE TABLE IF NOT EXISTS booking (entity TEXT NOT NULL, webhook_id TEXT NOT NULL, amount NUMERIC NOT NULL)"
)

// open opens the database and makes its tables.
func open(ctx context.Context, s *settings) (*database, error) {
	d, dialect, table := &database{}, inboxsql.SQLite, sqliteTable
	var err error
	if s.databaseURL == "" {
		d.DB, err = sql.Open("sqlite", "file:"+s.sqliteFile+"?_txlock=immediate")
	} else {
		dialect, table = inboxsql.Postgres, postgresTable
		err = d.openPostgres(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	d.inbox = inboxsql.New(d.DB, dialect, book)
	d.journal = journalsql.New(d.DB, dialect, journalsql.WithLease(s.lease))
	_, err = d.ExecContext(ctx, table)
	if err = errors.Join(err, d.inbox.Migrate(ctx), d.journal.Migrate(ctx)); err == nil && d.pool != nil {
		err = celcoinriver.Migrate(ctx, d.pool, celcoinriver.Schema)
	}
	if err != nil {
		d.close()
		return nil, fmt.Errorf("service: database: %w", err)
	}
	return d, nil
}

func (d *database) openPostgres(ctx context.Context, s *settings) error {
	config, err := pgxpool.ParseConfig(s.databaseURL)
	if err != nil {
		return errors.New("service: DATABASE_URL: want postgres://user:password@host/database") // err may show it
	}
	// A connection for each event and each unit of a recovery, and some for leases and River.
	config.MaxConns = max(config.MaxConns, int32(2*s.concurrency+8)) //nolint:gosec // at most 2008
	if d.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("service: DATABASE_URL: %w", err)
	}
	d.DB = stdlib.OpenDBFromPool(d.pool)
	return nil
}

// book is what an event does: replace it with your own. It is called in the
// inbox's transaction, once for each event.
func book(ctx context.Context, tx *sql.Tx, e *inbox.Event) error {
	// Only what is needed, so that nothing else can fail to decode.
	var body struct {
		Amount json.Number `json:"amount"` // reais
	}
	if e.Status != "CONFIRMED" {
		return nil // its key is kept, and it is answered with 200
	}
	if err := e.Decode(&body); err != nil || body.Amount == "" {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO booking (entity, webhook_id, amount) VALUES ($1, $2, $3)",
		string(e.Entity), e.WebhookID, body.Amount.String())
	return err
}

// ready tells whether the database answers.
func (d *database) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var one int
	return d.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}

func (d *database) close() {
	_ = d.Close() // what counts is committed
	if d.pool != nil {
		d.pool.Close()
	}
}
