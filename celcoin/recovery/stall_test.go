package recovery_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// stalling is the store of a process that is stopped, as by SIGSTOP, at one of its
// durable appends: nothing that it does with the store returns before it goes on.
type stalling struct {
	journal.Store
	at            int64
	appends       atomic.Int64
	stopped, goOn chan struct{} // closed when it is, and when it does
}

func (s *stalling) wait() {
	select {
	case <-s.stopped:
		<-s.goOn
	default:
	}
}

func (s *stalling) Update(ctx context.Context, name string, f func(time.Time, []byte) ([]byte, error)) error {
	s.wait()
	return s.Store.Update(ctx, name, f)
}

func (s *stalling) Open(ctx context.Context, id, name string) (journal.Log, error) {
	s.wait()
	log, err := s.Store.Open(ctx, id, name)
	return &stallingLog{log, s}, err
}

type stallingLog struct {
	journal.Log
	s *stalling
}

func (l *stallingLog) Append(ctx context.Context, durable bool, records ...[]byte) error {
	if durable && l.s.appends.Add(1) == l.s.at {
		close(l.s.stopped)
	}
	l.s.wait()
	return l.Log.Append(ctx, durable, records...)
}

// A process that was stopped for long has lost its places in flight to others, and does
// not know what they have seen of the receiver: the rest of its batch is not sent.
func TestAProcessThatWasStoppedAsksForItsPlacesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const concurrency = 2
		s := empty(t)
		s.miss(t, celcoin.EntityPixPaymentIn, 1000)
		store := recovery.MemoryStore()
		stopped := &stalling{Store: store, at: 30, stopped: make(chan struct{}), goOn: make(chan struct{})}
		opts := []recovery.Option{
			recovery.WithConcurrency(concurrency), recovery.WithMaxWait(2 * time.Minute), recovery.WithWindow(10 * time.Minute),
		}
		one := s.recoverer(t, append(opts, recovery.WithStore(stopped))...)
		other := s.recoverer(t, append(opts, recovery.WithStore(store))...)
		plan, err := other.Plan(t.Context(), s.one("stopped"))
		require.NoError(t, err)
		var group sync.WaitGroup
		group.Go(func() {
			_, err := one.Run(t.Context(), plan)
			assert.NoError(t, err)
		})
		<-stopped.stopped
		require.NotZero(t, s.replays())
		s.setDown(true)
		_, err = other.Run(t.Context(), plan) // until its breaker opens
		require.NoError(t, err)
		failed := s.failures()
		require.NotZero(t, failed)
		close(stopped.goOn)
		group.Wait()
		assert.LessOrEqual(t, s.failures(), failed+concurrency, "what was being sent")
	})
}
