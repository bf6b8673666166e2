package recovery_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// What Celcoin does with a window that reaches a webhook older than 7 days is
// not documented: it leaves that out, or refuses the whole. Nor is whether it
// believes its own dates.
func TestAnOutageThatReachesBackBeyondSevenDaysIsRecoveredAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	for _, refused := range []bool{false, true} {
		for _, shifted := range []bool{false, true} {
			t.Run(fmt.Sprintf("refused %v, shifted %v", refused, shifted), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := outage(t, 0, celcointest.WithOldRefused(refused), celcointest.WithShiftedDates(shifted))
					edge := time.Now().Add(-7 * 24 * time.Hour)
					if shifted {
						edge = edge.Add(3 * time.Hour)
					}
					// By the less favourable reading, that of a true Z, a webhook
					// may be asked for as long as its false date is young enough.
					young := edge.Add(3*time.Hour + 5*time.Minute)
					if shifted {
						young = edge.Add(5 * time.Minute)
					}
					s.from, s.to = edge.Add(-2*time.Hour), young.Add(90*time.Minute)
					require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 70, s.from, edge.Add(-time.Second)))
					require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 50, young, s.to))
					req := s.request("old")
					req.Entities = []celcoin.Entity{celcoin.EntityPixPaymentIn}
					r := s.recoverer(t)
					plan, err := r.Plan(t.Context(), req)
					require.NoError(t, err)
					assert.Equal(t, 70, plan.Unlisted)
					assert.Equal(t, 50, plan.Items-plan.Expired)
					assert.Contains(t, plan.String(), "70 more are counted and not listed")
					report, err := r.Run(t.Context(), plan)
					require.NoError(t, err)
					assert.Equal(t, recovery.StatePartial, report.State, "nobody may take this for everything")
					assert.Contains(t, report.Reason, "70 webhooks that it does not list")
					assert.Equal(t, 50, report.Totals.Delivered)
					_, distinct := s.most()
					assert.Equal(t, 50, distinct)
				})
			})
		}
	}
}

// A window in which everything is old is asked about a few times, not once for
// every second of it.
func TestARefusedWindowCostsFewCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0, celcointest.WithOldRefused(true))
		s.to = time.Now().Add(-8 * 24 * time.Hour)
		s.from = s.to.Add(-time.Hour)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 500, s.from, s.to))
		req := s.request("gone")
		req.Margin = -1
		plan, err := s.recoverer(t).Plan(t.Context(), req)
		require.NoError(t, err)
		assert.Zero(t, plan.Items)
		assert.Equal(t, 500, plan.Unlisted)
		assert.Less(t, len(s.server.Requests()), 25)
	})
}

func TestARefusalForAnotherReasonEndsThePlan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 10)
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "details", Status: 400, Code: "CBE208"}))
		_, err := s.recoverer(t).Plan(t.Context(), s.request("refused"))
		var answer *celcoin.Error
		require.ErrorAs(t, err, &answer)
		assert.Equal(t, "CBE208", answer.Code)
	})
}

// Some are delivered by Celcoin itself between the count and the listing.
func TestWhatIsDeliveredBetweenCountAndListingIsNotMissed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 40)
		r := s.recoverer(t, recovery.WithProgress(func(p recovery.Progress) {
			if p.Step == "counting" && p.Done == p.Of {
				for _, w := range s.server.Webhooks()[:5] {
					s.server.Redeliver(w.Product, w.Entity, w.ID)
				}
				s.server.Settle()
			}
		}))
		report, err := r.Recover(t.Context(), s.request("meanwhile"))
		drained(t, s, report, err)
		assert.Equal(t, 55, report.Totals.Planned)
	})
}

// The refusal need not be for its age: the entity may not exist.
func TestAWindowThatIsRefusedAltogetherIsNeverDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		s.to = time.Now().Add(-7*24*time.Hour + 2*time.Hour)
		s.from = s.to.Add(-30 * time.Minute)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 50, s.from, s.to))
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Times: -1, Status: 400, Code: "CBE206",
			Match: func(r *http.Request) bool { return strings.Contains(r.URL.Path, string(celcoin.EntityPixPaymentIn)) },
		}))
		req := s.request("refused")
		req.Margin = -1
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, 1, plan.Refused)
		assert.Contains(t, plan.String(), "1 windows are refused by Celcoin")
		report, err := r.Run(t.Context(), plan)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Contains(t, report.Reason, "Celcoin refuses to count and list 1 windows")
		report, err = r.Verify(t.Context(), plan.ID)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Contains(t, report.Reason, "Celcoin refuses")
	})
}

func TestAUnitOfWhichNotAllIsListedIsNeverDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		edge := time.Now().Add(-7 * 24 * time.Hour)
		s.from, s.to = edge.Add(-30*time.Minute), edge.Add(6*time.Hour)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 20, s.from, edge.Add(-time.Minute)))
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 20, edge.Add(4*time.Hour), s.to))
		req := s.request("units")
		req.Margin = -1
		r := s.recoverer(t, recovery.WithWindow(12*time.Hour))
		plan, err := r.Plan(t.Context(), req)
		require.NoError(t, err)
		require.Len(t, plan.Units, 1)
		result, err := r.RunUnit(t.Context(), plan.ID, plan.Units[0].Unit)
		require.NoError(t, err)
		assert.Equal(t, 20, result.Totals.Delivered)
		assert.Equal(t, recovery.StatePartial, result.State)
		assert.Contains(t, result.Reason, "20 webhooks that it does not list")
		report, err := r.Verify(t.Context(), plan.ID)
		require.NoError(t, err)
		assert.Contains(t, report.Reason, "20 webhooks that it does not list")
	})
}
