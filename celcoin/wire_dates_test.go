package celcoin_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// window is how a window is sent, as it is and decoded.
func window(tb testing.TB, c *celcoin.Client, f *fake, from, to time.Time) (raw, dateFrom, dateTo string) {
	tb.Helper()
	_, err := c.CountWebhooks(tb.Context(), celcoin.Query{Entity: "e", From: from, To: to})
	require.NoError(tb, err)
	calls := f.calls()
	_, raw, _ = strings.Cut(calls[len(calls)-1].URI, "?")
	values, err := url.ParseQuery(raw)
	require.NoError(tb, err)
	return raw, values.Get("DateFrom"), values.Get("DateTo")
}

func TestDatesAreSentWithTheirOffsetInWholeSecondsThatNarrowNothing(t *testing.T) {
	t.Parallel()
	in := func(zone string) *time.Location {
		l, err := time.LoadLocation(zone)
		if err != nil {
			t.Skip("no time zone database")
		}
		return l
	}
	lmt := time.FixedZone("LMT", -(3*60*60 + 6*60 + 28)) // São Paulo's until 1914
	for name, tc := range map[string]struct {
		from, to         time.Time
		wantFrom, wantTo string
	}{
		"the documented sample": {
			from, to, "2023-11-03T06:30:00-03:00", "2023-11-28T06:30:00-03:00",
		},
		"UTC is written as an offset": {
			from.UTC(), to.UTC(), "2023-11-03T09:30:00+00:00", "2023-11-28T09:30:00+00:00",
		},
		"each bound keeps its own offset": {
			from, to.In(time.FixedZone("", 5*60*60+30*60)), "2023-11-03T06:30:00-03:00", "2023-11-28T15:00:00+05:30",
		},
		"a named zone": {
			from.In(in("America/Noronha")), to, "2023-11-03T07:30:00-02:00", "2023-11-28T06:30:00-03:00",
		},
		"a fraction of a second widens the window": {
			from.Add(time.Second - 1), to.Add(1), "2023-11-03T06:30:00-03:00", "2023-11-28T06:30:01-03:00",
		},
		"rounding up carries over the day": {
			from, time.Date(2023, 11, 30, 23, 59, 59, 1, brasilia), "2023-11-03T06:30:00-03:00", "2023-12-01T00:00:00-03:00",
		},
		"whole seconds stay": {
			from.Add(time.Second), to.Add(-time.Second), "2023-11-03T06:30:01-03:00", "2023-11-28T06:29:59-03:00",
		},
		"an offset with seconds cannot be written": {
			from.In(lmt), to.In(lmt), "2023-11-03T09:30:00+00:00", "2023-11-28T09:30:00+00:00",
		},
		"a window of one moment": {
			from, from, "2023-11-03T06:30:00-03:00", "2023-11-03T06:30:00-03:00",
		},
		"a monotonic clock does not show": {
			time.Now().Truncate(time.Second).UTC(), to.AddDate(100, 0, 0).UTC(),
			time.Now().UTC().Format("2006-01-02"), "2123-11-28T09:30:00+00:00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			_, dateFrom, dateTo := window(t, f.client(t), f, tc.from, tc.to)
			assert.True(t, strings.HasPrefix(dateFrom, tc.wantFrom), "%s is not %s", dateFrom, tc.wantFrom)
			assert.Equal(t, tc.wantTo, dateTo)
		})
	}
}

func TestAReplayMayBeOpenAtEitherEnd(t *testing.T) {
	t.Parallel()
	f := &fake{}
	c := f.client(t)
	onlyFrom, onlyTo := one, one
	onlyFrom.From, onlyTo.To = from, to
	for _, req := range []celcoin.ReplayRequest{onlyFrom, onlyTo} {
		_, err := c.ReplayWebhooks(t.Context(), req)
		require.NoError(t, err)
	}
	assert.Equal(t, prefix+"/common/v1/webhook/replay/PIX/pix-payment-out?DateFrom=2023-11-03T06%3A30%3A00-03%3A00&webhookId=f933b0b1", f.calls()[0].URI)
	assert.Equal(t, prefix+"/common/v1/webhook/replay/PIX/pix-payment-out?DateTo=2023-11-28T06%3A30%3A00-03%3A00&webhookId=f933b0b1", f.calls()[1].URI)
}
