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

	"github.com/reenvio/reenvio-go/internal/apierror"
	"github.com/reenvio/reenvio-go/internal/transport"
)

// limited makes a client with a rate limit; a rate of 0 is none.
func limited(t *testing.T, rt http.RoundTripper, perSecond float64, burst int) client {
	t.Helper()
	s := settings(rt)
	if perSecond > 0 {
		require.NoError(t, s.SetRateLimit(perSecond, burst))
	}
	return newClient(s)
}

// manyCalls makes so many successful calls at once.
func manyCalls(t *testing.T, c client, n int) {
	t.Helper()
	var callers sync.WaitGroup
	for range n {
		callers.Go(func() { assert.NoError(t, c.Do(t.Context(), get(t, somewhere)).Err) })
	}
	callers.Wait()
}

// waits answers 429 with a Retry-After after a time.
func waits(d time.Duration, retryAfter string) step {
	return func(r *http.Request) (*http.Response, error) {
		<-time.After(d)
		return answers(429, "", "Retry-After", retryAfter)(r)
	}
}

// TestTheRateLimitIsOfAllGoroutines that share the client.
func TestTheRateLimitIsOfAllGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, begin := play(answers(200, "{}")), time.Now()
		manyCalls(t, limited(t, server, 2, 3), 23)
		assert.Equal(t, 10*time.Second, time.Since(begin), "3 at once, 20 at 2 a second")
		for i, a := range server.arrivals {
			assert.LessOrEqual(t, i+1, 3+int(2*a.at.Sub(begin).Seconds()+1e-6), "at no time more than allowed")
		}
	})
}

// TestARequestIsPreparedAfterItsTurn came, each attempt's: its timestamp is fresh,
// however long it has waited.
func TestARequestIsPreparedAfterItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, begin := play(means("retry now"), means("reauthorize"), answers(200, "{}")), time.Now()
		var prepared []time.Duration
		call := get(t, somewhere)
		call.codec = codec{authorize: func(context.Context, http.Header) ([]byte, error) {
			prepared = append(prepared, time.Since(begin))
			return nil, nil
		}}
		require.NoError(t, limited(t, server, 1, 1).Do(t.Context(), call).Err)
		assert.Equal(t, []time.Duration{0, time.Second, 2 * time.Second}, prepared)
	})
}

func TestARateLimitThatCannotBeMetBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := limited(t, play(answers(200, "{}")), 0.1, 1)
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
		bubble(t, end.name, func(t *testing.T) {
			server := play(answers(429, "", "Retry-After", "0"))
			ctx, cancel := end.with(t.Context())
			defer cancel()
			begin := time.Now()
			out := limited(t, server, 0.01, 1).Do(ctx, put(t, somewhere, transport.NonIdempotent))
			assertEnded(t, ctx, end.cause, out.Err)
			assert.Equal(t, time.Second, time.Since(begin))
			assert.Equal(t, 429, out.Response.Status, "the last answer is kept")
			assert.False(t, out.InDoubt)
		})
	}
}

// TestARetryAfterHoldsBackAllCallsOfTheClient: one of 600 is told to wait, and
// the others do not ask meanwhile.
func TestARetryAfterHoldsBackAllCallsOfTheClient(t *testing.T) {
	t.Parallel()
	for name, rate := range map[string]float64{"without a rate limit": 0, "with a rate limit": 100} {
		bubble(t, name, func(t *testing.T) {
			server, begin := play(waits(0, "60"), answers(200, "{}")), time.Now()
			c := limited(t, server, rate, 1)
			var first sync.WaitGroup
			first.Go(func() { manyCalls(t, c, 1) })
			synctest.Wait()
			manyCalls(t, c, 599)
			first.Wait()
			require.Len(t, server.arrivals, 601)
			for i, a := range server.arrivals[1:] {
				after := time.Minute
				if rate > 0 {
					after += time.Duration(i-1) * 10 * time.Millisecond // not all at once
				}
				require.GreaterOrEqual(t, a.at.Sub(begin), after)
			}
		})
	}
}

func TestCallsThatWaitForTheirTurnAreHeldBackToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, begin := play(waits(time.Second/2, "60"), answers(200, "{}")), time.Now()
		manyCalls(t, limited(t, server, 1, 1), 10)
		for i, a := range server.arrivals[1:] {
			require.GreaterOrEqual(t, a.at.Sub(begin), time.Minute+time.Duration(i-1)*time.Second)
		}
	})
}

func TestAShorterRetryAfterDoesNotEndALongerOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, begin := settings(play(waits(time.Second, "60"), waits(2*time.Second, "1"), answers(200, "{}"))), time.Now()
		s.Policy.MaxRetries = -1
		c := newClient(s)
		var callers sync.WaitGroup
		for range 2 { // both are sent before either is told to wait
			callers.Go(func() { c.Do(t.Context(), get(t, somewhere)) })
		}
		callers.Wait()
		manyCalls(t, c, 1)
		assert.Equal(t, 61*time.Second, time.Since(begin))
	})
}

func TestACallThatIsHeldBackPastItsDeadlineFailsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(answers(429, "", "Retry-After", "60"), answers(200, "{}"))
		s := settings(server)
		s.Policy.MaxRetries = -1
		c := newClient(s)
		c.Do(t.Context(), get(t, somewhere))

		ctx, cancel := context.WithTimeout(t.Context(), 59*time.Second)
		defer cancel()
		begin := time.Now()
		out := c.Do(ctx, put(t, somewhere, transport.NonIdempotent))
		assert.Zero(t, time.Since(begin))
		require.ErrorIs(t, out.Err, apierror.ErrRateLimited)
		require.ErrorIs(t, out.Err, context.DeadlineExceeded)
		assert.True(t, out.NotSent)
		assert.Equal(t, 1, server.requests())

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		require.ErrorIs(t, c.Do(ctx, get(t, somewhere)).Err, context.Canceled)
		assert.Equal(t, time.Second, time.Since(begin))
	})
}

// TestACallIsNotHeldBackForEver, though nothing but other calls' Retry-After
// bounds a call without a deadline.
func TestACallIsNotHeldBackForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(waits(time.Second/2, "60"), waits(59*time.Second, "60"), waits(118*time.Second, "60"), answers(200, "{}"))
		s, begin := settings(server), time.Now()
		s.Policy.MaxRetries = -1
		c := newClient(s)
		var callers sync.WaitGroup
		for range 3 { // each is sent before any is told to wait
			callers.Go(func() { c.Do(t.Context(), get(t, somewhere)) })
		}
		<-time.After(time.Second)
		out := c.Do(t.Context(), put(t, somewhere, transport.NonIdempotent))
		require.ErrorIs(t, out.Err, apierror.ErrRateLimited)
		require.NotErrorIs(t, out.Err, context.DeadlineExceeded)
		assert.True(t, out.NotSent)
		assert.LessOrEqual(t, time.Since(begin), 2*time.Minute, "the default MaxRetryAfter")
		callers.Wait()
		<-time.After(time.Minute)
		manyCalls(t, c, 1) // the next call is held back anew
	})
}

func TestWhatDoesNotHoldOthersBack(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]step{
		"a hint beyond the maximum":     answers(429, "", "Retry-After", "86400"),
		"a rate limit without a hint":   answers(429, ""),
		"a 503, which may be of a path": answers(503, "", "Retry-After", "60"),
	} {
		bubble(t, name, func(t *testing.T) {
			set := settings(play(s, answers(200, "{}")))
			set.Policy.MaxRetries = -1
			c := newClient(set)
			c.Do(t.Context(), get(t, somewhere))
			begin := time.Now()
			manyCalls(t, c, 1)
			assert.Zero(t, time.Since(begin))
		})
	}
}
