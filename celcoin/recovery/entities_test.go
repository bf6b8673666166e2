package recovery_test

import (
	"context"
	"errors"
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

func TestAnEntityThatCannotBeAskedIsSetAsideAndTheOthersAreRecovered(t *testing.T) {
	t.Parallel()
	bad := celcoin.EntityPixReversalIn
	for name, c := range map[string]struct {
		fault  celcointest.Fault
		status int
		code   string
	}{
		"no subscription":               {celcointest.EntityRefused(bad, 404, "CBE217"), 404, "CBE217"},
		"not allowed":                   {celcointest.EntityRefused(bad, 403, "CBE468"), 403, "CBE468"},
		"unknown":                       {celcointest.EntityRefused(bad, 400, "CBE208"), 400, "CBE208"},
		"unknown, with another code":    {celcointest.EntityRefused(bad, 400, "CBE206"), 400, "CBE206"},
		"an error of Celcoin's own":     {celcointest.EntityRefused(bad, 500, "CIE999"), 500, "CIE999"},
		"it hangs":                      {celcointest.EntityHangs(bad), 0, ""},
		"the gateway gives up, at once": {celcointest.EntityTimesOut(bad), 504, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 60)
				s.miss(t, bad, 5)
				require.NoError(t, s.server.Inject(c.fault))
				req := s.request("entities")
				req.Entities = append(req.Entities, bad)
				began := time.Now()
				r := s.recoverer(t)
				plan, err := r.Plan(t.Context(), req)
				require.NoError(t, err)
				assert.LessOrEqual(t, time.Since(began), 15*time.Minute)
				assert.Equal(t, 90, plan.Items)
				require.Len(t, plan.SetAside, 1)
				aside := plan.SetAside[0]
				assert.Equal(t, bad, aside.Entity)
				assert.NotEmpty(t, aside.Reason)
				assert.Equal(t, c.status, aside.Status)
				assert.Equal(t, c.code, aside.Code)
				assert.Contains(t, plan.String(), string(bad))

				report, err := r.Run(t.Context(), plan)
				require.NoError(t, err)
				assert.Equal(t, recovery.StatePartial, report.State)
				require.ErrorIs(t, report.Err(), recovery.ErrPartial)
				assert.Equal(t, 90, report.Totals.Delivered)
				assert.Equal(t, 5, s.server.Pending(""))
				require.Len(t, report.SetAside, 1)
			})
		})
	}
}

// What counts is what it may plan now, and what it cannot list now.
func TestAPlanningGoesOnByItsLatestRequestAndAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 60)
		require.NoError(t, s.server.Inject(celcointest.EntityRefused(celcoin.EntityPixPaymentIn, 404, "CBE217")))
		req := s.request("latest")
		req.MaxItems = 1
		r := s.recoverer(t, recovery.WithConcurrency(1))
		_, err := r.Plan(t.Context(), req)
		require.ErrorIs(t, err, recovery.ErrTooManyItems, "of the other entity")
		s.server.ClearFaults()
		req.MaxItems = 0
		report, err := r.Recover(t.Context(), req)
		drained(t, s, report, err)
	})
}

func TestAPlanOfWhichNothingCanBeAskedIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 10, celcointest.WithForbidden(true))
		_, err := s.recoverer(t).Plan(t.Context(), s.request("forbidden"))
		require.Error(t, err)
		assert.Contains(t, err.Error(), "CBE468")
	})
}

// broken is a client whose pages fail with an error that is not of Celcoin's.
type broken struct {
	*celcoin.Client
	err error
}

func (b *broken) ListWebhooks(ctx context.Context, q celcoin.Query, p celcoin.PageOptions, opts ...celcoin.CallOption) (*celcoin.WebhookPage, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.Client.ListWebhooks(ctx, q, p, opts...)
}

func TestAnErrorThatIsNotCelcoinsEndsThePlanAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 10)
		client := &broken{s.client, errors.New("a cache of the client's own is broken")}
		r, err := recovery.New(client)
		require.NoError(t, err)
		began := time.Now()
		_, err = r.Recover(t.Context(), s.request("broken"))
		require.ErrorIs(t, err, client.err)
		assert.Less(t, time.Since(began), time.Second)
		client.err = nil
		report, err := r.Resume(t.Context(), "broken")
		drained(t, s, report, err)
	})
}

// One window that Celcoin cannot list holds up no other.
func TestAWindowThatCannotBeListedIsNamedAndNeverDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 60)
		hour := s.from.UTC().Format("2006-01-02T15")
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Operation: "details", Times: -1, Status: 400, Code: "XYZ123",
			Match: func(r *http.Request) bool {
				return strings.HasPrefix(r.URL.Query().Get("DateFrom"), hour) && strings.Contains(r.URL.Path, string(celcoin.EntityPixPaymentIn))
			},
		}))
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.request("window"))
		require.NoError(t, err)
		require.NotEmpty(t, plan.SetAside)
		for _, a := range plan.SetAside {
			assert.Equal(t, celcoin.EntityPixPaymentIn, a.Entity)
			assert.Equal(t, "XYZ123", a.Code)
			assert.False(t, a.From.IsZero(), "the entity answers for its other windows")
		}
		report, err := r.Run(t.Context(), plan)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, plan.Items, report.Totals.Delivered)
		assert.Equal(t, 90-plan.Items, s.server.Pending(""))

		s.server.ClearFaults()
		report, err = r.Verify(t.Context(), "window")
		require.NoError(t, err)
		assert.NotEqual(t, recovery.StateDrained, report.State, "what was not listed is still pending")
	})
}

// Not even if it is the one that is asked for first.
func TestTheFirstWindowThatCannotBeListedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 60)
		first := map[string]string{} // by path
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Operation: celcointest.OpDetails, Times: -1, Status: 400, Code: "XYZ123",
			Match: func(r *http.Request) bool {
				from := r.URL.Query().Get("DateFrom")
				if first[r.URL.Path] == "" {
					first[r.URL.Path] = from
				}
				return from == first[r.URL.Path]
			},
		}))
		plan, err := s.recoverer(t, recovery.WithConcurrency(1)).Plan(t.Context(), s.request("first"))
		require.NoError(t, err)
		assert.NotZero(t, plan.Items)
		require.Len(t, plan.SetAside, 2)
		for _, a := range plan.SetAside {
			assert.Equal(t, time.Hour, a.To.Sub(a.From), "%+v", a)
		}
	})
}

func TestAnEntityIsNotLeftBecauseItsOldestWindowsCannotBeListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 0)
		s.from = s.to.Add(-6 * time.Hour)
		s.miss(t, celcoin.EntityPixPaymentIn, 60)
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Times: -1, Status: http.StatusGatewayTimeout,
			Match: func(r *http.Request) bool {
				from, err := time.Parse(time.RFC3339, r.URL.Query().Get("DateFrom"))
				return err == nil && from.Before(s.to.Add(-3*time.Hour))
			},
		}))
		report, err := s.recoverer(t, recovery.WithConcurrency(1)).Recover(t.Context(), s.one("oldest"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, 30, report.Totals.Delivered)
		assert.Len(t, report.SetAside, 3)
	})
}
