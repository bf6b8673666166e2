package transport_test

import (
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// TestARetryUsesTheSameConnection: what the retry library drains of an answer
// is less than this body, so it has to be read before.
func TestARetryUsesTheSameConnection(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("x", 8<<10)
	var mu sync.Mutex
	n := 0
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if n++; n%2 == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write([]byte(body))
	})
	c := newClient(hasty(wireTransport(t)))
	for range 50 {
		out := c.Do(t.Context(), get(t, server.URL))
		require.NoError(t, out.Err)
		require.Equal(t, 2, out.Attempts)
	}
	assert.EqualValues(t, 100, server.requests.Load())
	t.Logf("%d connections for 50 retried calls", server.connections.Load())
	assert.LessOrEqual(t, server.connections.Load(), int64(2))
}

// TestManyGoroutinesKeepTheirConnections: with the standard library's limit of
// two idle ones a host, nearly every request would open another. A dial that
// loses against a connection that becomes free meanwhile is one too many, which
// a busy machine makes more likely: there is room for as many as there are
// callers, the best of three rounds counts, and nothing else runs beside it.
func TestManyGoroutinesKeepTheirConnections(t *testing.T) { //nolint:paralleltest // see above
	requests := 6000
	if testing.Short() {
		requests = 1200
	}
	const goroutines, most = 64, 2 * 64
	connections := int64(math.MaxInt64)
	for round := 0; round < 3 && connections > most; round++ {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
		c := newClient(&transport.Settings{}) // with the default transport
		var callers sync.WaitGroup
		for range goroutines {
			callers.Go(func() {
				for range requests / goroutines {
					assert.NoError(t, c.Do(t.Context(), get(t, server.URL)).Err)
				}
			})
		}
		callers.Wait()
		require.EqualValues(t, requests/goroutines*goroutines, server.requests.Load())
		connections = server.connections.Load()
	}
	t.Logf("%d connections for %d requests", connections, requests)
	assert.LessOrEqual(t, connections, int64(most))
}
