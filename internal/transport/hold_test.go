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

// TestARetryAfterHoldsBackAllCallsOfTheClient: one of 600 is told to wait, and
// the others do not ask meanwhile.
func TestARetryAfterHoldsBackAllCallsOfTheClient(t *testing.T) {
	t.Parallel()
	for name, rate := range map[string]float64{"without a rate limit": 0, "with a rate limit": 100} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := play(answers(429, "", "Retry-After", "60"), answers(200, "{}"))
				s := settings(server)
				if rate > 0 {
					require.NoError(t, s.SetRateLimit(rate, 1))
				}
				c := newClient(s)
				begin := time.Now()
				var callers sync.WaitGroup
				callers.Go(func() { assert.NoError(t, c.Do(t.Context(), get(t, somewhere)).Err) })
				synctest.Wait()
				for range 599 {
					callers.Go(func() { assert.NoError(t, c.Do(t.Context(), get(t, somewhere)).Err) })
				}
				callers.Wait()
				require.Len(t, server.arrivals, 601)
				for i, a := range server.arrivals[1:] {
					require.GreaterOrEqual(t, a.at.Sub(begin), time.Minute)
					if rate > 0 {
						require.GreaterOrEqual(t, a.at.Sub(begin), time.Minute+time.Duration(i-1)*10*time.Millisecond, "not all at once")
					}
				}
			})
		})
	}
}

func TestCallsThatWaitForTheirTurnAreHeldBackToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second / 2) //nolint:forbidigo // virtual time: the others wait for their turns by then
			return answers(429, "", "Retry-After", "60")(r)
		}, answers(200, "{}"))
		s := settings(server)
		require.NoError(t, s.SetRateLimit(1, 1))
		c := newClient(s)
		begin := time.Now()
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() { assert.NoError(t, c.Do(t.Context(), get(t, somewhere)).Err) })
		}
		callers.Wait()
		for i, a := range server.arrivals[1:] {
			require.GreaterOrEqual(t, a.at.Sub(begin), time.Minute+time.Duration(i-1)*time.Second)
		}
	})
}

func TestAShorterRetryAfterDoesNotEndALongerOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		after := func(wait time.Duration, retryAfter string) step {
			return func(r *http.Request) (*http.Response, error) {
				<-time.After(wait)
				return answers(429, "", "Retry-After", retryAfter)(r)
			}
		}
		s := settings(play(after(time.Second, "60"), after(2*time.Second, "1"), answers(200, "{}")))
		s.Policy.MaxRetries = -1
		c := newClient(s)
		begin := time.Now()
		var callers sync.WaitGroup
		for range 2 { // both are sent before either is told to wait
			callers.Go(func() { c.Do(t.Context(), get(t, somewhere)) })
		}
		callers.Wait()
		require.NoError(t, c.Do(t.Context(), get(t, somewhere)).Err)
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
		assert.Zero(t, out.Attempts)
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
		after := func(wait time.Duration) step {
			return func(r *http.Request) (*http.Response, error) {
				<-time.After(wait)
				return answers(429, "", "Retry-After", "60")(r)
			}
		}
		server := play(after(time.Second/2), after(59*time.Second), after(118*time.Second), answers(200, "{}"))
		s := settings(server)
		s.Policy.MaxRetries = -1
		c := newClient(s)
		begin := time.Now()
		var callers sync.WaitGroup
		for range 3 { // each is sent before any is told to wait
			callers.Go(func() { c.Do(t.Context(), get(t, somewhere)) })
		}
		<-time.After(time.Second)
		out := c.Do(t.Context(), put(t, somewhere, transport.NonIdempotent))
		require.ErrorIs(t, out.Err, apierror.ErrRateLimited)
		require.NotErrorIs(t, out.Err, context.DeadlineExceeded)
		assert.True(t, out.NotSent)
		assert.Zero(t, out.Attempts)
		assert.LessOrEqual(t, time.Since(begin), 2*time.Minute, "the default MaxRetryAfter")
		callers.Wait()
		<-time.After(time.Minute)
		require.NoError(t, c.Do(t.Context(), get(t, somewhere)).Err, "the next call is held back anew")
	})
}

func TestWhatHoldsNobodyElseBack(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]step{
		"a hint beyond the maximum":     answers(429, "", "Retry-After", "86400"),
		"a rate limit without a hint":   answers(429, ""),
		"a 503, which may be of a path": answers(503, "", "Retry-After", "60"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				set := settings(play(s, answers(200, "{}")))
				set.Policy.MaxRetries = -1
				c := newClient(set)
				c.Do(t.Context(), get(t, somewhere))
				begin := time.Now()
				require.NoError(t, c.Do(t.Context(), get(t, somewhere)).Err)
				assert.Zero(t, time.Since(begin))
			})
		})
	}
}

// TestATransportMayChangeTheURLOfItsRequest, as one does that sends to another
// host, without a race and without an effect on other attempts.
func TestATransportMayChangeTheURLOfItsRequest(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]int{}
	s := hasty(roundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		seen[r.URL.String()]++
		mu.Unlock()
		r.URL.Host, r.URL.Path, r.URL.RawQuery = "elsewhere.test", "/", ""
		return answers(500, "")(r)
	}))
	c, call := newClient(s), get(t, somewhere)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() { c.Do(t.Context(), call) })
	}
	callers.Wait()
	assert.Equal(t, map[string]int{somewhere: 24}, seen)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWrappersSendEachAttemptInTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := play(answers(500, ""), answers(200, "{}"))
		s := settings(server)
		var order []string
		for _, name := range []string{"inner", "outer"} {
			require.NoError(t, s.AddWrapper(func(base http.RoundTripper) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) {
					order = append(order, name)
					return base.RoundTrip(r)
				})
			}))
		}
		require.NoError(t, newClient(s).Do(t.Context(), get(t, somewhere)).Err)
		assert.Equal(t, []string{"outer", "inner", "outer", "inner"}, order)
		assert.Equal(t, 2, server.requests())

		require.Error(t, s.AddWrapper(nil))
		require.NoError(t, s.AddWrapper(func(http.RoundTripper) http.RoundTripper { return nil }))
		_, err := transport.New(s)
		require.Error(t, err)
	})
}
