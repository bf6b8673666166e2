package survival

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/celcoin"
	"github.com/reenvio/reenvio-go/internal/cost"
	"github.com/reenvio/reenvio-go/internal/simulator"
)

// A gigabyte in a megabyte of gzip is read as far as any answer is.
func TestAGzipBombIsNotUnpacked(t *testing.T) { //nolint:paralleltest // it measures memory
	cost.SkipUnderRace(t)
	for _, status := range []int{200, 500} {
		for _, op := range operations {
			if op.name != "resend" && op.name != "list" {
				continue
			}
			s := newSubject(t, op, sockets, modes[1])
			require.NoError(t, s.inject(simulator.Fault{Operation: op.calls, Times: -1, Status: status, Bomb: 1 << 30}))
			cost.LiveHeap()
			peak := cost.WatchHeap()
			_, err := op.do(t.Context(), s)
			got := peak()
			require.ErrorIs(t, err, celcoin.ErrServer)
			assert.LessOrEqual(t, got, uint64(maxPeak), "%s, %d: in MiB: %d", op.name, status, got>>20)
			s.close()
		}
	}
}

// An error keeps 64 KiB of its answer, and nothing of the rest.
func TestErrorsDoNotHoldOnToTheirAnswers(t *testing.T) { //nolint:paralleltest // it measures memory
	cost.SkipUnderRace(t)
	for _, op := range operations {
		if op.name != "resend" && op.name != "list" {
			continue
		}
		s := newSubject(t, op, sockets, modes[0])
		require.NoError(t, s.inject(simulator.Fault{Operation: op.calls, Times: -1, Status: 200, Size: 4 << 20}))
		before := cost.LiveHeap()
		var kept []error
		for range 8 {
			_, err := op.do(t.Context(), s)
			require.Error(t, err)
			kept = append(kept, err)
		}
		assert.Less(t, cost.LiveHeap(), before+8<<20, op.name)
		runtime.KeepAlive(kept)
		s.close()
	}
}
