package celcointest

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

// walk lists what is pending, page by page.
func walk(w *wire) []string {
	var ids []string
	for page := 1; ; page++ {
		found := pending(w, page)
		if found == nil {
			return ids
		}
		ids = append(ids, found...)
	}
}

func distinct(ids []string) int {
	slices.Sort(ids)
	return len(slices.Compact(ids))
}

func TestAMovingSetKeepsItsTotalAndHidesWhatFollows(t *testing.T) {
	t.Parallel()
	s, w := missed(t, WithMovingSet(3, 1))
	listed := walk(w)
	assert.Len(t, listed, 600, "three that moved to page 1 were not seen, three new ones were")
	assert.Equal(t, 600, s.Pending(celcoin.EntityPixPaymentIn))
	assert.Len(t, s.Deliveries(), 3, "what left was delivered")
	fresh := walk(w)
	for _, id := range listed {
		fresh = slices.DeleteFunc(fresh, func(other string) bool { return other == id })
	}
	assert.Len(t, fresh, 3, "what the first walk missed")
}

func TestAMovingSetStaysWhereTheReceiverIsDown(t *testing.T) {
	t.Parallel()
	down := WithReceiver(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
	s, w := missed(t, WithMovingSet(3, -1), down)
	assert.Equal(t, 600, distinct(walk(w)))
	assert.Equal(t, 600, s.Pending(celcoin.EntityPixPaymentIn))
	s.Settle()
}

func TestUnstableTies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		swaps    int
		apart    time.Duration // between two webhooks
		complete bool
	}{
		"ties are stable by default":        {0, 0, true},
		"some change places":                {20, 0, false},
		"all of them are shuffled":          {-1, 0, false},
		"what has its own date keeps place": {-1, time.Second, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := NewServer(t, at(noon), WithUnstableTies(tt.swaps))
			for i := range 300 {
				s.Add(Webhook{Created: noon.Add(-time.Duration(i) * tt.apart)})
			}
			listed := walk(direct(t, s))
			assert.Len(t, listed, 300)
			assert.Equal(t, tt.complete, distinct(listed) == 300)
		})
	}
}

func TestAListingCapSaysMoreThanItLists(t *testing.T) {
	t.Parallel()
	_, w := missed(t, WithListingCap(250))
	first := w.get(paymentIn + "/details" + day("OnlyPending=true", "LimitPerPage=100", "Limit=1000")).page(t)
	assert.Equal(t, 600, first.TotalItems)
	assert.Equal(t, 3, first.TotalPages)
	assert.Len(t, walk(w), 250)
}

func TestAFailedReplayLeavesThePendingOnesUnderAStatusOfItsOwn(t *testing.T) {
	t.Parallel()
	var inbox receiver
	inbox.answer(http.StatusBadGateway)
	s := NewServer(t, at(noon), WithReceiver(&inbox), WithFailedReplayStatus("ERRO"))
	id := s.Emit(Webhook{})[0]
	s.Settle()
	require.Equal(t, 1, s.Pending(""), "the vendor's own delivery failed, which leaves it pending")
	w := direct(t, s)
	require.Equal(t, 1, w.put(paymentIn+"?webhookId="+id, "").total(t))
	s.Settle()
	assert.Zero(t, s.Pending(""))
	assert.Nil(t, pending(w, 1))
	shown := w.get(paymentIn + "/details" + day("webhookId="+id)).page(t).WebhookDetails[0]
	assert.Equal(t, celcoin.Status("ERRO"), shown.Status)
	assert.Equal(t, http.StatusBadGateway, *shown.HTTPStatusCode)

	inbox.answer(http.StatusOK)
	require.Equal(t, 1, w.put(paymentIn+"?webhookId="+id, "").total(t))
	s.Settle()
	delivered, _ := s.Webhook(id)
	assert.Equal(t, celcoin.StatusSent, delivered.Status)
}

func TestIgnoredReplaysMatchNothing(t *testing.T) {
	t.Parallel()
	s, w := missed(t)
	ids := walk(w)
	s.IgnoreReplays(ids[0], ids[1])
	assert.Zero(t, w.put(paymentIn+"?webhookId="+ids[0], "").total(t))
	assert.Equal(t, 1, w.put(paymentIn+"?webhookId="+ids[2], "").total(t))
	assert.Equal(t, 598, w.put(paymentIn, "").total(t), "a bulk replay passes them over")
	s.Settle()
	assert.Equal(t, 2, s.Pending(celcoin.EntityPixPaymentIn))
}
