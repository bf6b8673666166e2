package survival

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

const (
	soakWorkers = 16
	soakCalls   = 2_000
	soakSeed    = 20_260_131
)

// TestNoCallIsLostInTwoThousand lets sixteen goroutines call both vendors, while
// every third request runs into a fault. Each call has an id of its own, by which
// what the client believes is compared with what the server recorded. The time is
// virtual, so that a loaded machine sees what an idle one sees.
func TestNoCallIsLostInTwoThousand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sides := []*side{startCeffuSide(t), startCelcoinSide(t)}
		ledger := newLedger()
		var workers sync.WaitGroup
		for worker := range soakWorkers {
			workers.Go(func() {
				random := rand.New(rand.NewPCG(soakSeed, uint64(worker))) // the same in every run
				for i := worker; i < soakCalls; i += soakWorkers {
					s := sides[min(random.IntN(4), 1)] // RSA takes most of the time: one of four to Ceffu
					call := newSoakCall(random, i, s.vendor)
					ledger.believe(call, s.call(t.Context(), call))
				}
			})
		}
		workers.Wait()
		for _, s := range sides {
			s.settle()
			ledger.harvest(s)
		}
		assert.Equal(t, soakCalls, ledger.calls(), "every call came to an end")
		ledger.reconcile(t)
		t.Log(ledger)
	})
}

// side is one simulator of the soak and a client of it, shared by all workers.
type side struct {
	vendor   string
	call     func(ctx context.Context, c soakCall) error
	settle   func()
	requests func() []sighting
}

// sighting is what a record says of the call that it belongs to.
type sighting struct {
	text      string // where the call's id stands
	processed bool
	faulty    bool
}

// soakTimeout of an attempt ends those that hang.
const soakTimeout = 10 * time.Second

func startCeffuSide(tb testing.TB) *side {
	tb.Helper()
	server := ceffutest.NewServer(tb, ceffutest.WithSeed(soakSeed), ceffutest.WithUnknownWebhook("000000"))
	for _, f := range append(vendorFaults(ceffuSide), soakFaults()...) {
		require.NoError(tb, server.Inject(ceffutest.Fault(f)))
	}
	s := &side{vendor: ceffuSide, settle: server.Settle}
	client, err := ceffu.New(server.Credentials(), ceffu.WithBaseURL(server.URL),
		ceffu.WithHTTPClient(&http.Client{Transport: server.Transport()}), ceffu.WithAttemptTimeout(soakTimeout),
		ceffu.WithRetryPolicy(ceffu.RetryPolicy(soakPolicy)))
	require.NoError(tb, err)
	s.call = func(ctx context.Context, c soakCall) error { return c.ofCeffu(ctx, client) }
	s.requests = func() (seen []sighting) {
		for _, r := range server.Requests() {
			seen = append(seen, sighting{string(r.Body), r.Processed, r.Fault != ""})
		}
		return seen
	}
	return s
}

func startCelcoinSide(tb testing.TB) *side {
	tb.Helper()
	server := celcointest.NewServer(tb, celcointest.WithSeed(soakSeed))
	for _, f := range append(vendorFaults(celcoinSide), soakFaults()...) {
		require.NoError(tb, server.Inject(celcointest.Fault(f)))
	}
	s := &side{vendor: celcoinSide, settle: server.Settle}
	client, err := celcoin.New(server.Credentials(), celcoin.WithBaseURL(server.URL),
		celcoin.WithHTTPClient(&http.Client{Transport: server.Transport()}), celcoin.WithAttemptTimeout(soakTimeout),
		celcoin.WithRetryPolicy(celcoin.RetryPolicy(soakPolicy)))
	require.NoError(tb, err)
	s.call = func(ctx context.Context, c soakCall) error { return c.ofCelcoin(ctx, client) }
	s.requests = func() (seen []sighting) {
		for _, r := range server.Requests() {
			if r.Operation != "token" {
				seen = append(seen, sighting{r.URL + string(r.Body), r.Processed, r.Fault != ""})
			}
		}
		return seen
	}
	return s
}

var soakPolicy = retryPolicy{MaxRetries: 2, MinWait: time.Second, MaxWait: time.Minute, MaxRetryAfter: time.Minute}
