package recovery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin/recovery"
)

// fullStore takes so many appends, and none after them.
type fullStore struct {
	recovery.Store
	left int
}

type fullJournal struct {
	recovery.Journal
	store *fullStore
}

var errFull = errors.New("no space left on device")

func (s *fullStore) Open(ctx context.Context, id string) (recovery.Journal, error) {
	j, err := s.Store.Open(ctx, id)
	return &fullJournal{j, s}, err
}

func (j *fullJournal) Append(ctx context.Context, entries ...recovery.Entry) ([]recovery.Position, error) {
	if j.store.left--; j.store.left < 0 {
		return nil, errFull
	}
	return j.Journal.Append(ctx, entries...)
}

// Celcoin is patiently asked again where it fails, and not where the disk does.
func TestAStoreThatIsFullEndsWhateverIsGoingOnAtOnce(t *testing.T) {
	t.Parallel()
	for _, left := range []int{0, 1, 6, 8, 20, 100} {
		synctest.Test(t, func(t *testing.T) {
			s := outage(t, 400)
			store := recovery.MemoryStore()
			begin := time.Now()
			report, err := s.recoverer(t, recovery.WithStore(&fullStore{store, left})).Recover(t.Context(), s.request("full"))
			require.ErrorIs(t, err, errFull)
			assert.Less(t, time.Since(begin), 10*time.Second)
			assert.Less(t, len(s.server.Requests()), 400)
			assert.NotEqual(t, recovery.StateCancelled, report.State, "nobody did")
			assert.Contains(t, report.Reason, "no space left")

			report, err = s.recoverer(t, recovery.WithStore(store)).Recover(t.Context(), s.request("full"))
			drained(t, s, report, err)
			most, distinct := s.most()
			assert.Equal(t, 1, most)
			assert.Equal(t, 600, distinct)
		})
	}
}
