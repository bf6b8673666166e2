package celcoin_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

func TestRetryAfterIsWaitedForUpToALimit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		headers  []string
		requests int
		wait     time.Duration // exactly
		hint     time.Duration // in the error
	}{
		"seconds":                       {[]string{"Retry-After", "7"}, 2, 7 * time.Second, 0},
		"the longest that is allowed":   {[]string{"Retry-After", "120"}, 2, 2 * time.Minute, 0},
		"longer than that":              {[]string{"Retry-After", "121"}, 1, 0, 121 * time.Second},
		"a date, by the answer's clock": {[]string{"Retry-After", "Wed, 08 Nov 2023 12:00:09 GMT", "Date", "Wed, 08 Nov 2023 12:00:00 GMT"}, 2, 9 * time.Second, 0},
	} {
		for _, op := range operations {
			t.Run(name+", "+op.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					f := &fake{call: []reply{says(429, "", tc.headers...), success200}}
					begin := time.Now()
					err := op.do(t, f.client(t))
					assert.Equal(t, tc.wait, time.Since(begin))
					assert.Len(t, f.calls(), tc.requests)
					if tc.requests == 2 {
						require.NoError(t, err)
						return
					}
					var e *celcoin.Error
					require.ErrorAs(t, err, &e)
					assert.Equal(t, tc.hint, e.RetryAfter)
					assertCategories(t, err, celcoin.ErrRateLimited)
				})
			})
		}
	}
}

func TestAWaitThatWouldOutliveTheDeadlineIsNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{call: []reply{says(429, "", "Retry-After", "60")}}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		begin := time.Now()
		_, err := f.client(t).CountWebhooks(ctx, somewhere)
		assert.Zero(t, time.Since(begin))
		assertCategories(t, err, celcoin.ErrRateLimited)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestTheRetryPolicyBoundsNumberAndWaits(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opts     []celcoin.Option
		call     []celcoin.CallOption
		requests int
		longest  time.Duration
	}{
		"by default":                            {nil, nil, 4, 500*time.Millisecond + time.Second + 2*time.Second},
		"more retries, to the cap":              {policy(celcoin.RetryPolicy{MaxRetries: 20, MaxWait: time.Second}), nil, 21, 20 * time.Second},
		"none, by the policy":                   {policy(celcoin.RetryPolicy{MaxRetries: -1}), nil, 1, 0},
		"none, by the call":                     {nil, []celcoin.CallOption{celcoin.WithMaxRetries(0)}, 1, 0},
		"below none, by the call":               {nil, []celcoin.CallOption{celcoin.WithMaxRetries(-7)}, 1, 0},
		"the call's number before the policy's": {policy(celcoin.RetryPolicy{MaxRetries: -1}), []celcoin.CallOption{celcoin.WithMaxRetries(2)}, 3, 1500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{call: []reply{says(500, "")}}
				begin := time.Now()
				require.Error(t, operations[0].do(t, f.client(t, tc.opts...), tc.call...))
				assert.Len(t, f.calls(), tc.requests)
				assert.LessOrEqual(t, time.Since(begin), tc.longest)
			})
		})
	}
}

func policy(p celcoin.RetryPolicy) []celcoin.Option {
	return []celcoin.Option{celcoin.WithRetryPolicy(p)}
}

func TestMaxRetryAfterIsTheUsers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{call: []reply{says(429, "", "Retry-After", "3600"), success200}}
		begin := time.Now()
		require.NoError(t, operations[2].do(t, f.client(t, policy(celcoin.RetryPolicy{MaxRetryAfter: time.Hour})...)))
		assert.Equal(t, time.Hour, time.Since(begin))
	})
}

func TestAnAttemptThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opts []celcoin.Option
		http time.Duration
		want time.Duration
	}{
		"after three minutes":                         {nil, 0, 3 * time.Minute},
		"after the attempt timeout":                   {[]celcoin.Option{celcoin.WithAttemptTimeout(time.Second)}, 0, time.Second},
		"after the http client's timeout, if shorter": {nil, time.Minute, time.Minute},
		"not after the http client's, if longer":      {[]celcoin.Option{celcoin.WithAttemptTimeout(time.Second)}, time.Minute, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{call: []reply{hangs, success200}}
				c := f.client(t, append(tc.opts, celcoin.WithHTTPClient(&http.Client{Transport: f, Timeout: tc.http}),
					celcoin.WithRetryPolicy(celcoin.RetryPolicy{MinWait: 1, MaxWait: 1}))...)
				begin := time.Now()
				require.NoError(t, operations[0].do(t, c))
				assert.InDelta(t, tc.want, time.Since(begin), 2)
			})
		})
	}
	t.Run("never, if the timeout is nought", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &fake{call: []reply{after(100*time.Hour, success200)}}
			require.NoError(t, operations[0].do(t, f.client(t, celcoin.WithAttemptTimeout(0))))
		})
	})
}

func TestTheRateLimitHoldsAllAttemptsTogetherTheTokensToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		c := f.client(t, celcoin.WithRateLimit(2, 3))
		begin := time.Now()
		for range 6 { // with the token's, 7 attempts: 3 at once, 4 after half a second each
			require.NoError(t, operations[0].do(t, c))
		}
		assert.Equal(t, 2*time.Second, time.Since(begin))
	})
}

func TestARateLimitWhoseTurnComesTooLateDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		c := f.client(t, celcoin.WithRateLimit(0.01, 2))
		require.NoError(t, operations[0].do(t, c))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		_, err := c.ReplayWebhooks(ctx, one)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assertCategories(t, err, celcoin.ErrUnavailable)
		assert.Zero(t, time.Since(begin))
		assert.Len(t, f.calls(), 1)
	})
}
