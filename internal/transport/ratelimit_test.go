package transport_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/transport"
)

// limited settings allow two requests a second, after a burst of three.
func limited(t *testing.T, rt http.RoundTripper) *transport.Settings {
	t.Helper()
	s := settings(rt)
	require.NoError(t, s.SetRateLimit(2, 3))
	return s
}

// TestTheRateLimitIsOfAllGoroutines that share the client.
func TestTheRateLimitIsOfAllGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(answers(200, "{}"))
		c := newClient(limited(t, server))
		begin := time.Now()
		var callers sync.WaitGroup
		for range 23 {
			callers.Go(func() { assert.NoError(t, c.Do(t.Context(), get(t, somewhere)).Err) })
		}
		callers.Wait()
		assert.Equal(t, 10*time.Second, time.Since(begin), "3 at once, 20 at 2 a second")
		for i, a := range server.arrivals {
			assert.LessOrEqual(t, i+1, 3+int(2*a.at.Sub(begin).Seconds()+1e-6), "at no time more than allowed")
		}
	})
}

func TestEachAttemptTakesATurnOfTheRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(means("retry now"), means("reauthorize"), answers(200, "{}"))
		s := limited(t, server)
		require.NoError(t, s.SetRateLimit(1, 1))
		newClient(s).Do(t.Context(), get(t, somewhere))
		assert.Equal(t, []time.Duration{time.Second, time.Second}, server.gaps())
	})
}

// TestARequestIsPreparedAfterItsTurn came: its timestamp is fresh, however long
// it has waited.
func TestARequestIsPreparedAfterItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := settings(play(answers(200, "{}")))
		require.NoError(t, s.SetRateLimit(1, 1))
		c := newClient(s)
		begin := time.Now()
		var prepared []time.Duration
		call := get(t, somewhere)
		call.codec = codec{authorize: func(context.Context, http.Header) ([]byte, error) {
			prepared = append(prepared, time.Since(begin))
			return nil, nil
		}}
		for range 3 {
			require.NoError(t, c.Do(t.Context(), call).Err)
		}
		assert.Equal(t, []time.Duration{0, time.Second, 2 * time.Second}, prepared)
	})
}

func TestARateLimitThatCannotBeMetBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(answers(200, "{}"))
		s := settings(server)
		require.NoError(t, s.SetRateLimit(0.1, 1))
		c := newClient(s)
		require.NoError(t, c.Do(t.Context(), get(t, somewhere)).Err)

		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		begin := time.Now()
		out := c.Do(ctx, put(t, somewhere, transport.NonIdempotent))
		assert.Zero(t, time.Since(begin), "at once")
		require.ErrorIs(t, out.Err, context.DeadlineExceeded)
		require.ErrorContains(t, out.Err, "rate limit")
		assert.Zero(t, out.Attempts)
		assert.False(t, out.InDoubt)

		ctx, cancel = context.WithTimeout(t.Context(), 11*time.Second)
		defer cancel()
		require.NoError(t, c.Do(ctx, get(t, somewhere)).Err, "the turn that was not taken is still there")
		assert.Equal(t, 10*time.Second, time.Since(begin))
	})
}

func TestAContextThatEndsWhileWaitingForTheRateLimit(t *testing.T) {
	t.Parallel()
	for _, end := range ends[:2] { // a deadline is known beforehand
		t.Run(end.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := play(answers(429, "", "Retry-After", "0"))
				s := settings(server)
				require.NoError(t, s.SetRateLimit(0.01, 1))
				ctx, cancel := end.with(t.Context())
				defer cancel()
				begin := time.Now()
				out := newClient(s).Do(ctx, put(t, somewhere, transport.NonIdempotent))
				assertEnded(t, ctx, end.cause, out.Err)
				assert.Equal(t, time.Second, time.Since(begin))
				assert.Equal(t, 1, server.requests())
				assert.Equal(t, 429, out.Response.Status, "the last answer is kept")
				assert.False(t, out.InDoubt)
			})
		})
	}
}
