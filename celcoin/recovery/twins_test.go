package recovery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// twins are two webhooks of one transaction, an hour and a half apart: the
// receiver tells them apart by what they are called here.
func twins(s *story) {
	for name, created := range map[string]time.Time{
		"first": s.from.Add(10 * time.Minute), "second": s.from.Add(100 * time.Minute),
	} {
		s.server.Add(celcointest.Webhook{
			ID: "one-transaction", Entity: celcoin.EntityPixPaymentIn, Created: created,
			Request: `{"webhookId":"` + name + `"}`,
		})
	}
}

func TestAnIDInTwoWindowsIsRecoveredInBoth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		twins(s)
		report, err := s.recoverer(t).Recover(t.Context(), s.request("twins"))
		drained(t, s, report, err)
		assert.Equal(t, 31, report.Totals.Planned, "one item for both")
		assert.Equal(t, 1, s.arrived["first"])
		assert.Equal(t, 1, s.arrived["second"])
	})
}

func TestAnIDThatIsPendingInASecondWindowIsNotDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		twins(s)
		s.poison["second"] = true
		store := recovery.MemoryStore()
		r := s.recoverer(t, recovery.WithStore(store))
		report, err := r.Recover(t.Context(), s.request("twins"))
		require.NoError(t, err)
		assert.Equal(t, 1, s.server.Pending(""))
		assert.Equal(t, recovery.StatePartial, report.State, report.Totals)
		assert.Equal(t, 1, report.Totals.StillPending)
		require.Len(t, report.Failures, 1)
		assert.Equal(t, 3, report.Failures[0].Attempts, "the second window is looked at before each")

		s.heal("second")
		report, err = s.recoverer(t, recovery.WithStore(store)).Resume(t.Context(), "twins")
		drained(t, s, report, err)
	})
}

func TestAUnitLooksForItsItemsInTheirOtherWindows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		twins(s)
		s.poison["second"] = true
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.request("twins"))
		require.NoError(t, err)
		require.Len(t, plan.Units, 1)
		result, err := r.RunUnit(t.Context(), plan.ID, plan.Units[0].Unit)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, result.State)
		assert.Equal(t, 1, result.Totals.StillPending)
	})
}

// Windows meet at a whole second, which belongs to both.
func TestAWebhookOnTheEdgeOfTwoWindowsIsOneItem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		s.server.Add(celcointest.Webhook{ID: "edge", Created: s.from.Add(time.Hour), Request: `{"webhookId":"edge"}`})
		req := s.request("edge")
		req.Margin = -1
		report, err := s.recoverer(t).Recover(t.Context(), req)
		drained(t, s, report, err)
		assert.Equal(t, 1, report.Totals.Planned)
		assert.Equal(t, 1, s.arrived["edge"])
	})
}
