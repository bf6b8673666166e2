package survival

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// liveHeap is the heap without garbage.
func liveHeap() uint64 {
	runtime.GC()
	runtime.GC() // what a first collection found in pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// watchHeap looks at the size of the heap, garbage included, until the function
// that it returns is called, which gives the largest.
func watchHeap() (peak func() uint64) {
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

// measuresMemory leaves a test out where the race detector would be measured
// with it. What these tests do, they do in one goroutine.
func measuresMemory(tb testing.TB) {
	tb.Helper()
	if raceDetector {
		tb.Skip("memory is measured without the race detector")
	}
}

// awaitTrue asks again and again, in its own goroutine, as some that it is asked
// about are counted.
func awaitTrue(tb testing.TB, otherwise string, is func() bool) {
	tb.Helper()
	if is() {
		return
	}
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	timeout := time.NewTimer(20 * time.Second)
	defer timeout.Stop()
	for !is() {
		select {
		case <-again.C:
		case <-timeout.C:
			tb.Error(otherwise)
			return
		}
	}
}
