package rows

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/bench/internal/process"
)

// TestMain lets the test binary be the server.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == process.Argument {
		if err := Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// A second try by a client that has its connections would open none, and hold
// whatever the limit.
func TestEachTryOfRowTwelveOpensConnectionsOfItsOwn(t *testing.T) {
	t.Parallel()
	// The server ends when it is told to, after the test's own context has ended.
	b, err := New(context.WithoutCancel(t.Context()), Size{Requests: 200}, 1)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	for range 2 {
		seen, err := b.ownStorm(t.Context())
		require.NoError(t, err)
		assert.Positive(t, seen.Connections)
		assert.EqualValues(t, 200, seen.Requests, "not what divides by 64 alone")
	}
}
