package recovery_test

import (
	"flag"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// items is the size of the plan in the test of scale: small in CI, and
// -scale.items=1000000 before a release.
var items = flag.Int("scale.items", 6000, "how many webhooks the test of scale recovers")

// TestALargeRecoveryKeepsItsRateAndLittleMemory is at 200 calls a second, in
// virtual time: all that it waits for is the rate.
func TestALargeRecoveryKeepsItsRateAndLittleMemory(t *testing.T) { //nolint:paralleltest // others would use memory, too
	synctest.Test(t, func(t *testing.T) {
		const rate = 200
		to := time.Now().Add(-time.Hour)
		from := to.Add(-2 * time.Hour)
		server := celcointest.NewServer(t, celcointest.WithRecords(1), celcointest.WithReceiver(
			http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
		require.NoError(t, server.AddMissed(celcoin.EntityPixPaymentIn, *items, from, to))
		client, err := server.Client()
		require.NoError(t, err)

		var began, last time.Time // of the replays
		planned := 0
		var most uint64
		r, err := recovery.New(client, recovery.WithStore(recovery.FileStore(t.TempDir())), recovery.WithRate(rate, 10),
			recovery.WithProgress(func(p recovery.Progress) {
				if p.Step == "replaying" {
					if began.IsZero() {
						began, planned = time.Now(), p.Totals.Replayed
					}
					last = time.Now()
				}
				if p.Step == "listing" || p.Done%10_000 < 40 {
					most = max(most, inUse())
				}
			}))
		require.NoError(t, err)
		before := inUse()
		most = before
		report, err := r.Recover(t.Context(), recovery.Request{
			ID: "scale", Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn}, From: from, To: to, Margin: -1,
		})
		require.NoError(t, err)
		assert.Equal(t, recovery.StateDrained, report.State, report.Reason)
		assert.Equal(t, *items, report.Totals.Delivered)
		took := last.Sub(began)
		reached := float64(*items-planned) / took.Seconds()
		perItem := int64(most-before) / int64(*items)
		t.Logf("%d webhooks, %v for the replays: %.1f a second of %d; %d calls; %d KiB in use at most, %d bytes an item",
			*items, took, reached, rate, report.Calls, (most-before)>>10, perItem)
		assert.Greater(t, reached, 0.9*rate)
		assert.Less(t, most-before, uint64(8<<20+100**items))
	})
}

// inUse is the memory that is really in use.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
