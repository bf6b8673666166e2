package ceffu_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/ceffu"
)

var errShutdown = errors.New("the program shuts down")

func TestACancelledCallTellsOfTheContextAndOfTheLastAnswer(t *testing.T) {
	t.Parallel()
	limited := code(429, "G20012").with("Retry-After", "60")
	hanging := accepted.after(time.Hour)
	for name, tt := range map[string]struct {
		answers    []answer
		requests   int
		lastStatus int // 0: no answer
		unknown    bool
	}{
		"during a wait":                     {[]answer{limited}, 1, 429, false},
		"during the first attempt":          {[]answer{hanging}, 1, 0, true},
		"during an attempt after an answer": {[]answer{limited.with("Retry-After", "5"), hanging}, 2, 429, true},
		"during a wait after a lost answer": {[]answer{lost, limited}, 2, 429, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(10*time.Second, func() { cancel(errShutdown) })
				begin := time.Now()
				vendor := answering(tt.answers...)
				_, err := over(t, vendor).ResendWebhooks(ctx, testRequest())
				assert.Equal(t, 10*time.Second, time.Since(begin))
				require.ErrorIs(t, err, context.Canceled)
				require.ErrorIs(t, err, errShutdown)
				assert.Equal(t, tt.unknown, errors.Is(err, ceffu.ErrOutcomeUnknown))
				assert.Len(t, vendor.requests(), tt.requests)

				var e *ceffu.Error
				if tt.lastStatus == 0 {
					require.ErrorAs(t, err, &e)
					assert.Zero(t, e.StatusCode)
					return
				}
				require.ErrorAs(t, err, &e)
				assert.Equal(t, tt.lastStatus, e.StatusCode)
				require.ErrorIs(t, err, ceffu.ErrRateLimited)
				assert.ErrorContains(t, err, "the last response was 429 Too Many Requests, code G20012")
			})
		})
	}
}

func TestADeadlineDuringAnAttemptIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := over(t, answering(accepted.after(time.Hour))).ResendWebhooks(ctx, testRequest())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ceffu.ErrOutcomeUnknown)
		assert.EqualError(t, err, "ceffu: resend webhooks: context deadline exceeded, 1 attempt; it is unknown whether it was carried out")
	})
}

func TestAContextThatHasEndedSendsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	vendor := answering(accepted)
	var response ceffu.Response
	_, err := over(t, vendor).ResendWebhooks(ctx, testRequest(), ceffu.WithResponse(&response))
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ceffu.ErrOutcomeUnknown)
	require.EqualError(t, err, "ceffu: resend webhooks: context canceled, before the first attempt")
	assert.Empty(t, vendor.requests())
	assert.Zero(t, response.Attempts)
}

func TestAnAttemptThatHangsIsGivenUpAndRetried(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		options []ceffu.Option
		answers []answer
		took    time.Duration // with waits of nothing
		err     string
	}{
		"after 30 s by default": {
			nil, []answer{accepted.after(31 * time.Second), accepted}, 30 * time.Second, "",
		},
		"after its own time-out": {
			[]ceffu.Option{ceffu.WithAttemptTimeout(time.Second)}, []answer{accepted.after(time.Hour)}, 4 * time.Second,
			"ceffu: resend webhooks: no response within the attempt timeout of 1s (WithAttemptTimeout), 4 attempts; it is unknown whether it was carried out",
		},
		"never with a time-out of 0": {
			[]ceffu.Option{ceffu.WithAttemptTimeout(0)}, []answer{accepted.after(time.Hour)}, time.Hour, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				policy := ceffu.WithRetryPolicy(ceffu.RetryPolicy{MinWait: 1, MaxWait: 1})
				_, err := over(t, answering(tt.answers...), append(tt.options, policy)...).ResendWebhooks(t.Context(), testRequest())
				assert.Equal(t, tt.took, time.Since(begin).Truncate(time.Millisecond))
				if tt.err == "" {
					require.NoError(t, err)
					return
				}
				require.EqualError(t, err, tt.err)
				require.NotErrorIs(t, err, context.DeadlineExceeded, "that is the caller's, and it lives")
				var timeout net.Error
				require.ErrorAs(t, err, &timeout)
				assert.True(t, timeout.Timeout())
			})
		})
	}
}

func TestADeadlineEndsRetriesOfAttemptsThatHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
		defer cancel()
		vendor := answering(accepted.after(time.Hour))
		_, err := over(t, vendor).ResendWebhooks(ctx, testRequest())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Len(t, vendor.requests(), 2)
	})
}
