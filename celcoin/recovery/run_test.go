package recovery_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// serve is the receiver's endpoint.
func (s *story) serve(w http.ResponseWriter, req *http.Request) {
	var n struct {
		Entity    celcoin.Entity `json:"entity"`
		WebhookID string         `json:"webhookId"`
	}
	if err := json.NewDecoder(req.Body).Decode(&n); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if s.refuses != nil && s.refuses(n.Entity) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(s.take(n.WebhookID))
}

func TestARecoveryBringsEverythingBackOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 600)
		report, err := s.recoverer(t).Recover(t.Context(), s.request("all"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Equal(t, recovery.Totals{Planned: 900, Replayed: 900, Delivered: 900, Sent: 900}, report.Totals)
		assert.Zero(t, s.server.Pending(""))
		most, distinct := s.most()
		assert.Equal(t, 1, most)
		assert.Equal(t, 900, distinct)
		assert.Empty(t, report.Failures)
		assert.Len(t, report.Entities, 2)
	})
}

func TestAPlanAsksAndNeverReplays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 600)
		plan, err := s.recoverer(t).Plan(t.Context(), s.request("plan"))
		require.NoError(t, err)
		assert.Equal(t, 900, plan.Items)
		assert.Len(t, plan.Digest, 64)
		assert.Equal(t, 900, s.server.Pending(""))
		for _, r := range s.server.Requests() {
			assert.NotEqual(t, http.MethodPut, r.Method)
		}
		assert.Contains(t, plan.String(), "pix-payment-in")
	})
}

func TestAPoisonWebhookIsTriedThreeTimesAndStopsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		poison := s.server.Webhooks()[40].ID
		s.poison[poison] = true
		store := recovery.MemoryStore()
		report, err := s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), s.request("poison"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, 149, report.Totals.Delivered)
		assert.Equal(t, 1, report.Totals.StillPending)
		require.Len(t, report.Failures, 1)
		assert.Equal(t, poison, report.Failures[0].ID)
		assert.Equal(t, 3, report.Failures[0].Attempts)

		s.heal(poison) // the receiver is repaired, and it is tried again
		report, err = s.recoverer(t, recovery.WithStore(store)).Resume(t.Context(), "poison")
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Equal(t, 150, report.Totals.Delivered)
	})
}

// What a later look finds pending in the outage is recovered too, whether the
// listing has missed it or it failed since.
func TestWebhooksThatALaterLookFindsAreRecovered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.request("later"))
		require.NoError(t, err)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentOut, 7, s.from, s.to))
		report, err := r.Run(t.Context(), plan)
		drained(t, s, report, err)
		assert.Equal(t, 7, report.Totals.FoundLater)
		assert.Equal(t, 157, report.Totals.Planned)
		assert.Equal(t, 7, report.Entities[1].FoundLater)
	})
}

func TestAPlanThatTravelledAsJSONIsRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 10)
		store := recovery.MemoryStore()
		plan, err := s.recoverer(t, recovery.WithStore(store)).Plan(t.Context(), s.request("travelled"))
		require.NoError(t, err)
		written, err := json.Marshal(plan)
		require.NoError(t, err)
		var read recovery.Plan
		require.NoError(t, json.Unmarshal(written, &read))
		assert.Equal(t, plan.Duration, read.Duration)

		r := s.recoverer(t, recovery.WithStore(store))
		for name, change := range map[string]func(p *recovery.Plan){
			"the ID's digest":     func(p *recovery.Plan) { p.Digest = p.Digest[1:] },
			"fewer items":         func(p *recovery.Plan) { p.Items-- },
			"an entity's number":  func(p *recovery.Plan) { p.Entities[0].Items-- },
			"a window's number":   func(p *recovery.Plan) { p.Units[0].Items-- },
			"an hour more":        func(p *recovery.Plan) { p.Request.To = p.Request.To.Add(time.Hour) },
			"an entity less":      func(p *recovery.Plan) { p.Request.Entities = p.Request.Entities[:1] },
			"another product":     func(p *recovery.Plan) { p.Request.Product = celcoin.ProductBaaS },
			"somebody's document": func(p *recovery.Plan) { p.Request.Filter.DocumentNumber = "00000000000" },
		} {
			var changed recovery.Plan
			require.NoError(t, json.Unmarshal(written, &changed))
			change(&changed)
			report, err := r.Run(t.Context(), &changed)
			require.ErrorIs(t, err, recovery.ErrPlanChanged, name)
			assert.Equal(t, recovery.StateRefused, report.State)
		}
		report, err := r.Run(t.Context(), &read)
		drained(t, s, report, err)
	})
}

// Celcoin's dates may end in a Z that is not true.
func TestATimelineTakesDatesAsTheyAreLikelyMeant(t *testing.T) {
	t.Parallel()
	for _, trueDates := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 60, celcointest.WithTrueDates(trueDates))
			report, err := s.recoverer(t).Recover(t.Context(), s.request("dates"))
			drained(t, s, report, err)
			assert.Equal(t, !trueDates, report.FalseZ)
			missed, recovered := 0, 0
			for _, b := range report.Entities[0].Timeline {
				if b.End.After(s.from) && b.Start.Before(s.to) {
					missed, recovered = missed+b.Missed, recovered+b.Recovered
				}
			}
			assert.Equal(t, 60, missed, "true dates: %v", trueDates)
			assert.Equal(t, 60, recovered)
		})
	}
}
