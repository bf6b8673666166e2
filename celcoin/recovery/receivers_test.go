package recovery_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// A receiver that refuses a few for good is not a broken one.
func TestAFewPoisonWebhooksDoNotStopTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 1500
		if long() {
			n = 9000
		}
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, n)
		poison := 0
		for i, w := range s.server.Webhooks() {
			if i%33 == 7 {
				s.poison[w.ID] = true
				poison++
			}
		}
		report, err := s.recoverer(t).Recover(t.Context(), s.one("poison"))
		require.NoError(t, err)
		assert.Equal(t, recovery.StatePartial, report.State)
		assert.Equal(t, n-poison, report.Totals.Delivered)
		assert.Equal(t, poison, report.Totals.Failed)
		assert.Len(t, report.Failures, poison)
		for _, f := range report.Failures {
			assert.True(t, s.poison[f.ID])
			assert.Equal(t, http.StatusServiceUnavailable, f.ReceiverStatus)
		}
		most, distinct := s.most()
		assert.Equal(t, 1, most)
		assert.Equal(t, n-poison, distinct)
	})
}

// By an older page of Celcoin's, a webhook is blocked after 20 failures and an
// entity after 50: whatever a receiver does, and however often a run is begun
// again, neither happens.
func TestABrokenReceiverIsNeverBlocked(t *testing.T) {
	t.Parallel()
	receivers := map[string]func(arrivals int) bool{
		"down from the start":            func(int) bool { return false },
		"down after 50":                  func(n int) bool { return n <= 50 },
		"down after 130":                 func(n int) bool { return n <= 130 },
		"refuses every other":            func(n int) bool { return n%2 == 0 },
		"takes one in five":              func(n int) bool { return n%5 == 0 },
		"up for 30, down for 30":         func(n int) bool { return n/30%2 == 0 },
		"takes the canaries and no more": func(n int) bool { return n < 3 },
	}
	for name, takes := range receivers {
		for _, delay := range []time.Duration{0, 3 * time.Second} {
			for _, status := range []celcoin.Status{"", "FALHA"} {
				if !long() && (delay == 0) == (status == "") {
					continue
				}
				t.Run(fmt.Sprintf("%s, after %v, status %q", name, delay, status), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						b := &breaking{takes: takes, arrived: map[string]int{}}
						s := empty(t)
						opts := []celcointest.Option{
							celcointest.WithReceiver(http.HandlerFunc(b.serve)), celcointest.WithReplayDelay(delay),
							celcointest.WithBlocking(20, 0),
						}
						if status != "" {
							opts = append(opts, celcointest.WithFailedReplayStatus(status))
						}
						s.server = celcointest.NewServer(t, opts...)
						s.miss(t, celcoin.EntityPixPaymentIn, 200)
						var err error
						s.client, err = s.server.Client()
						require.NoError(t, err)
						store := recovery.MemoryStore()
						for range 3 {
							report, err := s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), s.one("broken"))
							require.NoError(t, err)
							assert.LessOrEqual(t, report.Totals.Delivered-report.Totals.Counted, len(b.arrived))
							if report.State == recovery.StateDrained {
								assert.Zero(t, s.server.Pending(""))
								assert.Len(t, b.arrived, 200)
							}
						}
						assert.LessOrEqual(t, b.longest, 50, "failures in a row")
						assert.False(t, slices.ContainsFunc(s.server.Webhooks(), func(w celcointest.Webhook) bool { return w.Blocked }))
						for id, n := range b.arrived {
							assert.Equal(t, 1, n, id)
						}
					})
				})
			}
		}
	}
}

// What a unit has in flight takes up its places however slowly Celcoin answers, also
// beyond the max wait.
func TestABrokenReceiverIsNotBlockedWhereCallsAreSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &breaking{takes: func(n int) bool { return n < 3 }, arrived: map[string]int{}}
		s := outage(t, 0, celcointest.WithReceiver(http.HandlerFunc(b.serve)))
		s.miss(t, celcoin.EntityPixPaymentIn, 300)
		r := s.recoverer(t, recovery.WithMaxWait(2*time.Minute))
		plan, err := r.Plan(t.Context(), s.one("slow"))
		require.NoError(t, err)
		require.NoError(t, s.server.Inject(celcointest.Fault{DelayHeaders: time.Minute, Times: -1}))
		_, err = r.Run(t.Context(), plan)
		require.NoError(t, err)
		assert.LessOrEqual(t, b.longest, 50, "failures in a row")
	})
}

// breaking is a receiver that takes what it takes by how many came before.
type breaking struct {
	mu           sync.Mutex
	takes        func(arrivals int) bool
	n            int
	arrived      map[string]int
	row, longest int // failures
}

func (b *breaking) serve(w http.ResponseWriter, req *http.Request) {
	var body struct {
		WebhookID string `json:"webhookId"`
	}
	if json.NewDecoder(req.Body).Decode(&body) != nil {
		body.WebhookID = "unreadable"
	}
	w.WriteHeader(b.take(body.WebhookID))
}

func (b *breaking) take(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	if !b.takes(b.n - 1) {
		b.row++
		b.longest = max(b.longest, b.row)
		return http.StatusServiceUnavailable
	}
	b.row = 0
	b.arrived[id]++
	return http.StatusOK
}
