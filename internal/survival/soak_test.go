package survival

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// soakCall is one call of the soak, and what is known of it.
type soakCall struct {
	op      operation
	err     error // what its caller was told
	carried int   // how many of its requests were carried out, as the server knows
}

// TestNoCallIsLostInTwoThousand lets sixteen goroutines call both vendors, while
// every third request runs into a fault. Each call has an id of its own, by which
// what the client believes is compared with what the server recorded. The time is
// virtual, so that a loaded machine sees what an idle one sees.
func TestNoCallIsLostInTwoThousand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const workers, calls = 16, 2_000
		p := retryPolicy{MaxRetries: 2, MinWait: time.Second, MaxWait: time.Minute, MaxRetryAfter: time.Minute}
		sides := map[string]*subject{"ceffu": newSubject(t, "ceffu", true, p), "celcoin": newSubject(t, "celcoin", true, p)}
		for vendor, s := range sides {
			defer s.close()
			for _, f := range soakFaults(vendor) {
				require.NoError(t, s.inject(f))
			}
		}
		var mu sync.Mutex
		all := map[string]*soakCall{}
		var goroutines sync.WaitGroup
		for worker := range workers {
			goroutines.Go(func() {
				random := rand.New(rand.NewPCG(seed, uint64(worker))) // the same in every run
				for i := worker; i < calls; i += workers {
					op := operations[0]
					if random.IntN(4) > 0 { // RSA takes most of the time: one of four to Ceffu
						op = operations[3+random.IntN(len(operations)-3)]
					}
					id := "77" + fmt.Sprintf("%017d", i)
					_, err := op.do(t.Context(), sides[op.vendor], id)
					mu.Lock()
					all[id] = &soakCall{op: op, err: err}
					mu.Unlock()
				}
			})
		}
		goroutines.Wait()
		require.Len(t, all, calls, "every call came to an end")
		requests, faults := 0, 0
		for _, s := range sides {
			s.settle()
			for _, r := range s.requests() {
				if r.Operation == "token" {
					continue
				}
				requests++
				if r.Fault != "" {
					faults++
				}
				call := all[callID.FindString(r.URL+string(r.Body))]
				require.NotNil(t, call, "a request that belongs to no call: %s", r.URL)
				if r.Processed {
					call.carried++
				}
			}
		}
		ends := map[string]int{}
		for id, c := range all {
			ends[c.check(t, id)]++
		}
		t.Log(requests, "requests,", faults, "faults:", ends)
	})
}

// callID finds the id in whatever form a request has it.
var callID = regexp.MustCompile(`77\d{17}`)

// check compares what a caller was told with what was done.
func (c *soakCall) check(t *testing.T, id string) string {
	t.Helper()
	if c.op.kind == once {
		assert.LessOrEqual(t, c.carried, 1, "%s was carried out twice", id)
	}
	switch {
	case c.err == nil:
		assert.Positive(t, c.carried, "%s was reported as a success and not carried out", id)
		return "succeeded"
	case errors.Is(c.err, celcoin.ErrOutcomeUnknown): // of both packages
		return "in doubt"
	}
	if c.op.kind != reads {
		assert.Zero(t, c.carried, "%s was reported as failed and carried out", id)
	}
	return "failed for certain"
}

// soakFaults are those of the table, striking at random: about every third request.
// None of them lies: what it calls refused was not carried out.
func soakFaults(vendor string) (all []simulator.Fault) {
	for _, f := range faults() {
		if f.is != notSent && (f.vendor == "" || f.vendor == vendor) {
			f.does.Probability = 0.0035
			all = append(all, f.does)
		}
	}
	return all
}
