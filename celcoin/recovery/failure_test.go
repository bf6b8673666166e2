package recovery_test

import (
	"bytes"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
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

// Whatever the 404 of a webhook that Celcoin does not know any more looks like: the
// others are none the worse for it.
func TestAWebhookThatIsNotFoundStopsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		gone := s.server.Webhooks()[4].ID
		require.NoError(t, s.server.Inject(celcointest.Fault{
			Operation: "replay", Status: 404, Code: "XYZ404", Times: -1,
			Match: func(r *http.Request) bool { return r.URL.Query().Get("webhookId") == gone },
		}))
		report, err := s.recoverer(t).Recover(t.Context(), s.request("gone"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, 149, report.Totals.Delivered)
		assert.Equal(t, 1, report.Totals.Rejected)
	})
}

func TestAMissingSubscriptionEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		require.NoError(t, s.server.Inject(celcointest.Fault{Operation: "replay", Status: 404, Code: "CBE217", Times: -1}))
		_, err := s.recoverer(t).Recover(t.Context(), s.request("unsubscribed"))
		require.ErrorIs(t, err, celcoin.ErrNotFound)
		assert.Empty(t, s.server.Deliveries())
	})
}

// Most of the batches before are only proven by numbers when the receiver breaks.
func TestARunThatEndsBeforeItsTimeReportsWhatHasArrived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 600)
		report, err := s.recoverer(t, recovery.WithProgress(func(p recovery.Progress) {
			if p.Totals.Replayed > 200 {
				s.setDown(true)
			}
		})).Recover(t.Context(), s.request("breaks"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		_, distinct := s.most()
		assert.Equal(t, distinct, report.Totals.Delivered)
		assert.Equal(t, 900-distinct, report.Totals.StillPending)
		assert.Zero(t, report.Totals.Unknown)
	})
}
