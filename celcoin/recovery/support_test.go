package recovery_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// receiver counts what arrives, by webhook.
type receiver struct {
	mu      sync.Mutex
	down    bool
	poison  map[string]bool // never taken
	arrived map[string]int
}

func newReceiver() *receiver { return &receiver{arrived: map[string]int{}, poison: map[string]bool{}} }

// take is called by story.deliver with the id of the webhook.
func (r *receiver) take(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down || r.poison[id] {
		return http.StatusServiceUnavailable
	}
	r.arrived[id]++
	return http.StatusOK
}

func (r *receiver) setDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// heal lets the receiver take a webhook that was poison to it.
func (r *receiver) heal(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.poison, id)
}

// most is how often the webhook arrived that arrived most often, and how many
// different ones did.
func (r *receiver) most() (most, distinct int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.arrived {
		most = max(most, n)
	}
	return most, len(r.arrived)
}

// story is an outage of two hours that ended an hour ago.
type story struct {
	*receiver
	server   *celcointest.Server
	refuses  func(celcoin.Entity) bool // nil: none
	client   *celcoin.Client
	from, to time.Time
}

// outage starts a Celcoin whose receiver missed n payments in and half as many
// out. It must be called inside a bubble.
func outage(t *testing.T, n int, opts ...celcointest.Option) *story {
	t.Helper()
	s := &story{receiver: newReceiver(), to: time.Now().Add(-time.Hour)}
	s.from = s.to.Add(-2 * time.Hour)
	s.server = celcointest.NewServer(t, append([]celcointest.Option{
		celcointest.WithReceiver(http.HandlerFunc(s.serve)), celcointest.WithRecords(5000),
	}, opts...)...)
	require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentIn, n, s.from, s.to))
	if n > 1 {
		require.NoError(t, s.server.AddMissed(celcoin.EntityPixPaymentOut, n/2, s.from, s.to))
	}
	var err error
	s.client, err = s.server.Client()
	require.NoError(t, err)
	return s
}

func (s *story) request(id string) recovery.Request {
	return recovery.Request{
		ID:       id,
		Entities: []celcoin.Entity{celcoin.EntityPixPaymentIn, celcoin.EntityPixPaymentOut},
		From:     s.from, To: s.to,
	}
}

// recoverer is fast, and gentle enough for a simulator.
func (s *story) recoverer(t *testing.T, opts ...recovery.Option) *recovery.Recoverer {
	t.Helper()
	r, err := recovery.New(s.client, append([]recovery.Option{
		recovery.WithRate(1000, 100), recovery.WithSettle(10 * time.Second),
	}, opts...)...)
	require.NoError(t, err)
	return r
}

// drained fails unless a report says so and the simulator agrees.
func drained(t *testing.T, s *story, report *recovery.Report, err error) {
	t.Helper()
	require.NoError(t, err)
	require.Equal(t, recovery.StateDrained, report.State, report.Reason)
	require.NoError(t, report.Err())
	require.Zero(t, s.server.Pending(""))
}

// failedDeliveries counts the deliveries of each entity that were not answered 200.
func (s *story) failedDeliveries() map[string]int {
	failed := map[string]int{}
	for _, d := range s.server.Deliveries() {
		if d.Status != http.StatusOK {
			failed[d.Event]++
		}
	}
	return failed
}

// failures counts those of payments in.
func (s *story) failures() int { return s.failedDeliveries()[string(celcoin.EntityPixPaymentIn)] }
