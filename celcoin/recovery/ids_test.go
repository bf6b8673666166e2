package recovery_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// asked counts the replays of an id.
func (s *story) asked(id string) (n int) {
	for _, r := range s.server.Requests() {
		if r.Method == http.MethodPut && strings.Contains(r.URL, id) {
			n++
		}
	}
	return n
}

// One replay sends all webhooks of an id.
func TestWebhooksOfOneIDAreReplayedTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 20)
		for _, status := range []string{"PROCESSING", "CONFIRMED"} {
			s.server.Add(celcointest.Webhook{ID: "twins", PayloadStatus: status, Created: s.from.Add(time.Minute)})
		}
		report, err := s.recoverer(t).Recover(t.Context(), s.one("together"))
		drained(t, s, report, err)
		assert.Equal(t, 22, report.Totals.Delivered)
		assert.Equal(t, 2, s.arrived["twins"], "each of them once")
		assert.Equal(t, 1, s.asked("twins"))
	})
}

func TestAnIDIsNotReplayedWhileItsReplayIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := empty(t, celcointest.WithReplayDelay(time.Minute))
		twin := celcointest.Webhook{ID: "twins", PayloadStatus: "PROCESSING", Created: s.from.Add(time.Minute)}
		s.server.Add(twin)
		r := s.recoverer(t)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := r.Recover(ctx, s.one("under-way"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, s.asked("twins"))
		twin.PayloadStatus = "CONFIRMED"
		s.server.Add(twin)
		_, err = r.Verify(t.Context(), "under-way") // it finds the other one
		require.NoError(t, err)
		report, err := r.Resume(t.Context(), "under-way")
		drained(t, s, report, err)
		assert.Equal(t, 2, s.arrived["twins"], "each of them once")
		assert.Equal(t, 2, s.asked("twins"))
	})
}
