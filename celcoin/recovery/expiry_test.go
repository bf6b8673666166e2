package recovery_test

import (
	"fmt"
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

const week = 7 * 24 * time.Hour

// aged is an outage whose webhooks were created within so much before the seventh
// day and so much after it.
func aged(t *testing.T, before, after time.Duration, opts ...celcointest.Option) *story {
	t.Helper()
	s := outage(t, 0, opts...)
	edge := time.Now().Add(-week)
	s.from, s.to = edge.Add(before), edge.Add(after)
	return s
}

// off is a Celcoin whose clock is ahead of ours by so much.
func off(d time.Duration) celcointest.Option {
	return celcointest.WithClock(func() time.Time { return time.Now().Add(d) })
}

// What has arrived and is then too old to be listed has no evidence but numbers.
func TestWebhooksThatExpireWhileTheyAreRecoveredAreDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 1500 // more than ten of them a second arrive, and expire more than a minute later
		s := aged(t, 90*time.Second, 300*time.Second, celcointest.WithTrueDates(true), celcointest.WithReplayDelay(2*time.Second))
		s.miss(t, celcoin.EntityPixPaymentIn, n)
		store := recovery.MemoryStore()
		r := s.recoverer(t, recovery.WithStore(store))
		report, err := r.Recover(t.Context(), s.one("expire"))
		drained(t, s, report, err)
		assert.Equal(t, n, report.Totals.Delivered)
		assert.Positive(t, report.Totals.Counted)
		assert.Positive(t, report.Totals.Sent)
		most, distinct := s.most()
		assert.Equal(t, 1, most)
		assert.Equal(t, n, distinct)

		time.Sleep(time.Hour) //nolint:forbidigo // virtual time: none can be listed any more
		for _, look := range []func() (*recovery.Report, error){
			func() (*recovery.Report, error) { return r.Verify(t.Context(), "expire") },
			func() (*recovery.Report, error) { return r.Resume(t.Context(), "expire") },
		} {
			report, err = look()
			require.NoError(t, err)
			assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
			assert.Equal(t, n, report.Totals.Delivered)
		}
	})
}

// By its date, which is Brasília's with a Z, each of the former is older than 7 days.
func TestWhatIsTooOldByOneReadingOnlyIsReplayedFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := aged(t, 2*time.Hour+30*time.Minute, 3*time.Hour+30*time.Minute)
		middle := s.from.Add(30 * time.Minute)
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 100, middle.Add(5*time.Minute), s.to))
		young := map[string]bool{}
		for _, w := range s.server.Webhooks() {
			young[w.ID] = true
		}
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 500, s.from, middle.Add(-time.Second)))
		r := s.recoverer(t)
		plan, err := r.Plan(t.Context(), s.one("urgent"))
		require.NoError(t, err)
		assert.Zero(t, plan.Expired)
		assert.Equal(t, 500, plan.Urgent)
		report, err := r.Run(t.Context(), plan)
		drained(t, s, report, err)
		assert.Equal(t, 600, report.Totals.Delivered)
		early := 0
		for _, d := range s.server.Deliveries()[:500] {
			if young[d.WebhookID] {
				early++
			}
		}
		assert.LessOrEqual(t, early, 6, "the canaries")
	})
}

// One answer, or a clock that is not confirmed, does not make a webhook expire.
func TestADoubtfulClockExpiresNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts  []celcointest.Option
		fault celcointest.Fault
	}{
		"one answer with a Date 8 days ahead":           {nil, celcointest.Fault{Operation: "details", DateSkew: 8 * 24 * time.Hour}},
		"our clock is 10 days ahead, and no Date":       {[]celcointest.Option{off(-10 * 24 * time.Hour)}, celcointest.Fault{NoDate: true, Times: -1}},
		"a cache's answers, with their Age":             {nil, celcointest.Fault{DateSkew: 8 * 24 * time.Hour, Times: -1, Header: http.Header{"Age": {"60"}}}},
		"every answer's Date 8 days ahead, and a Z too": {nil, celcointest.Fault{DateSkew: 8 * 24 * time.Hour, Times: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := empty(t, c.opts...)
				if c.opts != nil {
					s.from, s.to = s.from.Add(-10*24*time.Hour), s.to.Add(-10*24*time.Hour)
				}
				s.miss(t, celcoin.EntityPixPaymentIn, 60)
				require.NoError(t, s.server.Inject(c.fault))
				r := s.recoverer(t)
				plan, err := r.Plan(t.Context(), s.one("clock"))
				require.NoError(t, err)
				if name != "every answer's Date 8 days ahead, and a Z too" { // two answers agree there
					assert.Zero(t, plan.Expired)
				}
				report, err := r.Run(t.Context(), plan)
				drained(t, s, report, err) // also what is taken for expired is tried
				assert.Equal(t, 60, report.Totals.Delivered+report.Totals.AlreadyDelivered)
			})
		})
	}
}

// Expiry is decided anew in each run.
func TestWhatAWrongClockExpiredIsRecoveredByTheNextRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 40)
		require.NoError(t, s.server.Inject(celcointest.Fault{DateSkew: 8 * 24 * time.Hour, Times: -1}))
		store := recovery.MemoryStore()
		plan, err := s.recoverer(t, recovery.WithStore(store)).Plan(t.Context(), s.request("anew"))
		require.NoError(t, err)
		assert.Equal(t, 60, plan.Expired)
		s.server.ClearFaults()
		report, err := s.recoverer(t, recovery.WithStore(store)).Run(t.Context(), plan)
		drained(t, s, report, err)
		assert.Equal(t, 60, report.Totals.Delivered)
		assert.Zero(t, report.Totals.Expired)
	})
}

// Whatever Celcoin still has by its own clock is recovered; what it has no more is
// never called delivered.
func TestTheSeventhDayByClocksThatDiffer(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute} {
		for _, trueDates := range []bool{false, true} {
			for _, refused := range []bool{false, true} {
				t.Run(fmt.Sprintf("Celcoin's is %v ahead, true dates %v, refused %v", ahead, trueDates, refused), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						s := aged(t, ahead-40*time.Minute, ahead+2*time.Hour, off(ahead),
							celcointest.WithTrueDates(trueDates), celcointest.WithOldRefused(refused))
						edge := s.from.Add(40 * time.Minute)
						require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 40, edge.Add(5*time.Minute), s.to))
						require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, 30, s.from, edge.Add(-time.Minute)))
						r := s.recoverer(t)
						plan, err := r.Plan(t.Context(), s.one("edge"))
						require.NoError(t, err)
						if ahead != 0 {
							assert.InDelta(t, ahead.Seconds(), plan.Skew.Seconds(), 1)
						}
						report, err := r.Run(t.Context(), plan)
						require.NoError(t, err)
						_, distinct := s.most()
						assert.Equal(t, 40, distinct, "%+v", report.Totals)
						assert.Equal(t, 40, report.Totals.Delivered)
						assert.Equal(t, 30, s.server.Pending(""))
						if refused {
							assert.Equal(t, recovery.StatePartial, report.State, "the windows were refused")
							assert.NotEmpty(t, report.SetAside)
						}
					})
				})
			}
		}
	}
}

// Celcoin documents its lists for 7 days only: that they show nothing older says nothing.
func TestAnOutageThatIsOutOfReachIsNamedAndNeverDrained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to   time.Duration // before now
		outOfReach time.Duration // of it, with its margin; below zero: all
		refused    bool          // Celcoin says so, in each window
		mute       bool          // answers have no Date: it is so by our own clock
	}{
		"all of it":                     {from: 9 * day, to: 7*day + 12*time.Hour, outOfReach: -1},
		"all of it, and refused":        {from: 9 * day, to: 7*day + 12*time.Hour, outOfReach: -1, refused: true},
		"all of it, by our own clock":   {from: 9 * day, to: 7*day + 12*time.Hour, outOfReach: -1, mute: true},
		"its beginning":                 {from: 8 * day, to: 6 * day, outOfReach: day},
		"nothing of it, but its margin": {from: 7*day - time.Minute, to: 6 * day},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 0, celcointest.WithOldRefused(c.refused))
				s.from, s.to = time.Now().Add(-c.from), time.Now().Add(-c.to)
				s.miss(t, celcoin.EntityPixPaymentIn, 50)
				if c.mute {
					var err error
					s.client, err = s.server.Client(celcoin.WithTransport(func(base http.RoundTripper) http.RoundTripper { return undated{base} }))
					require.NoError(t, err)
				}
				r := s.recoverer(t)
				req := s.one("old")
				req.Margin = recovery.DefaultMargin
				plan, err := r.Plan(t.Context(), req)
				require.NoError(t, err)
				report, err := r.Run(t.Context(), plan)
				require.NoError(t, err)
				if c.outOfReach == 0 {
					drained(t, s, report, err)
					require.Empty(t, plan.SetAside)
					return
				}
				require.ErrorIs(t, report.Err(), recovery.ErrPartial)
				assert.Equal(t, recovery.StatePartial, report.State)
				require.Len(t, plan.SetAside, 1)
				require.Len(t, report.SetAside, 1)
				aside := report.SetAside[0]
				assert.Equal(t, celcoin.EntityPixPaymentIn, aside.Entity)
				assert.WithinDuration(t, s.from.Add(-recovery.DefaultMargin), aside.From, time.Second)
				if c.outOfReach < 0 {
					assert.Zero(t, plan.Items)
					assert.WithinDuration(t, s.to.Add(recovery.DefaultMargin), aside.To, time.Second)
				} else {
					assert.WithinDuration(t, s.from.Add(c.outOfReach-recovery.DefaultMargin), aside.To, time.Hour)
					assert.Zero(t, report.Totals.StillPending)
				}
			})
		})
	}
}

const day = 24 * time.Hour

// undated is the way through a proxy that takes the Date off answers.
type undated struct{ http.RoundTripper }

func (u undated) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := u.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Header.Del("Date")
	}
	return resp, err
}

// A plan has a window for each hour of the outage and each entity.
func TestAnOutageLongerThanCelcoinCanRecoverIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outage, margin time.Duration
		refused        bool
	}{
		"decades":              {outage: 30 * 365 * day, refused: true},
		"centuries":            {outage: 1<<63 - 1, refused: true},
		"decades of margin":    {outage: time.Hour, margin: 10 * 365 * day, refused: true},
		"a little too long":    {outage: 30*day - 2*recovery.DefaultMargin + time.Second, refused: true},
		"just short enough":    {outage: 30*day - 2*recovery.DefaultMargin},
		"long, with no margin": {outage: 30 * day, margin: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outage(t, 0)
				req := s.one("long")
				req.From, req.Margin = s.to.Add(-c.outage), c.margin
				_, err := s.recoverer(t, recovery.WithRate(1e6, 1000)).Plan(t.Context(), req)
				if !c.refused {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, recovery.ErrInvalidRequest)
				assert.Empty(t, s.server.Requests())
			})
		})
	}
}

// Whether Celcoin lists it as pending or under another status.
func TestWhatIsTooOldIsTriedOnceInEachRunUnderWhateverStatusItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t, celcointest.WithFailedReplayStatus("FALHA"), celcointest.WithAgeLimit(30*24*time.Hour))
		s.miss(t, celcoin.EntityPixPaymentIn, 3)
		for _, w := range s.server.Webhooks() {
			s.poison[w.ID] = true
		}
		r := s.recoverer(t)
		report, err := r.Recover(t.Context(), s.one("status"))
		require.NoError(t, err)
		require.Equal(t, 3, report.Totals.Unproven)
		for _, w := range s.server.Webhooks() {
			s.heal(w.ID)
		}
		time.Sleep(8 * day) //nolint:forbidigo // virtual time
		report, err = r.Resume(t.Context(), "status")
		drained(t, s, report, err)
		most, distinct := s.most()
		assert.Equal(t, 1, most)
		assert.Equal(t, 3, distinct)
	})
}
