package journalsql_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/journalsql"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/postgrestest"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// read returns the records of the log outage-1/unit.
func read(t *testing.T, s journal.Store) []string {
	t.Helper()
	return readLog(t, s, "unit")
}

func readLog(t *testing.T, s journal.Store, name string) (found []string) {
	t.Helper()
	for r, err := range s.Read(t.Context(), "outage-1", name) {
		require.NoError(t, err)
		found = append(found, string(r))
	}
	return found
}

func open(t *testing.T, s journal.Store) journal.Log {
	t.Helper()
	l, err := s.Open(t.Context(), "outage-1", "unit")
	require.NoError(t, err)
	return l
}

// openSoon waits for another's lease to end.
func openSoon(t *testing.T, s journal.Store) journal.Log {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := s.Open(t.Context(), "outage-1", "unit")
		if err == nil {
			return l
		}
		require.ErrorIs(t, err, journal.ErrLocked)
		<-tick.C
	}
}

func TestAnAppendThatFailsAfterItWasCommittedStandsOnce(t *testing.T) {
	t.Parallel()
	direct := postgres(t)
	network, d := through(t, direct)
	s := d.store(t)
	l := open(t, s)
	require.NoError(t, l.Append(t.Context(), true, []byte("1"))) // prepares the statement
	network.cutAfter(0)
	require.Error(t, l.Append(t.Context(), true, []byte("2")))
	require.Equal(t, []string{"1", "2"}, read(t, direct.store(t)), "the server has it")
	require.Error(t, l.Append(t.Context(), true, []byte("3")), "a log is dead after an error")
	require.NoError(t, l.Close())

	l = open(t, s)
	require.Equal(t, []string{"1", "2"}, read(t, s))
	require.NoError(t, l.Append(t.Context(), true, []byte("3")))
	require.NoError(t, l.Close())
	require.Equal(t, []string{"1", "2", "3"}, read(t, s))
}

// A transaction has several answers: the connection is cut in place of each.
func TestAnUpdateThatFailsAnywhereIsDoneOnceOrNot(t *testing.T) {
	t.Parallel()
	network, d := through(t, postgres(t))
	s := d.store(t)
	count := 0
	add := func() error {
		return s.Update(t.Context(), "count", func(_ time.Time, old []byte) ([]byte, error) {
			if old != nil {
				n, err := strconv.Atoi(string(old))
				require.NoError(t, err)
				count = n
			}
			return strconv.AppendInt(nil, int64(count+1), 10), nil
		})
	}
	require.NoError(t, add())
	stands := 0
	for answers := int64(0); ; answers++ {
		require.NoError(t, add())
		before := count + 1
		network.cutAfter(answers)
		err := add()
		network.cutAfter(-1)
		require.NoError(t, add()) // sees what became of it
		if err == nil {
			require.Equal(t, before+1, count)
			break // that was the last answer
		}
		require.Contains(t, []int{before, before + 1}, count)
		stands += count - before
	}
	require.Equal(t, 1, stands, "only the answer to COMMIT comes after it")
}

// What another holds is read before it is known whether the last append of the
// one before has arrived: it must not arrive later.
func TestAnAppendThatArrivesAfterTheLeaseWasLostAppendsNothing(t *testing.T) {
	t.Parallel()
	direct := postgres(t)
	network, d := through(t, direct)
	late := open(t, d.store(t, journalsql.WithLease(2*time.Second)))
	require.NoError(t, late.Append(t.Context(), true, []byte("1")))
	network.stop()
	failed := make(chan error)
	go func() { failed <- late.Append(context.WithoutCancel(t.Context()), true, []byte("late")) }()
	<-network.waiting

	s := direct.store(t)
	l := openSoon(t, s)
	select {
	case <-late.Lost():
	default:
		t.Error("another holds the log, and Lost is not closed")
	}
	network.resume()
	require.ErrorIs(t, <-failed, journal.ErrLost)
	require.NoError(t, l.Append(t.Context(), true, []byte("2")))
	require.NoError(t, late.Close())
	require.NoError(t, l.Append(t.Context(), true, []byte("3")), "closing a lost log lets go nothing of another's")
	require.Equal(t, []string{"1", "2", "3"}, read(t, s))
	require.NoError(t, l.Close())
}

// The statement has compared the lease, and is held up. The next holder must see
// what it appends, whatever became of the lease meanwhile.
func TestAnAppendThatIsUnderWayWhenItsLeaseEndsIsSeenByTheNextHolder(t *testing.T) {
	t.Parallel()
	d := postgres(t)
	slow := open(t, d.store(t))
	require.NoError(t, slow.Append(t.Context(), true, []byte("1")))
	gate, err := d.open(t).Conn(t.Context())
	require.NoError(t, err)
	for _, statement := range []string{
		"SELECT pg_advisory_lock(7)",
		"CREATE FUNCTION hold() RETURNS trigger AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$ LANGUAGE plpgsql",
		"CREATE TRIGGER hold BEFORE INSERT ON reenvio_journal_record FOR EACH ROW EXECUTE FUNCTION hold()",
	} {
		_, err := gate.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	wait := func(condition string) {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ok := false; !ok; <-tick.C {
			require.NoError(t, gate.QueryRowContext(t.Context(), "SELECT "+condition).Scan(&ok))
		}
	}
	appended := make(chan error, 1)
	go func() { appended <- slow.Append(t.Context(), true, []byte("2")) }()
	wait("EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted)")

	d.dsn += " application_name=next_holder"
	s, db, opened := d.store(t), d.open(t), make(chan journal.Log, 1)
	go func() {
		_, err := db.ExecContext(t.Context(), "UPDATE reenvio_journal_log SET until_us = 1")
		assert.NoError(t, err)
		l, err := s.Open(t.Context(), "outage-1", "unit")
		assert.NoError(t, err)
		opened <- l
	}()
	wait("EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'next_holder') OR " +
		"(SELECT epoch > 1 FROM reenvio_journal_log)") // it waits, or it does not
	var early bool
	require.NoError(t, gate.QueryRowContext(t.Context(), "SELECT epoch > 1 FROM reenvio_journal_log").Scan(&early))
	release := func() {
		_, err := gate.ExecContext(t.Context(), "SELECT pg_advisory_unlock(7)")
		require.NoError(t, err)
		require.NoError(t, <-appended)
	}
	if !early {
		release()
	}
	l := <-opened
	seen := read(t, s) // what the next holder begins with
	require.NoError(t, l.Close())
	if early {
		release()
	}
	require.Equal(t, seen, read(t, s))
}

// Its lease is taken away at the database, so that nothing but the statement
// itself can tell.
func TestAStatementOfALostLeaseAppendsNothing(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		s := d.store(t)
		for _, change := range []string{"until_us = 1", "epoch = epoch + 1", "owner = 'another'"} {
			l := open(t, s)
			require.NoError(t, l.Append(t.Context(), true, []byte(change)))
			_, err := d.open(t).ExecContext(t.Context(), "UPDATE reenvio_journal_log SET "+change)
			require.NoError(t, err)
			require.ErrorIs(t, l.Append(t.Context(), true, []byte("more")), journal.ErrLost, change)
			<-l.Lost()
			require.NotContains(t, read(t, s), "more", change)
			require.NoError(t, l.Close())
			_, err = d.open(t).ExecContext(t.Context(), "UPDATE reenvio_journal_log SET until_us = 1")
			require.NoError(t, err)
		}
	})
}

func TestNothingIsLostOrDoubledWhenTheDatabaseCrashes(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	d := database{journalsql.Postgres, "pgx", server.Database(t)}
	s := d.store(t)
	const logs = 4
	confirmed := make([]int, logs)
	for round := range 2 {
		var running sync.WaitGroup
		progress := make(chan struct{}, 1000)
		for i := range logs {
			l, err := s.Open(t.Context(), "outage-1", strconv.Itoa(i))
			require.NoError(t, err)
			running.Go(func() {
				for n := confirmed[i]; ; n++ {
					if err := l.Append(context.Background(), true, fmt.Append(nil, n)); err != nil {
						break
					}
					confirmed[i] = n + 1
					select {
					case progress <- struct{}{}:
					default:
					}
				}
				_ = l.Close() // it cannot give back the lease
			})
		}
		for range 50 {
			<-progress
		}
		require.NoError(t, server.Crash())
		running.Wait()
		require.NoError(t, server.Run())
		for i := range logs {
			found := readLog(t, s, strconv.Itoa(i))
			require.GreaterOrEqual(t, len(found), confirmed[i], "round %d", round)
			require.LessOrEqual(t, len(found), confirmed[i]+1, "round %d: the one that failed may stand", round)
			for n, r := range found {
				require.Equal(t, strconv.Itoa(n), r)
			}
			confirmed[i] = len(found)
		}
		_, err := d.open(t).ExecContext(t.Context(), "UPDATE reenvio_journal_log SET until_us = 1") // all leases end
		require.NoError(t, err)
	}
}

// The caller of Read may append, on the only connection there is.
func TestReadHasNoConnectionWhileItYields(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		db := d.open(t)
		db.SetMaxOpenConns(1)
		s := journalsql.New(db, d.dialect)
		require.NoError(t, s.Migrate(t.Context()))
		l := open(t, s)
		require.NoError(t, l.Append(t.Context(), true, []byte("1")))
		n := 1
		for _, err := range s.Read(t.Context(), "outage-1", "unit") {
			require.NoError(t, err)
			if n++; n < 5 {
				require.NoError(t, l.Append(t.Context(), true, []byte("more")))
			}
		}
		require.Equal(t, 5, n)
		require.NoError(t, l.Close())
	})
}

func TestAMissingRecordIsDamage(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		s := d.store(t)
		l := open(t, s)
		require.NoError(t, l.Append(t.Context(), true, []byte("1"), []byte("2"), []byte("3")))
		require.NoError(t, l.Close())
		_, err := d.open(t).ExecContext(t.Context(), "DELETE FROM reenvio_journal_record WHERE seq = 2")
		require.NoError(t, err)
		var last error
		for _, last = range s.Read(t.Context(), "outage-1", "unit") {
			continue
		}
		require.ErrorIs(t, last, journal.ErrCorrupt)
	})
}
