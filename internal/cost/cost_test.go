package cost_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/cost"
)

var kept []byte

func TestWhatACallAllocatesIsCounted(t *testing.T) { //nolint:paralleltest // it counts for the whole process
	defer func() { kept = nil }()
	got := cost.Of(t, func() error {
		for range 3 {
			kept = make([]byte, 1024)
		}
		return nil
	})
	assert.InDelta(t, 3, got.Allocs, 0.2)
	assert.InDelta(t, 3*1024, got.Bytes, 50)
}

func TestThePeakOfTheHeapIsSeen(t *testing.T) { //nolint:paralleltest // it measures the whole process
	cost.SkipUnderRace(t)
	defer func() { kept = nil }()
	before := cost.LiveHeap()
	peak, held := cost.WatchHeap(), cost.WatchMemory()
	kept = make([]byte, 32<<20)
	assert.GreaterOrEqual(t, cost.LiveHeap(), before+32<<20)
	kept = nil
	assert.Less(t, cost.LiveHeap(), before+16<<20)
	heap := peak()
	assert.GreaterOrEqual(t, heap, before+32<<20)
	assert.Greater(t, held(), heap, "stacks and the runtime's own are not in the heap")
}

func TestTheServerAnswersRequestAfterRequest(t *testing.T) {
	t.Parallel()
	n := 0
	s := cost.Serve(t, func() []byte {
		n++
		return cost.Answer(strings.Repeat("x", n))
	})
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	for i, body := range []string{"", "{}", strings.Repeat("y", 10_000)} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+"/path?q=1", strings.NewReader(body))
		require.NoError(t, err)
		resp, err := tr.RoundTrip(r)
		require.NoError(t, err)
		got, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, strings.Repeat("x", i+1), string(got))
	}
}
