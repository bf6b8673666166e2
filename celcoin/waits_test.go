package celcoin_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
)

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
