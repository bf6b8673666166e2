package survival

import (
	"context"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/cost"
)

const (
	soakWorkers = 16
	soakCalls   = 20_000
	soakRound   = 1_000
	soakSeed    = 20_260_131

	// soakMemory is the limit of the heap, of clients and simulators together,
	// with what the simulators remember of a round.
	soakMemory = 96 << 20
	// soakGrowth is by how much the heap may be larger after the last round
	// than after the second, with all garbage collected.
	soakGrowth = 16 << 20
)

// soakLength is the whole soak in an ordinary run. Under the race detector and
// with -short it makes an eighth of the calls.
func soakLength() int {
	if cost.Race || testing.Short() {
		return soakCalls / 8
	}
	return soakCalls
}

// TestNoCallIsLostInTwentyThousand lets sixteen goroutines call both vendors
// over HTTP/1.1 and HTTP/2, while every third request runs into a fault. Each
// call has an id of its own, by which what the client believes is compared with
// what the server recorded.
func TestNoCallIsLostInTwentyThousand(t *testing.T) { //nolint:paralleltest // it measures memory and goroutines
	sides := []*side{startCeffuSide(t, false), startCeffuSide(t, true), startCelcoinSide(t, false), startCelcoinSide(t, true)}
	before := runtime.NumGoroutine()
	watch := cost.WatchHeap()
	begin := time.Now()

	ledger := newLedger()
	var settled uint64 // heap after the second round
	rounds := max(soakLength()/soakRound, 3)
	perRound := soakLength() / rounds
	for round := range rounds {
		var workers sync.WaitGroup
		for worker := range soakWorkers {
			workers.Go(func() {
				random := rand.New(rand.NewPCG(soakSeed, uint64(round*soakWorkers+worker))) //nolint:gosec // it has to be the same in every run
				for i := worker; i < perRound; i += soakWorkers {
					s := sides[min(random.IntN(6), 3)] // RSA takes most of the time: two of six to Ceffu
					call := newSoakCall(random, round*perRound+i, s.vendor)
					ledger.believe(call, s.call(t.Context(), call))
				}
			})
		}
		workers.Wait()
		for _, s := range sides {
			s.settle()
			ledger.harvest(s)
		}
		if round == 1 {
			settled = cost.LiveHeap()
		}
	}

	assert.Equal(t, rounds*perRound, ledger.calls(), "every call came to an end")
	ledger.reconcile(t)
	peak := watch()
	live := cost.LiveHeap()
	assert.Less(t, peak, uint64(soakMemory), "peak of the heap")
	assert.Less(t, live, settled+soakGrowth, "the heap grows")
	for _, s := range sides {
		s.network.requireNoneInUse(t)
	}
	awaitTrue(t, "goroutines left behind", func() bool { return runtime.NumGoroutine() <= before })
	t.Logf("%s; %v, peak heap %d MiB, after the second round %d MiB, at the end %d MiB",
		ledger, time.Since(begin).Round(time.Millisecond), peak>>20, settled>>20, live>>20)
}

// side is one simulator of the soak and a client of it, shared by all workers.
type side struct {
	vendor   string
	network  *network
	call     func(ctx context.Context, c soakCall) error
	settle   func()
	requests func() []sighting
	reset    func()
}

// sighting is what a record says of the call that it belongs to.
type sighting struct {
	text      string // where the call's id stands
	processed bool
	faulty    bool
}

// soakTimeout of an attempt ends those that hang. One that it ends on a slow
// machine is a lost answer like any other.
const soakTimeout = time.Second / 2

func startCeffuSide(tb testing.TB, secure bool) *side {
	tb.Helper()
	opts := []ceffutest.Option{ceffutest.WithSeed(soakSeed), ceffutest.WithUnknownWebhook("000000")}
	if secure {
		opts = append(opts, ceffutest.WithTLS())
	}
	server := ceffutest.NewServer(tb, opts...)
	for _, f := range append(vendorFaults(ceffuSide), soakFaults()...) {
		require.NoError(tb, server.Inject(ceffutest.Fault(f)))
	}
	s := &side{vendor: ceffuSide, network: newNetwork(server.Certificate()), settle: server.Settle, reset: server.ResetRecords}
	client, err := ceffu.New(server.Credentials(), ceffu.WithBaseURL(server.URL),
		ceffu.WithHTTPClient(&http.Client{Transport: s.network.Transport}), ceffu.WithAttemptTimeout(soakTimeout),
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

func startCelcoinSide(tb testing.TB, secure bool) *side {
	tb.Helper()
	opts := []celcointest.Option{celcointest.WithSeed(soakSeed)}
	if secure {
		opts = append(opts, celcointest.WithTLS())
	}
	server := celcointest.NewServer(tb, opts...)
	for _, f := range append(vendorFaults(celcoinSide), soakFaults()...) {
		require.NoError(tb, server.Inject(celcointest.Fault(f)))
	}
	s := &side{vendor: celcoinSide, network: newNetwork(server.Certificate()), settle: server.Settle, reset: server.ResetRecords}
	client, err := celcoin.New(server.Credentials(), celcoin.WithBaseURL(server.URL),
		celcoin.WithHTTPClient(&http.Client{Transport: s.network.Transport}), celcoin.WithAttemptTimeout(soakTimeout),
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

var soakPolicy = retryPolicy{MaxRetries: 2, MinWait: time.Microsecond, MaxWait: time.Millisecond, MaxRetryAfter: time.Second}
