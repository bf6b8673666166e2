package inboxsql_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ceffuinbox "github.com/reenvio/reenvio-go/ceffu/inbox"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/inboxsql"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

func TestAnEventDeliveredByManyAtOnceHasItsEffectOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		dsn := d.dsn(t)
		first := d.open(t, dsn)
		if d.dialect == inboxsql.Postgres { // with which duplicates fail, if it counts
			_, name, _ := strings.Cut(dsn, "dbname=")
			_, err := first.ExecContext(t.Context(), "ALTER DATABASE "+name+" SET default_transaction_isolation TO serializable")
			require.NoError(t, err)
			first = d.open(t, dsn)
		}
		// As two processes have them.
		other := d.open(t, strings.TrimSuffix(dsn, "?_txlock=immediate"))
		inboxes := []*inboxsql.Inbox[*inbox.Event]{inboxsql.New(first, d.dialect, effect), inboxsql.New(other, d.dialect, effect)}
		var wg sync.WaitGroup
		for n := range 200 {
			wg.Go(func() { assert.NoError(t, inboxes[n%2].Process(t.Context(), event(t, strconv.Itoa(n/20), 1))) })
		}
		wg.Wait()
		counts := effects(t, first)
		assert.Len(t, counts, 10)
		for id, n := range counts {
			assert.Equal(t, 1, n, id)
		}
	})
}

// brokenConn loses its connection right after a commit.
type brokenConn struct {
	driver.Conn
	fail *atomic.Bool
}

type brokenTx struct {
	driver.Tx
	fail *atomic.Bool
}

func (c brokenConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts) //nolint:errcheck // both drivers have it
	return brokenTx{tx, c.fail}, err
}

func (t brokenTx) Commit() error {
	err := t.Tx.Commit()
	if t.fail.Load() {
		return errors.New("the connection broke")
	}
	return err
}

type connector func() (driver.Conn, error)

func (c connector) Connect(context.Context) (driver.Conn, error) { return c() }
func (c connector) Driver() driver.Driver                        { return nil }

func TestACommitThatFailedAfterAllIsFoundByTheNextDelivery(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		var fail atomic.Bool
		dsn := d.dsn(t)
		db := d.open(t, dsn)
		broken := sql.OpenDB(connector(func() (driver.Conn, error) {
			conn, err := db.Driver().Open(dsn)
			return brokenConn{conn, &fail}, err
		}))
		defer broken.Close() //nolint:errcheck // of a test
		h := inbox.NewHandler(inboxsql.New(broken, d.dialect, effect).Process)
		for _, status := range []int{500, 200} {
			fail.Store(status == 500)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(payload("a", 1))))
			assert.Equal(t, status, w.Code)
			assert.Equal(t, map[string]int{"a": 1}, effects(t, db))
		}
	})
}

// Twenty times, which are more than there are connections.
func TestAnEventThatFailedLeavesNothingAndIsProcessedByTheNextDelivery(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		db := d.open(t, d.dsn(t))
		broken := errors.New("broken")
		panics, calls := false, 0
		in := inboxsql.New(db, d.dialect, func(ctx context.Context, tx *sql.Tx, e *inbox.Event) error {
			calls++
			if err := effect(ctx, tx, e); err != nil || calls > 40 {
				return err
			}
			if panics {
				panic("broken") //nolint:forbidigo // as users do
			}
			return broken
		})
		for range 20 {
			require.ErrorIs(t, in.Process(t.Context(), event(t, "a", 1)), broken)
		}
		panics = true
		for range 20 {
			assert.Panics(t, func() { _ = in.Process(t.Context(), event(t, "a", 1)) })
		}
		assert.Empty(t, effects(t, db), "the effect is undone")
		process(t, in, event(t, "a", 1))
		process(t, in, event(t, "a", 1)) // apply is not called
		assert.Equal(t, map[string]int{"a": 1}, effects(t, db))
		assert.Equal(t, 41, calls)
	})
}

func TestTheSameKeyWithAnotherPayloadIsKeptAndReportedOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		db := d.open(t, d.dsn(t))
		var reported []inboxsql.Conflict
		in := inboxsql.New(db, d.dialect, effect, inboxsql.WithConflict(func(_ context.Context, c inboxsql.Conflict) { reported = append(reported, c) }))
		for _, amount := range []int{1, 1, 2, 1, 2, 3, 2} {
			process(t, in, event(t, "a", amount))
		}
		respelled, err := inbox.Parse([]byte(` {"webhookId":"a","body":{"amount":1.0},"entity":"pix-payment-in","status":"CONFIRMED"}`))
		require.NoError(t, err)
		process(t, in, respelled)

		assert.Equal(t, map[string]int{"a": 1}, effects(t, db))
		assert.Len(t, reported, 2)
		assert.ElementsMatch(t, reported, conflicts(t, in))
		for n, c := range reported {
			assert.Equal(t, event(t, "a", n+2).Key(), c.Key)
			assert.Equal(t, event(t, "a", n+2).Payload(), c.Payload)
		}
	})
}

func conflicts[E inboxsql.Event](t *testing.T, in *inboxsql.Inbox[E]) (found []inboxsql.Conflict) {
	t.Helper()
	for c, err := range in.Conflicts(t.Context()) {
		require.NoError(t, err)
		found = append(found, c)
	}
	return found
}

func TestHasTellsWhatWasProcessed(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		in := inboxsql.New(d.open(t, d.dsn(t)), d.dialect, effect)
		var keys []string
		var want []bool
		for n := range 1100 { // more than one query
			e := event(t, strconv.Itoa(n), 1)
			keys, want = append(keys, e.Key(), e.Key()), append(want, n%100 == 0, n%100 == 0)
			if n%100 == 0 {
				process(t, in, e)
			}
		}
		got, err := in.Has(t.Context(), keys)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	})
}

func TestPruneForgetsTheOldAlone(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		db := d.open(t, d.dsn(t))
		in := inboxsql.New(db, d.dialect, effect)
		for _, id := range []string{"old", "new"} {
			process(t, in, event(t, id, 1))
			process(t, in, event(t, id, 2)) // a conflict
		}
		for _, table := range []string{"reenvio_inbox", "reenvio_inbox_conflict"} {
			_, err := db.ExecContext(t.Context(), "UPDATE "+table+" SET received_ms = received_ms - 3600000 WHERE event_key LIKE '%old%'")
			require.NoError(t, err)
		}
		for _, unset := range []time.Duration{0, -time.Hour} {
			_, err := in.Prune(t.Context(), unset)
			require.Error(t, err)
		}
		n, err := in.Prune(t.Context(), 30*time.Minute)
		require.NoError(t, err)
		assert.EqualValues(t, 1, n)
		has, err := in.Has(t.Context(), []string{event(t, "old", 1).Key(), event(t, "new", 1).Key()})
		require.NoError(t, err)
		assert.Equal(t, []bool{false, true}, has)
		left := conflicts(t, in)
		require.Len(t, left, 1)
		assert.Equal(t, event(t, "new", 1).Key(), left[0].Key)
	})
}

// In the bubble it is the year 2000; the database knows nothing of that.
func TestAReceiversClockChangesNothing(t *testing.T) {
	t.Parallel()
	d := databases[1]
	dsn := d.dsn(t)
	db := d.open(t, dsn)
	synctest.Test(t, func(t *testing.T) {
		in := inboxsql.New(d.open(t, dsn), d.dialect, effect)
		process(t, in, event(t, "a", 1))
		process(t, in, event(t, "a", 2))
		assert.Greater(t, conflicts(t, in)[0].Received.Year(), 2025)
	})
	pruned, err := inboxsql.New(db, d.dialect, effect).Prune(t.Context(), time.Hour)
	require.NoError(t, err)
	assert.Zero(t, pruned)
}

func TestOneTableServesBothVendors(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d database) {
		t.Helper()
		db := d.open(t, d.dsn(t))
		var orders []string
		ceffu := inboxsql.New(db, d.dialect, func(_ context.Context, _ *sql.Tx, e *ceffuinbox.Event) error {
			orders = append(orders, e.OrderViewID)
			return nil
		})
		for _, timestamp := range []string{"1", "2"} { // of two deliveries
			e, err := ceffuinbox.Parse([]byte(`{"event":"1","timestamp":` + timestamp + `,"data":{"orderViewId":"a","status":40}}`))
			require.NoError(t, err)
			process(t, ceffu, e)
		}
		process(t, inboxsql.New(db, d.dialect, effect), event(t, "a", 1))
		assert.Equal(t, []string{"a"}, orders)
		assert.Equal(t, map[string]int{"a": 1}, effects(t, db))
		assert.Empty(t, conflicts(t, ceffu), "another timestamp is not a conflict")
	})
}
