package recovery_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
	"github.com/reenvio/reenvio-go/celcoin/recovery/journal"
)

// losing is a store of which some leases of units are lost.
type losing struct {
	journal.Store
	appends atomic.Int64
	every   int64
}

func (l *losing) Open(ctx context.Context, recovery, name string) (journal.Log, error) {
	log, err := l.Store.Open(ctx, recovery, name)
	if err != nil || !strings.HasPrefix(name, "unit-") {
		return log, err
	}
	return &losingLog{Log: log, store: l, lost: make(chan struct{})}, nil
}

type losingLog struct {
	journal.Log
	store *losing
	lost  chan struct{}
}

func (l *losingLog) Append(ctx context.Context, durable bool, records ...[]byte) error {
	select {
	case <-l.lost:
		return journal.ErrLost
	default:
	}
	if l.store.every > 0 && l.store.appends.Add(1)%l.store.every == 0 {
		close(l.lost)
		return journal.ErrLost
	}
	return l.Log.Append(ctx, durable, records...)
}

func (l *losingLog) Lost() <-chan struct{} { return l.lost }

// A lease that is lost is the trouble of its unit.
func TestALeaseThatIsLostStopsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 100)
		store := &losing{Store: recovery.MemoryStore()}
		r := s.recoverer(t, recovery.WithStore(store))
		plan, err := r.Plan(t.Context(), s.request("leases"))
		require.NoError(t, err)
		store.every = 25
		report, err := r.Run(t.Context(), plan)
		drained(t, s, report, err)
	})
}
