package journalsql_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/journalsql"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// A worker whose database is gone loses its logs before another can have them.
func TestLostIsClosedBeforeAnotherCanOpen(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		s := d.store(t)
		db := d.open(t)
		l := open(t, journalsql.New(db, d.dialect, journalsql.WithLease(2*time.Second)))
		require.NoError(t, l.Append(t.Context(), true, []byte("1")))
		require.NoError(t, db.Close())

		other := openSoon(t, s)
		select {
		case <-l.Lost():
		default:
			t.Error("another holds the log, and Lost is not closed")
		}
		require.ErrorIs(t, l.Append(t.Context(), true, []byte("2")), journal.ErrLost)
		require.Error(t, l.Close(), "it cannot give the lease back")
		require.Equal(t, []string{"1"}, read(t, s))
		require.NoError(t, other.Close())
	})
}

func TestALeaseIsRenewedWhileTheLogIsOpen(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		s := d.store(t, journalsql.WithLease(6*time.Second))
		l := open(t, s)
		db := d.open(t)
		until := func() (at int64) {
			require.NoError(t, db.QueryRowContext(t.Context(), "SELECT until_us FROM reenvio_journal_log").Scan(&at))
			return at
		}
		first := until()
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for until() == first {
			select {
			case <-tick.C:
			case <-l.Lost():
				t.Fatal("it was lost")
			}
		}
		require.Greater(t, until(), first)
		require.NoError(t, l.Append(t.Context(), true, []byte("1")))
		require.NoError(t, l.Close())
		require.Zero(t, until(), "Close gives it back")

		l = open(t, s)
		var epoch int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT epoch FROM reenvio_journal_log").Scan(&epoch))
		require.Equal(t, 2, epoch, "each holder has its own")
		require.NoError(t, l.Close())
	})
}

// In the bubble it is the year 2000, and it passes as the test wants: the
// database knows nothing of that.
func TestAWorkersClockChangesNothing(t *testing.T) {
	t.Parallel()
	d := postgres(t)
	outside := d.store(t)
	synctest.Test(t, func(t *testing.T) {
		s := d.store(t)
		var now time.Time
		require.NoError(t, s.Update(t.Context(), "clock", func(at time.Time, _ []byte) ([]byte, error) { now = at; return nil, nil }))
		require.Greater(t, now.Year(), 2025, "the time is the database's")

		l := open(t, s)
		require.NoError(t, l.Append(t.Context(), true, []byte("1")))
		_, err := outside.Open(t.Context(), "outage-1", "unit")
		require.ErrorIs(t, err, journal.ErrLocked)
		_, err = s.Open(t.Context(), "outage-1", "unit")
		require.ErrorIs(t, err, journal.ErrLocked)
		time.Sleep(time.Minute) //nolint:forbidigo // virtual time: four leases, all renewed
		require.NoError(t, l.Append(t.Context(), true, []byte("2")))
		require.NoError(t, l.Close())
		require.Equal(t, []string{"1", "2"}, read(t, s))
	})
}

// TestDeleteSparesALogThatIsMadeMeanwhile: of a new log no row can be locked
// before.
func TestDeleteSparesALogThatIsMadeMeanwhile(t *testing.T) {
	t.Parallel()
	s := postgres(t).store(t)
	for n := range 60 {
		id := fmt.Sprintf("outage-%d", n)
		begin, err := s.Open(t.Context(), id, "plan")
		require.NoError(t, err)
		require.NoError(t, begin.Append(t.Context(), true, []byte("1")))
		require.NoError(t, begin.Close())
		var both sync.WaitGroup
		both.Go(func() {
			if err := s.Delete(t.Context(), id); err != nil {
				assert.ErrorIs(t, err, journal.ErrLocked)
			}
		})
		for unit := range 4 {
			both.Go(func() {
				l, err := s.Open(t.Context(), id, fmt.Sprintf("unit-%d", unit))
				if assert.NoError(t, err) {
					assert.NoError(t, l.Append(t.Context(), true, []byte("2")), "its lease is new")
					assert.NoError(t, l.Close())
				}
			})
		}
		both.Wait()
	}
}
