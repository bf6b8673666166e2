// Package cost measures, for the tests of other packages, what calls cost in
// allocations and memory: figures that are the same on a fast machine and on a
// slow one, in contrast to times.
package cost

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// PerCall is what a call allocates.
type PerCall struct{ Allocs, Bytes float64 }

// Of measures a call, with all that it sets going elsewhere in the process: the
// test must not be parallel. Of several rounds the cheapest counts, since
// whatever else goes on in a process only ever adds to it.
//
// It skips the test under the race detector, where sync.Pool forgets at random.
func Of(tb testing.TB, call func() error) PerCall {
	tb.Helper()
	SkipUnderRace(tb)
	const rounds, calls = 3, 20
	// On one processor and without collections, pools give back what was put in.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	best := PerCall{}
	for round := range 1 + rounds { // the first one is to warm up
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range calls {
			if err := call(); err != nil {
				tb.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		got := PerCall{
			Allocs: float64(after.Mallocs-before.Mallocs) / calls,
			Bytes:  float64(after.TotalAlloc-before.TotalAlloc) / calls,
		}
		if round <= 1 {
			best = got
		}
		best = PerCall{Allocs: min(best.Allocs, got.Allocs), Bytes: min(best.Bytes, got.Bytes)}
	}
	return best
}

// SkipUnderRace leaves a test out where the race detector would be measured
// with it.
func SkipUnderRace(tb testing.TB) {
	tb.Helper()
	if Race {
		tb.Skip("costs are measured without the race detector")
	}
}

// LiveHeap is the size of the heap without garbage, in bytes.
func LiveHeap() uint64 {
	runtime.GC()
	runtime.GC() // what a first collection found in pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// WatchHeap looks at the size of the heap, garbage included, until the function
// that it returns is called, which gives the largest in bytes.
func WatchHeap() (peak func() uint64) {
	done, result := make(chan struct{}), make(chan uint64)
	go func() {
		every := time.NewTicker(200 * time.Microsecond)
		defer every.Stop()
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		var largest uint64
		for {
			metrics.Read(sample)
			largest = max(largest, sample[0].Value.Uint64())
			select {
			case <-every.C:
			case <-done:
				result <- largest
				return
			}
		}
	}()
	return func() uint64 {
		close(done)
		return <-result
	}
}
