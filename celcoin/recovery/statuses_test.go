package recovery_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// tooLate is an outage that was not recovered in time: it was planned, and is run
// after eight days. Celcoin knows the payments, each with a status of its own.
func tooLate(t *testing.T, n int, more ...celcointest.Webhook) (*story, *recovery.Recoverer, journal.Store) {
	t.Helper()
	s, store := outage(t, n, celcointest.WithTrueDates(true)), recovery.MemoryStore()
	for _, w := range more {
		w.Created = s.from.Add(time.Minute)
		s.server.Add(w)
	}
	r := s.recoverer(t, recovery.WithStore(store))
	plan, err := r.Plan(t.Context(), s.request("late"))
	require.NoError(t, err)
	statuses := []string{"CONFIRMED", "ERROR", "PROCESSING", "CANCELED"}
	for i, w := range s.server.Webhooks() {
		p := celcointest.Payment{ID: w.ID, Received: w.Entity == celcoin.EntityPixPaymentIn, Status: statuses[i%len(statuses)]}
		if p.Status == "ERROR" {
			p.ErrorCode = "PBE343"
		}
		s.server.AddPayments(p)
	}
	<-time.After(8 * 24 * time.Hour)
	_, err = r.Run(t.Context(), plan)
	require.NoError(t, err)
	return s, r, store
}

// heard are the results by item.
func heard(t *testing.T, r *recovery.Recoverer) map[string]recovery.ItemStatus {
	t.Helper()
	all := map[string]recovery.ItemStatus{}
	for s, err := range r.Statuses(t.Context(), "late") {
		require.NoError(t, err)
		all[s.ID] = s
	}
	return all
}

func asked(s *story) (n int) {
	for _, r := range s.server.Requests() {
		if strings.HasSuffix(r.Operation, "status") {
			n++
		}
	}
	return n
}

func TestTheTransactionsOfWhatIsTooOldAreAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, store := tooLate(t, 8)
		before, err := r.Report(t.Context(), "late")
		require.NoError(t, err)
		require.Zero(t, before.Statuses)

		results := map[recovery.StatusResult]int{}
		for id, item := range heard(t, r) {
			results[item.Result]++
			assert.NotZero(t, item.Asked)
			failedOut := item.Result == recovery.StatusError && item.Entity == celcoin.EntityPixPaymentOut // that of a receipt has no code
			assert.Equal(t, failedOut, item.ErrorCode == "PBE343", id)
		}
		assert.Equal(t, map[recovery.StatusResult]int{
			recovery.StatusConfirmed: 3, recovery.StatusError: 3, recovery.StatusProcessing: 3, recovery.StatusOther: 3,
		}, results)
		assert.Equal(t, 12, asked(s))

		// Another process asks again for what is not final, and the report has it.
		other := s.recoverer(t, recovery.WithStore(store))
		assert.Len(t, heard(t, other), 12)
		assert.Equal(t, 12+6, asked(s))
		report, err := other.Report(t.Context(), "late")
		require.NoError(t, err)
		assert.Equal(t, recovery.StatusTotals{Confirmed: 3, Error: 3, Processing: 3, Other: 3}, report.Statuses)
		assert.Equal(t, before.Calls+12+6, report.Calls)
		assert.Equal(t, before.State, report.State, "it is not a delivery")
		assert.Equal(t, before.Totals, report.Totals)
	})
}

// What was heard of a transaction counts for each of its webhooks.
func TestATransactionOfSeveralWebhooksIsAskedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, _ := tooLate(t, 0, celcointest.Webhook{ID: "twins", PayloadStatus: "PROCESSING"}, celcointest.Webhook{ID: "twins", PayloadStatus: "CONFIRMED"})
		for range 2 { // the second time it is final
			items := 0
			for item, err := range r.Statuses(t.Context(), "late") {
				require.NoError(t, err)
				assert.Equal(t, recovery.StatusError, item.Result)
				items++
			}
			assert.Equal(t, 2, items)
			assert.Equal(t, 1, asked(s))
		}
		report, err := r.Report(t.Context(), "late")
		require.NoError(t, err)
		assert.Equal(t, recovery.StatusTotals{Error: 2}, report.Statuses)
	})
}

func TestAStatusThatCannotBeHadIsItsItemsOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault celcointest.Fault
		want  recovery.StatusResult
		times int // that Celcoin is asked for the four payments out
	}{
		"a refusal of one":            {celcointest.Fault{Status: 400, Body: []byte(`{"errorCode":"11"}`), Times: -1}, recovery.StatusNoAnswer, 4},
		"a path that does not exist":  {celcointest.Fault{Status: 404, Body: []byte(`{"statusCode":404}`), Times: -1}, recovery.StatusNoCall, 1},
		"a client that may not":       {celcointest.Fault{Status: 403, Body: []byte(`{"statusCode":403}`), Times: -1}, recovery.StatusNoCall, 1},
		"an unknown one":              {celcointest.Fault{Status: 400, Body: []byte(`{"errorCode":"99"}`), Times: -1}, recovery.StatusNotFound, 4},
		"an outage that soon is over": {celcointest.Fault{Status: 503, Times: 2}, "", 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r, _ := tooLate(t, 8)
				c.fault.Operation = celcointest.OpPaymentStatus
				require.NoError(t, s.server.Inject(c.fault))
				for id, item := range heard(t, r) {
					if item.Entity == celcoin.EntityPixPaymentIn {
						assert.Contains(t, []recovery.StatusResult{"confirmed", "error", "processing", "other"}, item.Result)
					} else if c.want != "" {
						assert.Equal(t, c.want, item.Result, id)
					}
				}
				assert.Equal(t, 8+c.times, asked(s))
			})
		})
	}
}

func TestWhatEndsTheAskingForStatuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, store := tooLate(t, 2)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		var end error
		for _, err := range r.Statuses(ctx, "late") {
			if err != nil {
				end = err
				break
			}
			n++
			_, err := store.Open(t.Context(), "late", "statuses")
			require.ErrorIs(t, err, recovery.ErrLocked)
			cancel()
		}
		require.ErrorIs(t, end, context.Canceled)
		assert.Equal(t, 1, n)

		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: celcointest.OpToken, Status: 401, Times: -1}))
		s.server.RevokeTokens()
		for _, err := range r.Statuses(t.Context(), "late") {
			end = err
		}
		require.ErrorIs(t, end, celcoin.ErrUnauthorized)
		for _, err := range r.Statuses(t.Context(), "another") {
			end = err
		}
		require.ErrorIs(t, end, recovery.ErrNotFound)
	})
}

// unclosable is a store whose logs cannot be closed.
type unclosable struct{ journal.Store }

type unclosableLog struct{ journal.Log }

func (s unclosable) Open(ctx context.Context, recovery, name string) (journal.Log, error) {
	l, err := s.Store.Open(ctx, recovery, name)
	return unclosableLog{l}, err
}

func (l unclosableLog) Close() error {
	return errors.Join(l.Log.Close(), errors.New("the disk is gone"))
}

func TestStatusesThatAreNotAllWantedEndWithoutAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, store := tooLate(t, 2)
		r := s.recoverer(t, recovery.WithStore(unclosable{store}))
		for _, err := range r.Statuses(t.Context(), "late") {
			require.NoError(t, err)
			break
		}
		var end error
		for _, err := range r.Statuses(t.Context(), "late") {
			end = err
		}
		require.ErrorContains(t, end, "the disk is gone")
	})
}

func TestWithoutStatusCallsThereIsNoSuchCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, store := tooLate(t, 2)
		r, err := recovery.New(threeMethods{s.client}, recovery.WithStore(store))
		require.NoError(t, err)
		for _, item := range heard(t, r) {
			assert.Equal(t, recovery.StatusNoCall, item.Result)
		}
		assert.Zero(t, asked(s))
		report, err := r.Report(t.Context(), "late")
		require.NoError(t, err)
		assert.Equal(t, recovery.StatusTotals{NoCall: 3}, report.Statuses)
	})
}

func TestAReportNamesThe1000FirstFailuresAndCountsTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, r, _ := tooLate(t, 800)
		report, err := r.Report(t.Context(), "late")
		require.NoError(t, err)
		assert.Equal(t, 1200, report.Totals.Expired)
		assert.Len(t, report.Failures, 1000)
		assert.Equal(t, 200, report.MoreFailures)
	})
}
