package simulator_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/simulator"
)

// kept is a simulator on a clock of its own whose time is kept by a goroutine,
// and how to move that clock and to end the keeping.
func kept(t *testing.T) (_ *simulator.Core, move func(time.Duration), end func()) {
	t.Helper()
	var offset atomic.Int64
	core, _ := open(t, func(cfg *simulator.Config) {
		cfg.Clock = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	begun := make(chan struct{})
	core.After(0, func(context.Context) { close(begun) })
	go func() {
		defer close(done)
		core.KeepTime(ctx, time.Millisecond)
	}()
	<-begun
	end = func() {
		cancel()
		<-done
	}
	t.Cleanup(end)
	return core, func(d time.Duration) { offset.Add(int64(d)) }, end
}

func TestKeptTimeRunsWhatFallsDueByItself(t *testing.T) {
	t.Parallel()
	core, move, _ := kept(t)
	ran := make(chan struct{})
	core.After(time.Hour, func(context.Context) { close(ran) })
	assert.Equal(t, 2, core.Scheduled(), "the work and the turn that waits for it")
	move(time.Hour)
	<-ran
}

func TestTimeIsKeptHoweverOftenItIsLookedAt(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{0, -time.Second, 1} {
		core, _ := open(t, func(cfg *simulator.Config) { cfg.Clock = time.Now })
		ctx, cancel := context.WithCancel(t.Context())
		core.After(5*time.Millisecond, func(context.Context) { cancel() })
		core.KeepTime(ctx, every)
		assert.Zero(t, core.Scheduled())
	}
}

func TestARequestDoesNotWaitForWorkWhileTimeIsKept(t *testing.T) {
	t.Parallel()
	core, _, end := kept(t)
	began, release := make(chan struct{}), make(chan struct{})
	core.After(0, func(context.Context) {
		close(began)
		<-release
	})
	core.After(0, func(context.Context) {})
	status, _, err := bought(t, core.HTTPClient(), core)
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	<-began
	core.RunDue()
	close(release)
	end()
	core.Settle()
	assert.Zero(t, core.Scheduled())
}

func TestKeepingTimeEndsWithTheSimulator(t *testing.T) {
	t.Parallel()
	core, _, end := kept(t)
	core.After(0, func(ctx context.Context) { <-ctx.Done() })
	core.Close()
	end()
}
