package celcoin

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// A token source that shares the caller's context fails when that ends. Which of
// the two is seen first must not matter: it is the end of the context.
func TestAFetchThatFailsAsTheContextEndsIsThatEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // both are ready, and select takes one by chance
		tokens := &tokens{}
		f := &pendingFetch{done: make(chan struct{}), cancel: func() {}}
		tokens.finish(f, nil, &Error{Op: OperationToken, cause: errors.New("the vault is sealed")})
		_, err := tokens.wait(ctx, f)
		require.ErrorIs(t, err, context.Canceled)
	}
}
