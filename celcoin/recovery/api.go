package recovery

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery/internal/engine"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// API is what a recovery needs of Celcoin. [*celcoin.Client] has it, and methods
// that are used where an API has them: ListWebhooks, so that a page that fails is
// fetched again alone; Fingerprint, so that a plan is not run at another Celcoin
// than it was made for; PixPaymentStatus and PixReceiptStatus for
// [Recoverer.Statuses]. An error of it without a [*celcoin.Error] ends the plan or
// run, which can be resumed.
type API interface {
	CountWebhooks(ctx context.Context, q celcoin.Query, opts ...celcoin.CallOption) (*celcoin.ReplaySummary, error)
	Webhooks(ctx context.Context, q celcoin.Query, opts ...celcoin.CallOption) iter.Seq2[celcoin.Webhook, error]
	ReplayWebhooks(ctx context.Context, req celcoin.ReplayRequest, opts ...celcoin.CallOption) (*celcoin.ReplaySummary, error)
}

var _ API = (*celcoin.Client)(nil)

// Recoverer plans and runs recoveries. It is safe for concurrent use; recoveries
// that run at once share its rate, and with those of other processes that of
// their store.
type Recoverer struct{ e *engine.Engine }

// New makes a Recoverer of a client. It does not use the network.
func New(api API, opts ...Option) (*Recoverer, error) {
	if api == nil {
		return nil, errors.New("recovery: the client is nil")
	}
	o := defaults()
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(o); err != nil {
			return nil, fmt.Errorf("recovery: %w", err)
		}
	}
	o.API = api
	return &Recoverer{engine.New(o.Config)}, nil
}

// FileStore keeps each recovery in a folder of its own, dir/ID, as one JSON
// object a line: see [journal.FileStore].
func FileStore(dir string) journal.Store { return journal.FileStore(dir) }

// MemoryStore keeps recoveries as long as the program runs: for trials and
// tests, and for recoveries that may begin again from nothing.
func MemoryStore() journal.Store { return journal.MemoryStore() }
