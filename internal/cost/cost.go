// Package cost measures, for tests and benchmarks, what calls cost in allocations and
// memory: figures that are the same on a fast machine and on a slow one, unlike times.
package cost

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// PerCall is what a call allocates.
type PerCall struct{ Allocs, Bytes float64 }

// Of counts for a test, which must not be parallel, in 20 calls. Of several rounds the
// cheapest counts: whatever else goes on in a process only adds to it.
//
// It skips the test under the race detector, where sync.Pool forgets at random.
func Of(tb testing.TB, call func() error) PerCall {
	tb.Helper()
	SkipUnderRace(tb)
	best, err := Count(20, call)
	if err != nil {
		tb.Fatal(err)
	}
	return best
}

// Count counts what each of so many calls allocates, with all that it sets going
// elsewhere in the process. A fraction is the runtime's own, and rounded away.
func Count(calls int, call func() error) (best PerCall, err error) {
	// On one processor and without collections, pools give back what was put in.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	const rounds = 4 // the first one is to warm up
	for round := range rounds {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range calls {
			if err := call(); err != nil {
				return PerCall{}, err
			}
		}
		runtime.ReadMemStats(&after)
		got := PerCall{
			Allocs: math.Round(float64(after.Mallocs-before.Mallocs) / float64(calls)),
			Bytes:  math.Round(float64(after.TotalAlloc-before.TotalAlloc) / float64(calls)),
		}
		if round <= 1 {
			best = got
		}
		best = PerCall{Allocs: min(best.Allocs, got.Allocs), Bytes: min(best.Bytes, got.Bytes)}
	}
	return best, nil
}

// SkipUnderRace leaves a test out where the race detector would be measured with it.
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

// WatchHeap watches the size of the heap until peak is called, which returns the
// largest in bytes. Garbage is included, but is collected early meanwhile: how much
// of it there is otherwise depends on what else the machine does.
func WatchHeap() (peak func() uint64) {
	percent := debug.SetGCPercent(20)
	largest := watch([]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}},
		func(s []metrics.Sample) uint64 { return s[0].Value.Uint64() })
	return func() uint64 {
		defer debug.SetGCPercent(percent)
		return largest()
	}
}

// WatchMemory watches all that Go's runtime holds from the operating system: heap with
// its garbage, stacks, and its own structures.
func WatchMemory() (peak func() uint64) {
	return watch([]metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}},
		func(s []metrics.Sample) uint64 { return s[0].Value.Uint64() - s[1].Value.Uint64() })
}

func watch(samples []metrics.Sample, size func([]metrics.Sample) uint64) (peak func() uint64) {
	done, result := make(chan struct{}), make(chan uint64)
	go func() {
		every := time.NewTicker(200 * time.Microsecond)
		defer every.Stop()
		var largest uint64
		for {
			metrics.Read(samples)
			largest = max(largest, size(samples))
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
