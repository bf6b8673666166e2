package inboxsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/inboxsql"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

// postgres is the server of all tests that need none of their own.
var postgres postgrestest.Shared

func TestMain(m *testing.M) {
	if name := os.Getenv(envReceiver); name != "" {
		os.Exit(receive(name)) //nolint:forbidigo // a process that a test kills
	}
	os.Exit(postgres.Run(m)) //nolint:forbidigo // that is what TestMain does
}

// database is one of the two.
type database struct {
	name    string
	dialect inboxsql.Dialect
	driver  string
	dsn     func(tb testing.TB) string // of a new, empty one
}

var databases = []database{
	{"SQLite", inboxsql.SQLite, "sqlite", func(tb testing.TB) string {
		tb.Helper()
		return "file:" + filepath.Join(tb.TempDir(), "inbox.db") + "?_txlock=immediate"
	}},
	{"PostgreSQL", inboxsql.Postgres, "pgx", func(tb testing.TB) string {
		tb.Helper()
		return postgres.Database(tb)
	}},
}

// open opens a database in which an event has effects.
func (d database) open(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(d.driver, dsn)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	// Nothing in this table keeps an effect from happening twice.
	require.NoError(tb, inboxsql.New(db, d.dialect, effect).Migrate(context.WithoutCancel(tb.Context())))
	_, err = db.ExecContext(tb.Context(), "CREATE TABLE IF NOT EXISTS effect (id TEXT NOT NULL)")
	require.NoError(tb, err)
	return db
}

// effect is what an event does.
func effect(ctx context.Context, tx *sql.Tx, e *inbox.Event) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO effect (id) VALUES ('"+e.WebhookID+"')")
	return err
}

// effects are how often each event had its effect.
func effects(tb testing.TB, db *sql.DB) map[string]int {
	tb.Helper()
	rows, err := db.QueryContext(tb.Context(), "SELECT id, count(*) FROM effect GROUP BY id")
	require.NoError(tb, err)
	defer rows.Close() //nolint:errcheck // rows.Err tells
	counts := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		require.NoError(tb, rows.Scan(&id, &n))
		counts[id] = n
	}
	require.NoError(tb, rows.Err())
	return counts
}

// payload is that of an event with an id and an amount.
func payload(id string, amount int) []byte {
	return fmt.Appendf(nil, `{"entity":"pix-payment-in","status":"CONFIRMED","webhookId":%q,"body":{"amount":%d}}`, id, amount)
}

func event(tb testing.TB, id string, amount int) *inbox.Event {
	tb.Helper()
	e, err := inbox.Parse(payload(id, amount))
	require.NoError(tb, err)
	return e
}

// both runs a test on both databases.
func both(t *testing.T, test func(t *testing.T, d database)) {
	t.Helper()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
}

// process fails the test if it fails.
func process[E inboxsql.Event](t *testing.T, in *inboxsql.Inbox[E], e E) {
	t.Helper()
	require.NoError(t, in.Process(t.Context(), e))
}
