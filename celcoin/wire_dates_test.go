package celcoin_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestDatesAreSentWithTheirOffsetInWholeSecondsThatNarrowNothing(t *testing.T) {
	t.Parallel()
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
		"a fraction of a second widens the window": {
			from.Add(time.Second - 1), to.Add(1), "2023-11-03T06:30:00-03:00", "2023-11-28T06:30:01-03:00",
		},
		"an offset with seconds cannot be written": {
			from.In(lmt), to.In(lmt), "2023-11-03T09:30:00+00:00", "2023-11-28T09:30:00+00:00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			_, err := f.client(t).CountWebhooks(t.Context(), celcoin.Query{Entity: "e", From: tc.from, To: tc.to})
			require.NoError(t, err)
			u, err := url.Parse(f.calls()[0].URI)
			require.NoError(t, err)
			assert.Equal(t, tc.wantFrom, u.Query().Get("DateFrom"))
			assert.Equal(t, tc.wantTo, u.Query().Get("DateTo"))
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
