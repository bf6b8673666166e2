package inboxsql_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ceffuinbox "github.com/reenvio/reenvio-go/ceffu/inbox"
	"github.com/reenvio/reenvio-go/celcoin/celcoinsql/inboxsql"
	"github.com/reenvio/reenvio-go/celcoin/inbox"
)

func TestAnEventDeliveredByManyAtOnceHasItsEffectOnce(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			dsn := d.dsn(t)
			first, plain := d.open(t, dsn), strings.TrimSuffix(dsn, "?_txlock=immediate")
			if d.dialect == inboxsql.Postgres { // with which duplicates fail, if it counts
				_, name, _ := strings.Cut(dsn, "dbname=")
				_, err := first.ExecContext(t.Context(), "ALTER DATABASE "+name+" SET default_transaction_isolation TO serializable")
				require.NoError(t, err)
				first = d.open(t, dsn)
			}
			// As two processes have them.
			inboxes := []*inboxsql.Inbox[*inbox.Event]{inboxsql.New(first, d.dialect, effect), inboxsql.New(d.open(t, plain), d.dialect, effect)}
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
}

func TestSQLiteForgetsNothingAtALossOfPower(t *testing.T) {
	t.Parallel()
	sqlite := databases[0]
	db := sqlite.open(t, sqlite.dsn(t)+"&_pragma=synchronous(off)")
	require.NoError(t, inboxsql.New(db, sqlite.dialect, func(ctx context.Context, tx *sql.Tx, _ *inbox.Event) error {
		var mode string
		var synchronous int
		require.NoError(t, tx.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode))
		require.NoError(t, tx.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous))
		assert.Equal(t, "wal", mode)
		assert.Equal(t, 2, synchronous, "FULL")
		return nil
	}).Process(t.Context(), event(t, "a", 1)))
}

func TestACommitThatFailedAfterAllIsFoundByTheNextDelivery(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			var fail atomic.Bool
			dsn := d.dsn(t)
			db := d.open(t, dsn)
			broken := sql.OpenDB(&failingCommits{driver: db.Driver(), dsn: dsn, fail: &fail})
			defer broken.Close() //nolint:errcheck // of a test
			h := inbox.NewHandler(inboxsql.New(broken, d.dialect, effect).Process)
			for _, status := range []int{500, 200} {
				fail.Store(status == 500)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(event(t, "a", 1).Raw)))
				assert.Equal(t, status, w.Code)
				assert.Equal(t, map[string]int{"a": 1}, effects(t, db))
			}
		})
	}
}

func TestAnEventThatFailedIsProcessedByTheNextDelivery(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			db := d.open(t, d.dsn(t))
			broken := errors.New("broken")
			fail := true
			in := inboxsql.New(db, d.dialect, func(ctx context.Context, tx *sql.Tx, e *inbox.Event) error {
				if err := effect(ctx, tx, e); err != nil || !fail {
					return err
				}
				return broken
			})
			require.ErrorIs(t, in.Process(t.Context(), event(t, "a", 1)), broken)
			assert.Empty(t, effects(t, db), "the effect is undone")
			fail = false
			require.NoError(t, in.Process(t.Context(), event(t, "a", 1)))
			fail = true
			require.NoError(t, in.Process(t.Context(), event(t, "a", 1)), "apply is not called")
			assert.Equal(t, map[string]int{"a": 1}, effects(t, db))
		})
	}
}

func TestAnApplyThatPanicsLeavesNothingAndBlocksNobody(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			db := d.open(t, d.dsn(t))
			in := inboxsql.New(db, d.dialect, func(ctx context.Context, tx *sql.Tx, e *inbox.Event) error {
				_ = effect(ctx, tx, e)
				panic("broken") //nolint:forbidigo // as users do
			})
			for range 20 { // more than there are connections
				assert.Panics(t, func() { _ = in.Process(t.Context(), event(t, "a", 1)) })
			}
			assert.Empty(t, effects(t, db))
			require.NoError(t, inboxsql.New(db, d.dialect, effect).Process(t.Context(), event(t, "a", 1)))
		})
	}
}

func TestTheSameKeyWithAnotherPayloadIsKeptAndReportedOnce(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			db := d.open(t, d.dsn(t))
			var reported []inboxsql.Conflict
			in := inboxsql.New(db, d.dialect, effect, inboxsql.WithConflict(func(_ context.Context, c inboxsql.Conflict) { reported = append(reported, c) }))
			for _, amount := range []int{1, 1, 2, 1, 2, 3, 2} {
				require.NoError(t, in.Process(t.Context(), event(t, "a", amount)))
			}
			respelled := event(t, "a", 1)
			respelled.Raw = []byte(` {"webhookId":"a","body":{"amount":1.0},"entity":"pix-payment-in","status":"CONFIRMED"}`)
			require.NoError(t, in.Process(t.Context(), respelled))

			var recorded []inboxsql.Conflict
			for c, err := range in.Conflicts(t.Context()) {
				require.NoError(t, err)
				recorded = append(recorded, c)
			}
			assert.Equal(t, map[string]int{"a": 1}, effects(t, db))
			assert.Len(t, reported, 2)
			assert.ElementsMatch(t, reported, recorded)
			for n, c := range reported {
				assert.Equal(t, event(t, "a", n+2).Key(), c.Key)
				assert.Equal(t, event(t, "a", n+2).Payload(), c.Payload)
			}
		})
	}
}

func TestHasTellsWhatWasProcessed(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			db := d.open(t, d.dsn(t))
			in := inboxsql.New(db, d.dialect, effect)
			var keys []string
			var want []bool
			for n := range 1100 { // more than one query
				e := event(t, strconv.Itoa(n), 1)
				keys, want = append(keys, e.Key(), e.Key()), append(want, n%100 == 0, n%100 == 0)
				if n%100 == 0 {
					require.NoError(t, in.Process(t.Context(), e))
				}
			}
			got, err := in.Has(t.Context(), keys)
			require.NoError(t, err)
			assert.Equal(t, want, got)
			none, err := in.Has(t.Context(), nil)
			require.NoError(t, err)
			assert.Empty(t, none)
		})
	}
}

func TestPruneForgetsTheOldAlone(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			db := d.open(t, d.dsn(t))
			in := inboxsql.New(db, d.dialect, effect)
			for _, id := range []string{"old", "new"} {
				require.NoError(t, in.Process(t.Context(), event(t, id, 1)))
				require.NoError(t, in.Process(t.Context(), event(t, id, 2))) // a conflict
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
			left := 0
			for c, err := range in.Conflicts(t.Context()) {
				require.NoError(t, err)
				assert.Equal(t, event(t, "new", 1).Key(), c.Key)
				left++
			}
			assert.Equal(t, 1, left)
		})
	}
}

func TestMigrateMayRunInManyProcessesAtOnceAndAgain(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			dsn := d.dsn(t)
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					db, err := sql.Open(d.driver, dsn)
					if err == nil {
						err = errors.Join(inboxsql.New(db, d.dialect, effect).Migrate(t.Context()), db.Close())
					}
					assert.NoError(t, err)
				})
			}
			wg.Wait()
		})
	}
}

func TestWithoutADialectNothingIsProcessed(t *testing.T) {
	t.Parallel()
	in := inboxsql.New(new(sql.DB), 0, effect)
	require.Error(t, in.Process(t.Context(), event(t, "a", 1)))
	require.Error(t, in.Migrate(t.Context()))
}

func TestOneTableServesBothVendors(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			db := d.open(t, d.dsn(t))
			var ceffu []string
			in := inboxsql.New(db, d.dialect, func(_ context.Context, _ *sql.Tx, e *ceffuinbox.Event) error {
				ceffu = append(ceffu, e.OrderViewID)
				return nil
			})
			for _, timestamp := range []string{"1", "2"} { // of two deliveries
				e, err := ceffuinbox.Parse([]byte(`{"event":"1","timestamp":` + timestamp + `,"data":{"orderViewId":"a","status":40}}`))
				require.NoError(t, err)
				require.NoError(t, in.Process(t.Context(), e))
			}
			require.NoError(t, inboxsql.New(db, d.dialect, effect).Process(t.Context(), event(t, "a", 1)))
			assert.Equal(t, []string{"a"}, ceffu)
			assert.Equal(t, map[string]int{"a": 1}, effects(t, db))
			for c, err := range in.Conflicts(t.Context()) {
				t.Error("another timestamp is no conflict", c.Key, err)
			}
		})
	}
}
