package survival

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
	"github.com/reenvio/reenvio-go/internal/cost"
)

// TestAFaultOnTheSecondPageLosesAndDoublesNothing puts each fault of the table
// between the pages of a listing: what was yielded before it is not yielded
// again, and what comes after it is not passed over.
func TestAFaultOnTheSecondPageLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	const total, pageSize = 450, 200
	for _, f := range faults() {
		op, m, w := iterating(t), modes[1], wires[2]
		if f.shut != nil || !f.suits(op, w) || cost.Race && (f.akin || f.quiet()) {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := celcointest.NewServer(t)
				now := time.Now()
				require.NoError(t, server.AddMissed(celcoin.EntityPixPaymentIn, total, now.Add(-time.Hour), now))
				does := f.does
				does.Operation, does.Skip, does.Times = "details", 1, m.strikes
				require.NoError(t, server.Inject(celcointest.Fault(does)))
				client, err := server.Client(celcoin.WithHTTPClient(&http.Client{Transport: server.Transport()}),
					celcoin.WithAttemptTimeout(w.attemptTimeout()), celcoin.WithRetryPolicy(celcoin.RetryPolicy(w.policy(m))))
				require.NoError(t, err)

				seen := make(map[string]int)
				var failed error
				for webhook, err := range client.Webhooks(t.Context(), celcoin.Query{
					Entity: celcoin.EntityPixPaymentIn, From: now.Add(-time.Hour), To: now,
				}) {
					if failed = err; err == nil {
						seen[webhook.ID]++
					}
				}
				for id, times := range seen {
					assert.Equal(t, 1, times, id)
				}
				pages := 0
				for _, r := range server.Requests() {
					if r.Operation == "details" {
						pages++
					}
				}
				want := expect(f, op, m, w)
				switch is, of := f.in(op, w); {
				case is == nothingFound: // there was said to be more, so it asks again
					require.NoError(t, failed)
					assert.Len(t, seen, total)
				case want.succeeds:
					require.NoError(t, failed)
					assert.Len(t, seen, total)
					assert.Equal(t, want.requests+2, pages, "the other two pages once")
				default:
					require.Error(t, failed)
					for _, category := range of {
						require.ErrorIs(t, failed, category)
					}
					assert.Len(t, seen, pageSize, "what the first page had")
				}
			})
		})
	}
}

// iterating is the operation that lists everything.
func iterating(tb testing.TB) operation {
	tb.Helper()
	for _, op := range operations {
		if op.name == "iterate" {
			return op
		}
	}
	tb.Fatal("there is no iteration")
	return operation{}
}
