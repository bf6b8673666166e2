package postgrestest_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
)

func TestWhatIsCommittedOutlivesARestartAndACrash(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	db, err := sql.Open("pgx", server.Database(t))
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // the test is over
	_, err = db.ExecContext(t.Context(), "CREATE TABLE kept (n int)")
	require.NoError(t, err)
	for n, again := range []func() error{server.Restart, func() error {
		require.NoError(t, server.Crash())
		require.Error(t, db.PingContext(t.Context()), "it is down")
		return server.Run()
	}} {
		_, err = db.ExecContext(t.Context(), "INSERT INTO kept VALUES ($1)", n)
		require.NoError(t, err)
		require.NoError(t, again())
		var count int
		db.SetMaxIdleConns(0) // what the pool has is gone
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM kept").Scan(&count))
		assert.Equal(t, n+1, count)
	}
}
