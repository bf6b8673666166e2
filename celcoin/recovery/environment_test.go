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

// Another Celcoin knows none of the webhooks, and says that none is pending.
func TestAPlanIsRunAtItsOwnCelcoinOnly(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]celcointest.Option{
		"another host, which answers 0":   {},
		"another host, which answers 404": {celcointest.WithEmptyReplayNotFound(true)},
		"another client of the same host": {celcointest.WithCredentials("celcointest-other", "celcointest-test-secret")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t)
				s.miss(t, celcoin.EntityPixPaymentIn, 30)
				store := recovery.MemoryStore()
				plan, err := s.recoverer(t, recovery.WithStore(store)).Plan(t.Context(), s.one("here"))
				require.NoError(t, err)
				assert.NotEmpty(t, plan.Environment)

				other := celcointest.NewServer(t, opts...)
				base := "https://another.example"
				if len(opts) > 0 && name == "another client of the same host" {
					base = s.server.URL
				}
				client, err := other.Client(celcoin.WithBaseURL(base))
				require.NoError(t, err)
				r, err := recovery.New(client, recovery.WithStore(store))
				require.NoError(t, err)
				report, err := r.Run(t.Context(), plan)
				require.ErrorIs(t, err, recovery.ErrOtherEnvironment)
				assert.Equal(t, recovery.StateRefused, report.State)
				_, err = r.Recover(t.Context(), s.one("here"))
				require.ErrorIs(t, err, recovery.ErrOtherEnvironment)
				_, err = r.Resume(t.Context(), "here")
				require.ErrorIs(t, err, recovery.ErrOtherEnvironment)
				_, err = r.Verify(t.Context(), "here")
				require.ErrorIs(t, err, recovery.ErrOtherEnvironment)
				_, err = r.RunUnit(t.Context(), "here", plan.Units[0].Unit)
				require.ErrorIs(t, err, recovery.ErrOtherEnvironment)
				assert.Empty(t, other.Requests(), "the other one is not even asked")
				report, err = r.Report(t.Context(), "here")
				require.NoError(t, err)
				assert.NotEqual(t, report.Environment, report.OtherEnvironment)
				assert.NotEmpty(t, report.OtherEnvironment)

				report, err = s.recoverer(t, recovery.WithStore(store)).Resume(t.Context(), "here")
				drained(t, s, report, err)
			})
		})
	}
}

// Two people see the same alarm.
func TestTwoRecoveriesOfTheSameWebhooksAreNotRunAtOnce(t *testing.T) {
	t.Parallel()
	for name, ids := range map[string][2]string{"without an id": {"", ""}, "with two": {"first", "second"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t, celcointest.WithReplayDelay(2*time.Second))
				s.miss(t, celcoin.EntityPixPaymentIn, 400)
				store := recovery.MemoryStore()
				var reports [2]*recovery.Report
				var errs [2]error
				done := make(chan struct{})
				for i, id := range ids {
					r := s.recoverer(t, recovery.WithStore(store))
					go func() {
						time.Sleep(time.Duration(i) * time.Second) //nolint:forbidigo // virtual time
						req := s.one(id)
						if id == "" { // each says the window as they see it
							req.To = req.To.Add(time.Duration(i) * time.Second)
						}
						reports[i], errs[i] = r.Recover(t.Context(), req)
						done <- struct{}{}
					}()
				}
				<-done
				<-done
				require.NoError(t, errs[0])
				assert.Equal(t, recovery.StateDrained, reports[0].State, reports[0].Reason)
				require.ErrorIs(t, errs[1], recovery.ErrOverlap)
				assert.Equal(t, recovery.StateRefused, reports[1].State)
				most, distinct := s.most()
				assert.Equal(t, 1, most)
				assert.Equal(t, 400, distinct)
				assert.Zero(t, s.server.Pending(""))
			})
		})
	}
}

func TestAPlanNamesWhatOverlapsItAndMayBeRunAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 40)
		store := recovery.MemoryStore()
		r := s.recoverer(t, recovery.WithStore(store))
		first, err := r.Plan(t.Context(), s.one("first"))
		require.NoError(t, err)
		assert.Empty(t, first.Overlaps)
		s.setDown(true)
		report, err := r.Run(t.Context(), first)
		require.NoError(t, err)
		require.Equal(t, recovery.StatePartial, report.State)
		s.setDown(false)

		second, err := r.Plan(t.Context(), s.one("second"))
		require.NoError(t, err)
		assert.Equal(t, []string{"first"}, second.Overlaps)
		_, err = r.Run(t.Context(), second)
		require.ErrorIs(t, err, recovery.ErrOverlap)
		_, err = r.RunUnit(t.Context(), "second", second.Units[0].Unit)
		require.ErrorIs(t, err, recovery.ErrOverlap)
		later := s.one("later")
		later.From, later.To = s.to, s.to.Add(time.Minute)
		_, err = r.Recover(t.Context(), later)
		require.NoError(t, err, "another time does not overlap")
		time.Sleep(time.Hour) //nolint:forbidigo // virtual time, until the breaker admits a trial

		allowed := s.one("allowed")
		allowed.AllowOverlap = true
		report, err = r.Recover(t.Context(), allowed)
		drained(t, s, report, err)
		for _, id := range []string{"allowed", "first"} {
			report, err = r.Resume(t.Context(), id)
			drained(t, s, report, err)
		}
		report, err = r.Run(t.Context(), second)
		drained(t, s, report, err)
		assert.Zero(t, report.Totals.Replayed)
	})
}

func TestAnEntityOfTheOtherProductIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		for _, c := range []struct {
			product celcoin.Product
			entity  celcoin.Entity
		}{
			{celcoin.ProductPix, celcoin.BaaSEntities()[0]},
			{"", celcoin.BaaSEntities()[1]},
			{celcoin.ProductBaaS, celcoin.EntityPixInfraction},
		} {
			req := s.one("other")
			req.Product, req.Entities = c.product, []celcoin.Entity{celcoin.EntityPixPaymentOut, c.entity}
			_, err := s.recoverer(t).Recover(t.Context(), req)
			require.ErrorIs(t, err, recovery.ErrInvalidRequest)
		}
		assert.Empty(t, s.server.Requests())
	})
}

// Celcoin refuses a name that it does not know. A Celcoin that finds nothing there
// instead cannot be told from one where nothing is missing.
func TestAMisspeltEntityIsSetAsideAndNeverDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 10)
		req := s.one("misspelt")
		req.Entities = append(req.Entities, "pix-paymnet-in")
		report, err := s.recoverer(t).Recover(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		require.Len(t, report.SetAside, 1)
		assert.Equal(t, celcoin.Entity("pix-paymnet-in"), report.SetAside[0].Entity)
		assert.Equal(t, 10, report.Totals.Delivered)
	})
}
