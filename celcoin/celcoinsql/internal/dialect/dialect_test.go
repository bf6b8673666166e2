package dialect_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/internal/dialect"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
)

var postgres postgrestest.Shared

func TestMain(m *testing.M) {
	os.Exit(postgres.Run(m)) //nolint:forbidigo // that is what TestMain does
}

// both runs a test on both databases. Each call of open is another process's.
func both(t *testing.T, test func(t *testing.T, open func() *dialect.Database)) {
	t.Helper()
	for d, dsn := range map[dialect.Dialect]func() (driver, dsn string){
		dialect.Postgres: func() (string, string) { return "pgx", postgres.Database(t) },
		dialect.SQLite:   func() (string, string) { return "sqlite", "file:" + filepath.Join(t.TempDir(), "test.db") },
	} {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			driver, name := dsn()
			test(t, func() *dialect.Database {
				db, err := sql.Open(driver, name)
				require.NoError(t, err)
				t.Cleanup(func() { _ = db.Close() })
				return dialect.New(db, d)
			})
		})
	}
}

func TestManyProcessesMigrateAtOnceAndAgain(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, open func() *dialect.Database) {
		t.Helper()
		var running sync.WaitGroup
		for range 8 {
			db := open()
			running.Go(func() {
				for range 2 {
					assert.NoError(t, db.Migrate(t.Context(), 1, "CREATE TABLE IF NOT EXISTS test (id SERIAL, name TEXT, data BLOB)"))
				}
			})
		}
		running.Wait()
	})
}

func TestSQLiteForgetsNothingAtALossOfPower(t *testing.T) {
	t.Parallel()
	file, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+"?_pragma=synchronous(off)")
	require.NoError(t, err)
	defer file.Close() //nolint:errcheck // of a test
	db := dialect.New(file, dialect.SQLite)
	require.NoError(t, db.Migrate(t.Context(), 1))
	require.NoError(t, db.Tx(t.Context(), func(tx *sql.Tx) error {
		var mode string
		var synchronous int
		require.NoError(t, tx.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode))
		require.NoError(t, tx.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&synchronous))
		assert.Equal(t, "wal", mode)
		assert.Equal(t, 2, synchronous, "FULL")
		return nil
	}))
}

func TestAWaitForTheWriterEndsWithItsContext(t *testing.T) {
	t.Parallel()
	file, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, err)
	defer file.Close() //nolint:errcheck // of a test
	db := dialect.New(file, dialect.SQLite)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, db.Do(t.Context(), func(dialect.Conn) error { // which is the writer meanwhile
		return db.Do(ended, func(dialect.Conn) error { return nil })
	}), context.Canceled)
}

func TestWithoutADialectNothingIsWritten(t *testing.T) {
	t.Parallel()
	db := dialect.New(nil, 0)
	require.Error(t, db.Tx(t.Context(), func(*sql.Tx) error { return nil }))
	require.Error(t, db.Migrate(t.Context(), 1))
}
