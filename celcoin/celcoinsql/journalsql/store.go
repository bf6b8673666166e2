package journalsql

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/internal/dialect"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// Dialect is the kind of the database.
type Dialect = dialect.Dialect

// The databases.
const (
	Postgres = dialect.Postgres // PostgreSQL 13 or later
	SQLite   = dialect.SQLite   // SQLite 3.35 or later, in a file on a local disk
)

// Store is a [journal.Store]. All that use the same database share its logs.
type Store struct {
	db    *dialect.Database
	lease time.Duration
}

var _ journal.Store = (*Store)(nil)

// Option configures [New].
type Option func(*Store)

// WithLease sets how long a log stays held by a process that died, 15 seconds by
// default and 1 second at least. It is renewed three times as often.
func WithLease(d time.Duration) Option {
	return func(s *Store) { s.lease = max(d, time.Second) }
}

// New returns a store. Call [Store.Migrate] before anything else. db is not
// closed.
func New(db *sql.DB, d Dialect, opts ...Option) *Store {
	s := &Store{db: dialect.New(db, d), lease: 15 * time.Second}
	for _, opt := range opts {
		if opt != nil {
			opt(s)
		}
	}
	return s
}

// migrationLock is the number of the advisory lock, made up.
const migrationLock = 7_736_843_002

// Migrate makes the tables, or adds to them what a newer release needs. Several
// processes can call it at the same time, and each at every start.
func (s *Store) Migrate(ctx context.Context) error {
	err := s.db.Migrate(ctx, migrationLock,
		// An id is never used again, so that a lease of a deleted log is none of
		// its successor's.
		"CREATE TABLE IF NOT EXISTS reenvio_journal_log (id SERIAL, recovery TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL, "+
			"epoch BIGINT NOT NULL, until_us BIGINT NOT NULL, UNIQUE (recovery, name))",
		"CREATE TABLE IF NOT EXISTS reenvio_journal_record (log BIGINT NOT NULL, seq BIGINT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (log, seq))",
		"CREATE TABLE IF NOT EXISTS reenvio_journal_document (name TEXT PRIMARY KEY, data BLOB)",
	)
	if err != nil {
		return fmt.Errorf("journalsql: migrate: %w", err)
	}
	return nil
}

// Read implements [journal.Store]. It reads a piece at a time, and has no
// connection while its caller handles that.
func (s *Store) Read(ctx context.Context, recovery, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := s.read(ctx, recovery, name, yield); err != nil {
			yield(nil, fmt.Errorf("journalsql: read %s/%s: %w", recovery, name, err))
		}
	}
}

func (s *Store) read(ctx context.Context, recovery, name string, yield func([]byte, error) bool) error {
	if err := errors.Join(journal.CheckID(recovery), journal.CheckName(name)); err != nil {
		return err
	}
	var id, seq int64
	err := s.db.QueryRowContext(ctx, s.db.SQL("SELECT id FROM reenvio_journal_log WHERE recovery = $1 AND name = $2"), recovery, name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	for err == nil {
		var records [][]byte
		records, err = s.piece(ctx, id, seq)
		for _, r := range records {
			if !yield(r, nil) {
				return nil
			}
		}
		if len(records) == 0 {
			break
		}
		seq += int64(len(records))
	}
	return err
}

// piece returns some records after a sequence number, and none at the end.
func (s *Store) piece(ctx context.Context, id, after int64) ([][]byte, error) {
	const most = 1000
	var records [][]byte
	err := s.db.Rows(ctx, func(row *sql.Rows) error {
		var seq int64
		var record []byte
		if err := row.Scan(&seq, &record); err != nil {
			return err
		}
		if after++; seq != after {
			return fmt.Errorf("record %d is missing: %w", after, journal.ErrCorrupt)
		}
		records = append(records, record)
		return nil
	}, "SELECT seq, data FROM reenvio_journal_record WHERE log = $1 AND seq > $2 ORDER BY seq LIMIT $3", id, after, most)
	return records, err
}

// List implements [journal.Store].
func (s *Store) List(ctx context.Context, recovery string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		names, err := s.list(ctx, recovery)
		for _, name := range names {
			if !yield(name, nil) {
				return
			}
		}
		if err != nil {
			yield("", fmt.Errorf("journalsql: list: %w", err))
		}
	}
}

func (s *Store) list(ctx context.Context, recovery string) (names []string, err error) {
	add := func(row *sql.Rows) error {
		var name string
		err := row.Scan(&name)
		names = append(names, name)
		return err
	}
	const begun = " FROM reenvio_journal_log l WHERE EXISTS (SELECT 1 FROM reenvio_journal_record r WHERE r.log = l.id)"
	if recovery == "" {
		err = s.db.Rows(ctx, add, "SELECT DISTINCT recovery"+begun)
	} else {
		err = s.db.Rows(ctx, add, "SELECT name"+begun+" AND recovery = $1", recovery)
	}
	return names, err
}

// Update implements [journal.Store] with a locked row.
func (s *Store) Update(ctx context.Context, name string, f func(now time.Time, old []byte) ([]byte, error)) error {
	if err := journal.CheckName(name); err != nil {
		return fmt.Errorf("journalsql: update: %w", err)
	}
	err := s.db.Tx(ctx, func(tx *sql.Tx) error {
		// The row is there from here on, and is null until it is written.
		_, err := tx.ExecContext(ctx, s.db.SQL("INSERT INTO reenvio_journal_document (name) VALUES ($1) ON CONFLICT (name) DO NOTHING"), name)
		if err != nil {
			return err
		}
		var now int64
		var old sql.Null[[]byte]
		// It waits for others, and then asks for the time.
		err = tx.QueryRowContext(ctx, s.db.SQL("WITH locked AS (SELECT data FROM reenvio_journal_document WHERE name = $1 FOR NO KEY UPDATE) "+
			"SELECT NOW, data FROM locked"), name).Scan(&now, &old)
		if err != nil {
			return err
		}
		if old.Valid && old.V == nil {
			old.V = []byte{}
		}
		changed, err := f(time.UnixMicro(now), bytes.Clone(old.V))
		if err != nil || changed == nil || old.V != nil && bytes.Equal(old.V, changed) {
			return err
		}
		_, err = tx.ExecContext(ctx, s.db.SQL("UPDATE reenvio_journal_document SET data = $2 WHERE name = $1"), name, changed)
		return err
	})
	if err != nil {
		return fmt.Errorf("journalsql: update %s: %w", name, err)
	}
	return nil
}

// Delete implements [journal.Store].
func (s *Store) Delete(ctx context.Context, recovery string) error {
	err := journal.CheckID(recovery)
	if err == nil {
		err = s.db.Tx(ctx, func(tx *sql.Tx) error { return s.delete(ctx, tx, recovery) })
	}
	if err != nil {
		return fmt.Errorf("journalsql: delete: %w", err)
	}
	return nil
}

// delete first locks all logs of the recovery, by writing nothing new.
func (s *Store) delete(ctx context.Context, tx *sql.Tx, recovery string) error {
	_, err := tx.ExecContext(ctx, s.db.SQL("UPDATE reenvio_journal_log SET owner = owner WHERE recovery = $1"), recovery)
	if err != nil {
		return err
	}
	var held int
	err = tx.QueryRowContext(ctx, s.db.SQL("SELECT COUNT(*) FROM reenvio_journal_log WHERE recovery = $1 AND until_us > NOW"), recovery).Scan(&held)
	if err != nil {
		return err
	}
	if held > 0 {
		return fmt.Errorf("%d logs of %s: %w", held, recovery, journal.ErrLocked)
	}
	// A log that somebody has made since then is held, and stays.
	_, err = tx.ExecContext(ctx, s.db.SQL("DELETE FROM reenvio_journal_record WHERE log IN (SELECT id FROM reenvio_journal_log WHERE recovery = $1 AND until_us <= NOW)"), recovery)
	if err == nil {
		_, err = tx.ExecContext(ctx, s.db.SQL("DELETE FROM reenvio_journal_log WHERE recovery = $1 AND until_us <= NOW"), recovery)
	}
	return err
}
