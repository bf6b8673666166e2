package recovery_test

import (
	"bytes"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// A failure is something to write to Celcoin's support about, or to look for in
// the receiver's log.
func TestAFailureSaysWhatCelcoinAndTheReceiverAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		poison := s.server.Webhooks()[4].ID
		s.poison[poison] = true
		store := recovery.MemoryStore()
		report, err := s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), s.request("failures"))
		require.NoError(t, err)
		require.Len(t, report.Failures, 1)
		f := report.Failures[0]
		assert.Equal(t, poison, f.ID)
		assert.Equal(t, "still pending", f.State)
		assert.Equal(t, 3, f.Attempts)
		assert.Equal(t, 200, f.Status, "Celcoin's")
		assert.Equal(t, 503, f.ReceiverStatus)
		assert.Equal(t, "accepted, and the receiver answered 503", f.Error)

		again, err := s.recoverer(t, recovery.WithStore(store)).Report(t.Context(), "failures")
		require.NoError(t, err)
		assert.Equal(t, report.Failures, again.Failures, "from the journal alone")
		var text bytes.Buffer
		require.NoError(t, report.WriteText(&text))
		assert.Contains(t, text.String(), "the receiver answered 503")
	})
}

func TestAFailureSaysWhyCelcoinRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 20)
		rejected := s.server.Webhooks()[4].ID
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Operation: "replay", Status: 400, Code: "XYZ123", Times: -1, Header: http.Header{"X-Request-Id": {"for-support"}},
			Match: func(r *http.Request) bool { return r.URL.Query().Get("webhookId") == rejected },
		}))
		report, err := s.recoverer(t).Recover(t.Context(), s.request("failures"))
		require.NoError(t, err)
		require.Len(t, report.Failures, 1)
		f := report.Failures[0]
		assert.Equal(t, rejected, f.ID)
		assert.Equal(t, "rejected", f.State)
		assert.Equal(t, 3, f.Attempts)
		assert.Equal(t, 400, f.Status)
		assert.Equal(t, "XYZ123", f.Code)
		assert.Equal(t, "for-support", f.RequestID)
		assert.Zero(t, f.ReceiverStatus)
		assert.NotContains(t, f.Error, "\n")
	})
}
