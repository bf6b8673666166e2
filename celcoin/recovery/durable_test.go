package recovery_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// volatile keeps in mind what a power loss would take.
type volatile struct {
	recovery.Store
	recovery.API

	mu       sync.Mutex
	unsynced map[recovery.Kind]int
	most     int // items that were not synced at once
	early    int // replays before their intent was
}

type volatileJournal struct {
	recovery.Journal
	v *volatile
}

func (v *volatile) Open(ctx context.Context, id string) (recovery.Journal, error) {
	j, err := v.Store.Open(ctx, id)
	return &volatileJournal{j, v}, err
}

func (j *volatileJournal) Append(ctx context.Context, entries ...recovery.Entry) ([]recovery.Position, error) {
	j.v.mu.Lock()
	defer j.v.mu.Unlock()
	for i := range entries {
		j.v.unsynced[entries[i].Kind]++
	}
	j.v.most = max(j.v.most, j.v.unsynced[recovery.KindItem])
	return j.Journal.Append(ctx, entries...)
}

func (j *volatileJournal) Sync(ctx context.Context) error {
	j.v.mu.Lock()
	defer j.v.mu.Unlock()
	clear(j.v.unsynced)
	return j.Journal.Sync(ctx)
}

func (v *volatile) ReplayWebhooks(
	ctx context.Context, req celcoin.ReplayRequest, opts ...celcoin.CallOption,
) (*celcoin.ReplaySummary, error) {
	v.mu.Lock()
	if v.unsynced[recovery.KindIntent] > 0 || v.unsynced[recovery.KindPlanned] > 0 {
		v.early++
	}
	v.mu.Unlock()
	return v.API.ReplayWebhooks(ctx, req, opts...)
}

func TestAnIntentIsDurableBeforeItsReplayIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := outage(t, 300)
		v := &volatile{Store: recovery.MemoryStore(), API: s.client, unsynced: map[recovery.Kind]int{}}
		r, err := recovery.New(v, recovery.WithStore(v), recovery.WithRate(1000, 100))
		require.NoError(t, err)
		report, err := r.Recover(t.Context(), s.request("durable"))
		drained(t, s, report, err)
		assert.Zero(t, v.early)
		assert.LessOrEqual(t, v.most, 151, "a window at a time")
		assert.Empty(t, v.unsynced, "the end is durable, too")
	})
}
