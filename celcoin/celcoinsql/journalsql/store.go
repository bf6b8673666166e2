package journalsql

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
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
	db      *sql.DB
	dialect Dialect
	writer  *dialect.Writer
	lease   time.Duration
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
	s := &Store{db: db, dialect: d, writer: dialect.NewWriter(db, d), lease: 15 * time.Second}
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
	if !s.dialect.Valid() {
		return fmt.Errorf("journalsql: migrate: %w", errDialect)
	}
	blob, text, id := s.dialect.Blob(), "TEXT", "INTEGER PRIMARY KEY AUTOINCREMENT"
	if s.dialect == Postgres {
		text, id = `TEXT COLLATE "C"`, "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
	}
	err := s.dialect.Migrate(ctx, s.db, migrationLock,
		// An id is never used again, so that a lease of a deleted log is none of
		// its successor's.
		"CREATE TABLE IF NOT EXISTS reenvio_journal_log (id "+id+", recovery "+text+" NOT NULL, name "+text+" NOT NULL, owner TEXT NOT NULL, "+
			"epoch BIGINT NOT NULL, until_us BIGINT NOT NULL, UNIQUE (recovery, name))",
		"CREATE TABLE IF NOT EXISTS reenvio_journal_record (log BIGINT NOT NULL, seq BIGINT NOT NULL, data "+blob+" NOT NULL, PRIMARY KEY (log, seq))",
		"CREATE TABLE IF NOT EXISTS reenvio_journal_document (name "+text+" PRIMARY KEY, data "+blob+")",
	)
	if err != nil {
		return fmt.Errorf("journalsql: migrate: %w", err)
	}
	return nil
}

var errDialect = errors.New("the dialect is neither Postgres nor SQLite")

// query replaces NOW, and what else the databases differ in.
func (s *Store) query(q string) string {
	return s.dialect.Query(strings.ReplaceAll(q, "NOW", s.dialect.Now()))
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
	err := s.db.QueryRowContext(ctx, s.query("SELECT id FROM reenvio_journal_log WHERE recovery = $1 AND name = $2"), recovery, name).Scan(&id)
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
	const most, enough = 1000, 1 << 20 // records, bytes
	rows, err := s.db.QueryContext(ctx,
		s.query("SELECT seq, data FROM reenvio_journal_record WHERE log = $1 AND seq > $2 ORDER BY seq LIMIT $3"), id, after, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var records [][]byte
	for size := 0; size < enough && rows.Next(); {
		var seq int64
		var record []byte
		if err := rows.Scan(&seq, &record); err != nil {
			return nil, err
		}
		after++
		if seq != after {
			return records, fmt.Errorf("record %d is not there: %w", after, journal.ErrCorrupt)
		}
		size += len(record)
		records = append(records, record)
	}
	return records, rows.Err()
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
	const begun = " WHERE EXISTS (SELECT 1 FROM reenvio_journal_record r WHERE r.log = l.id)"
	var rows *sql.Rows
	if recovery == "" {
		rows, err = s.db.QueryContext(ctx, "SELECT DISTINCT recovery FROM reenvio_journal_log l"+begun)
	} else {
		rows, err = s.db.QueryContext(ctx, s.query("SELECT name FROM reenvio_journal_log l"+begun+" AND recovery = $1"), recovery)
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Update implements [journal.Store] with a locked row.
func (s *Store) Update(ctx context.Context, name string, f func(now time.Time, old []byte) ([]byte, error)) error {
	if err := journal.CheckName(name); err != nil {
		return fmt.Errorf("journalsql: update: %w", err)
	}
	var refused error
	err := s.writer.Tx(ctx, func(tx *sql.Tx) error {
		now, old, err := s.lockDocument(ctx, tx, name)
		if err != nil {
			return err
		}
		var changed []byte
		changed, refused = f(now, bytes.Clone(old))
		if refused != nil || changed == nil || old != nil && bytes.Equal(old, changed) {
			return errUnchanged
		}
		_, err = tx.ExecContext(ctx, s.query("UPDATE reenvio_journal_document SET data = $2 WHERE name = $1"), name, changed)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return fmt.Errorf("journalsql: update %s: %w", name, err)
	}
	return refused
}

// errUnchanged undoes a transaction.
var errUnchanged = errors.New("unchanged")

// lockDocument waits for others, and then asks for the time.
func (s *Store) lockDocument(ctx context.Context, tx *sql.Tx, name string) (time.Time, []byte, error) {
	var now int64
	var old sql.Null[[]byte]
	err := sql.ErrNoRows
	if s.dialect == Postgres { // which would keep an old version of the row for each time it was only locked
		err = tx.QueryRowContext(ctx, s.query("WITH locked AS (SELECT data FROM reenvio_journal_document WHERE name = $1 FOR UPDATE) "+
			"SELECT NOW, data FROM locked"), name).Scan(&now, &old)
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = tx.QueryRowContext(ctx, s.query("INSERT INTO reenvio_journal_document (name) VALUES ($1) "+
			"ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING NOW, data"), name).Scan(&now, &old)
	}
	if err != nil {
		return time.Time{}, nil, err
	}
	if old.Valid && old.V == nil {
		old.V = []byte{}
	}
	return time.UnixMicro(now), old.V, nil
}

// Delete implements [journal.Store].
func (s *Store) Delete(ctx context.Context, recovery string) error {
	err := journal.CheckID(recovery)
	if err == nil {
		err = s.writer.Tx(ctx, func(tx *sql.Tx) error { return s.delete(ctx, tx, recovery) })
	}
	if err != nil {
		return fmt.Errorf("journalsql: delete: %w", err)
	}
	return nil
}

// delete first locks all logs of the recovery, by writing nothing new.
func (s *Store) delete(ctx context.Context, tx *sql.Tx, recovery string) error {
	_, err := tx.ExecContext(ctx, s.query("UPDATE reenvio_journal_log SET owner = owner WHERE recovery = $1"), recovery)
	if err != nil {
		return err
	}
	var held int
	err = tx.QueryRowContext(ctx, s.query("SELECT COUNT(*) FROM reenvio_journal_log WHERE recovery = $1 AND until_us > NOW"), recovery).Scan(&held)
	if err != nil {
		return err
	}
	if held > 0 {
		return fmt.Errorf("%d logs of %s: %w", held, recovery, journal.ErrLocked)
	}
	// A log that somebody has made since then is held, and stays.
	_, err = tx.ExecContext(ctx, s.query("DELETE FROM reenvio_journal_record WHERE log IN (SELECT id FROM reenvio_journal_log WHERE recovery = $1 AND until_us <= NOW)"), recovery)
	if err == nil {
		_, err = tx.ExecContext(ctx, s.query("DELETE FROM reenvio_journal_log WHERE recovery = $1 AND until_us <= NOW"), recovery)
	}
	return err
}
