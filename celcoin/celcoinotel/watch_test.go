package celcoinotel_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// gauges are the values of reenvio.recovery.*, those of pending by entity.
func (x *telemetry) gauges(t *testing.T) map[string]float64 {
	t.Helper()
	found := map[string]float64{}
	for name, m := range x.metrics(t) {
		switch g := m.Data.(type) {
		case metricdata.Gauge[int64]:
			for _, p := range g.DataPoints {
				entity, has := p.Attributes.Value(attribute.Key("reenvio.entity"))
				require.True(t, has)
				found[name+" "+entity.AsString()] = float64(p.Value)
			}
		case metricdata.Gauge[float64]:
			require.Len(t, g.DataPoints, 1, name)
			found[name] = g.DataPoints[0].Value
		}
	}
	return found
}

const (
	pendingIn   = "reenvio.recovery.pending pix-payment-in"
	pendingOut  = "reenvio.recovery.pending pix-payment-out"
	oldestAge   = "reenvio.recovery.oldest_age"
	firstExpiry = "reenvio.recovery.first_expiry"
	lastSuccess = "reenvio.recovery.last_success"
)

func TestTheGaugesOfAWatchAreAsOfTheirCollection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := observe(t)
		assert.Empty(t, x.gauges(t), "before the first look nothing is known")

		const hour, day = time.Hour, 24 * time.Hour
		look := time.Now()
		in := recovery.WatchEntity{Entity: celcoin.EntityPixPaymentIn, Pending: 3, Oldest: look.Add(-2 * hour), Expires: look.Add(hour)}
		out := recovery.WatchEntity{Entity: celcoin.EntityPixPaymentOut, Pending: 1, Oldest: look.Add(-hour), Expires: look.Add(day)}
		x.Watched(recovery.WatchState{Time: look, LastSuccess: look, Pending: 4, Entities: []recovery.WatchEntity{in, out}})
		seen := map[string]float64{
			pendingIn: 3, pendingOut: 1, oldestAge: (2 * hour).Seconds(), firstExpiry: hour.Seconds(), lastSuccess: float64(look.Unix()),
		}
		assert.Equal(t, seen, x.gauges(t))

		time.Sleep(90 * time.Minute) //nolint:forbidigo // virtual time
		seen[oldestAge], seen[firstExpiry] = (3*hour + 30*time.Minute).Seconds(), (-30 * time.Minute).Seconds()
		assert.Equal(t, seen, x.gauges(t), "what is left has expired meanwhile")

		failed := errors.New("no answer")
		x.Watched(recovery.WatchState{Time: time.Now(), LastSuccess: look, Err: failed})
		assert.Equal(t, seen, x.gauges(t), "a look that failed has seen nothing")
		x.Watched(recovery.WatchState{Time: time.Now(), LastSuccess: look, Err: failed, Entities: []recovery.WatchEntity{
			{Entity: in.Entity, Err: failed}, {Entity: out.Entity},
		}})
		seen[pendingOut] = 0
		assert.Equal(t, seen, x.gauges(t), "an entity that could not be asked keeps what it had")

		x.Watched(recovery.WatchState{Time: time.Now(), LastSuccess: time.Now(), Entities: []recovery.WatchEntity{{Entity: out.Entity}}})
		assert.Equal(t, map[string]float64{
			pendingIn: 0, pendingOut: 0, oldestAge: 0, lastSuccess: float64(time.Now().Unix()),
		}, x.gauges(t), "an entity that is not watched any more shows zero, and nothing is about to expire")
	})
}

func TestAWatchThatNeverSucceededSaysSo(t *testing.T) {
	t.Parallel()
	x := observe(t)
	x.Watched(recovery.WatchState{Time: time.Now(), Err: errors.New("no answer")})
	assert.Equal(t, map[string]float64{lastSuccess: 0}, x.gauges(t))
}
