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
	insert  string
}

// open opens the database and makes its tables.
func open(ctx context.Context, s *settings) (*database, error) {
	d := &database{insert: "INSERT INTO booking (entity, webhook_id, amount) VALUES ($1, $2, $3)"}
	dialect := inboxsql.Postgres
	var err error
	if s.databaseURL != "" {
		err = d.openPostgres(ctx, s)
	} else {
		dialect, d.insert = inboxsql.SQLite, "INSERT INTO booking (entity, webhook_id, amount) VALUES (?, ?, ?)"
		d.DB, err = sql.Open("sqlite", "file:"+s.sqliteFile+"?_txlock=immediate")
	}
	if err != nil {
		return nil, err
	}
	d.inbox = inboxsql.New(d.DB, dialect, d.book)
	d.journal = journalsql.New(d.DB, dialect, journalsql.WithLease(s.lease))
	if err := errors.Join(d.inbox.Migrate(ctx), d.journal.Migrate(ctx), d.migrate(ctx)); err != nil {
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

// migrate makes the tables of River and of the bookings. Nothing in the latter
// keeps an event from being booked twice: the inbox does.
func (d *database) migrate(ctx context.Context) error {
	const table = "CREATE TABLE IF NOT EXISTS booking (entity TEXT NOT NULL, webhook_id TEXT NOT NULL, amount "
	if d.pool == nil {
		_, err := d.ExecContext(ctx, table+"TEXT NOT NULL)") // SQLite's NUMERIC is a float64
		return err
	}
	if err := celcoinriver.Migrate(ctx, d.pool, celcoinriver.Schema); err != nil {
		return err
	}
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()                                     //nolint:errcheck // after a commit there is nothing to undo
	const lock = "SELECT pg_advisory_xact_lock(7736843100)" // IF NOT EXISTS fails where two processes start at once
	for _, statement := range []string{lock, table + "NUMERIC NOT NULL)"} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// book is what an event does: replace it with your own. It is called in the
// inbox's transaction, once for each event.
func (d *database) book(ctx context.Context, tx *sql.Tx, e *inbox.Event) error {
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
	_, err := tx.ExecContext(ctx, d.insert, string(e.Entity), e.WebhookID, body.Amount.String())
	return err
}

// keep is how long keys of events stay: Celcoin replays for 7 days.
const keep = 30 * 24 * time.Hour

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
