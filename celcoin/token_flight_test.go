package celcoin_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

const callers = 64

// together makes a call from each of many goroutines, and collects the errors.
func together(c *celcoin.Client, contexts func(i int) (context.Context, context.CancelFunc)) []error {
	errs := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			ctx, cancel := contexts(i)
			defer cancel()
			_, errs[i] = c.CountWebhooks(ctx, somewhere)
		})
	}
	wg.Wait()
	return errs
}

func background(t *testing.T) func(int) (context.Context, context.CancelFunc) {
	t.Helper()
	return func(int) (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) }
}

// after answers later.
func after(d time.Duration, then reply) reply {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return then(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func TestManyCallersWithoutATokenFetchOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{token: []reply{after(time.Second, says(200, `{"access_token":"shared"}`))}}
		for _, err := range together(f.client(t), background(t)) {
			require.NoError(t, err)
		}
		assert.Len(t, f.tokens(), 1)
		require.Len(t, f.calls(), callers)
		for _, r := range f.calls() {
			assert.Equal(t, "Bearer shared", r.Header.Get("Authorization"))
		}
	})
}

func TestAFetchThatFailsFailsAllWhoWaitOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		token    reply
		requests int
	}{
		"a refusal":              {says(401, `{"error":"invalid_client"}`), 1},
		"an error after retries": {says(500, ""), 4},
		"lost answers":           {fails(errReset), 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{token: []reply{after(time.Second, tc.token)}}
				begin := time.Now()
				for _, err := range together(f.client(t), background(t)) {
					require.ErrorContains(t, err, "celcoin: token: ")
					require.ErrorContains(t, err, fmt.Sprintf("%d attempt", tc.requests))
				}
				assert.Len(t, f.tokens(), tc.requests, "one round of attempts for all")
				assert.Empty(t, f.calls())
				assert.Less(t, time.Since(begin), 10*time.Second)
			})
		})
	}
}

func TestACallerLeavesWhenItsContextEndsAndTheOthersGetTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{token: []reply{after(time.Minute, says(200, `{"access_token":"t"}`))}}
		c := f.client(t)
		var left atomic.Int64
		begin := time.Now()
		errs := together(c, func(i int) (context.Context, context.CancelFunc) {
			if i%2 == 1 {
				return context.WithCancel(t.Context())
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			return ctx, func() { left.Store(int64(time.Since(begin))); cancel() }
		})
		for i, err := range errs {
			if i%2 == 1 {
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, "celcoin: count webhooks: context deadline exceeded, before the first attempt", err.Error())
		}
		assert.EqualValues(t, 20*time.Millisecond, left.Load())
		assert.Len(t, f.tokens(), 1)
		assert.Len(t, f.calls(), callers/2)
	})
}

func TestAFetchThatNobodyWaitsForIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		f := &fake{token: []reply{
			func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				ended <- r.Context().Err()
				return nil, r.Context().Err()
			},
			says(200, `{"access_token":"second"}`),
		}}
		c := f.client(t)
		for _, err := range together(c, func(int) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(t.Context(), time.Second, errShutdown)
		}) {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, errShutdown)
		}
		require.ErrorIs(t, <-ended, context.Canceled, "the request was cancelled")
		require.NoError(t, operations[0].do(t, c), "the next caller starts anew")
		assert.Equal(t, "Bearer second", f.calls()[0].Header.Get("Authorization"))
	}) // synctest looks for goroutines that stay
}

func TestACallerThatCannotWaitForTheNextAttemptReturnsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{token: []reply{
			after(time.Second, says(503, `{"statusCode":503,"message":"Maintenance"}`, "Retry-After", "60")),
			says(200, `{"access_token":"t"}`),
		}}
		c := f.client(t)
		patient := make(chan error)
		go func() {
			_, err := c.CountWebhooks(t.Context(), somewhere)
			patient <- err
		}()
		begin := time.Now()
		for _, deadline := range []time.Duration{30 * time.Second, 31 * time.Second} { // the second joins during the pause
			ctx, cancel := context.WithDeadline(t.Context(), begin.Add(deadline))
			_, err := c.CountWebhooks(ctx, somewhere)
			cancel()
			assert.Equal(t, time.Second, time.Since(begin))
			var e *celcoin.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "token", e.Op)
			assert.Equal(t, "Maintenance", e.Message)
			assert.Equal(t, time.Minute, e.RetryAfter)
			require.NotErrorIs(t, err, context.DeadlineExceeded, "it has not passed")
		}
		require.NoError(t, <-patient)
		assert.Equal(t, 61*time.Second, time.Since(begin))
	})
}

func TestACallerThatIsCancelledDuringThePauseLearnsOfTheLastAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{token: []reply{says(429, "", "Retry-After", "60")}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := f.client(t).CountWebhooks(ctx, somewhere)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, celcoin.ErrRateLimited)
		var e *celcoin.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "token", e.Op)
	})
}

// The other ends of a context are in internal/transport.
func TestAReplayThatIsCancelledWhileItWaitsForTheTokenIsNotInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{token: []reply{hangs}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := f.client(t).ReplayWebhooks(ctx, one)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assertCategories(t, err, celcoin.ErrUnavailable)
	})
}

func TestCallsThatWaitedForATokenKeepToTheRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent := make(chan time.Time, callers)
		f := &fake{
			token: []reply{after(time.Minute, says(200, `{"access_token":"t"}`))},
			call: []reply{func(r *http.Request) (*http.Response, error) {
				sent <- time.Now()
				return success200(r)
			}},
		}
		for _, err := range together(f.client(t, celcoin.WithRateLimit(1, 1)), background(t)) {
			require.NoError(t, err)
		}
		require.Len(t, sent, callers)
		for last := <-sent; len(sent) > 0; {
			next := <-sent
			assert.GreaterOrEqual(t, next.Sub(last), time.Second)
			last = next
		}
	})
}
