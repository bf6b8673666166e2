package celcointest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// missed starts a server with 600 missed webhooks and a receiver that is up again.
func missed(t *testing.T, opts ...Option) (*Server, *wire) {
	t.Helper()
	up := WithReceiver(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s := NewServer(t, append([]Option{at(noon), up}, opts...)...)
	require.NoError(t, s.AddMissed(celcoin.EntityPixPaymentIn, 600, noon.Add(-time.Hour), noon))
	return s, direct(t, s)
}

// pending lists a page of what is pending; nil: nothing is there.
func pending(w *wire, page int) []string {
	got := w.get(paymentIn + "/details" + day("OnlyPending=true", "LimitPerPage=100", fmt.Sprintf("Page=%d", page)))
	if got.status == http.StatusNotFound {
		return nil
	}
	return got.page(w.t).ids()
}

func TestReplayingWhilePagingLosesWebhooks(t *testing.T) {
	t.Parallel()
	s, w := missed(t)
	for page := 1; ; page++ {
		ids := pending(w, page)
		if ids == nil {
			break
		}
		for _, id := range ids {
			require.Equal(t, 1, w.put(paymentIn+"?webhookId="+id, "").total(t))
		}
		s.Settle() // the set shrinks under the pages
	}
	assert.Equal(t, 300, s.Pending(celcoin.EntityPixPaymentIn), "every second page was skipped")
}

func TestReplayingASnapshotLosesNone(t *testing.T) {
	t.Parallel()
	s, w := missed(t)
	var snapshot []string
	for page := 1; ; page++ {
		ids := pending(w, page)
		if ids == nil {
			break
		}
		snapshot = append(snapshot, ids...)
	}
	for _, id := range snapshot {
		require.Equal(t, 1, w.put(paymentIn+"?webhookId="+id, "").total(t))
	}
	s.Settle()
	assert.Zero(t, s.Pending(celcoin.EntityPixPaymentIn))
	assert.Len(t, s.Deliveries(), 600)
}
