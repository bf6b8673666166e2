package journalsql_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/journalsql"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
	"github.com/reenvio/reenvio-go/celcoin/recovery/recoverytest"
)

var shared postgrestest.Shared

func TestMain(m *testing.M) {
	os.Exit(shared.Run(m)) //nolint:forbidigo // that is what TestMain does
}

// database is an empty one of its own.
type database struct {
	dialect journalsql.Dialect
	driver  string
	dsn     string
}

var databases = map[string]func(testing.TB) database{
	"PostgreSQL": postgres, "SQLite": sqlite,
}

var schemas struct {
	sync.Mutex
	dsn  string
	last int
}

// postgres makes a schema, which takes less time than a database.
func postgres(tb testing.TB) database {
	tb.Helper()
	schemas.Lock()
	defer schemas.Unlock()
	if schemas.dsn == "" {
		schemas.dsn = shared.Database(tb)
	}
	schemas.last++
	name := fmt.Sprintf("journal%d", schemas.last)
	_, err := database{driver: "pgx", dsn: schemas.dsn}.open(tb).ExecContext(tb.Context(), "CREATE SCHEMA "+name)
	require.NoError(tb, err)
	return database{journalsql.Postgres, "pgx", schemas.dsn + " search_path=" + name}
}

func sqlite(tb testing.TB) database {
	tb.Helper()
	return database{journalsql.SQLite, "sqlite", "file:" + filepath.Join(tb.TempDir(), "journal.db") + "?_txlock=immediate"}
}

// open connects as another process would.
func (d database) open(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open(d.driver, d.dsn)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func (d database) store(tb testing.TB, opts ...journalsql.Option) *journalsql.Store {
	tb.Helper()
	s := journalsql.New(d.open(tb), d.dialect, opts...)
	require.NoError(tb, s.Migrate(tb.Context()))
	return s
}

// both runs a test on both databases.
func both(t *testing.T, test func(t *testing.T, d database)) {
	t.Helper()
	for name, newDatabase := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newDatabase(t))
		})
	}
}

func TestBothDatabasesKeepTheContract(t *testing.T) {
	t.Parallel()
	for name, newDatabase := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recoverytest.Run(t, func(t *testing.T) journal.Store {
				t.Helper()
				return newDatabase(t).store(t)
			})
			recoverytest.RunShared(t, func(t *testing.T) func() journal.Store {
				t.Helper()
				d := newDatabase(t)
				return func() journal.Store { return d.store(t) }
			})
		})
	}
}
