package measure

import (
	"math"
	"runtime"
	"runtime/debug"
)

// Footprint is what one operation allocates, in whichever goroutine.
type Footprint struct {
	Allocs float64 `json:"allocs"`
	Bytes  float64 `json:"bytes"`
}

// repeats of a footprint, whose median counts: a pool that is emptied, or a
// timer of the runtime's own, is in one of them and not in most.
const repeats = 5

// Weigh runs one operation alone, many times, and counts what is allocated
// meanwhile: by the transport's goroutines, too. The collector is settled
// before and stands still during the runs, so that pools stay filled as they
// are in a program that is busy; and there is one processor, since which one a
// goroutine wakes up on decides what it finds in those pools. So the figures of
// a call are the same each time, to a byte or two. Allocations come in whole
// numbers: a fraction is one of the runtime's own, and is rounded away.
func Weigh(runs int, op Op) (Footprint, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var allocs, bytes []float64
	for range repeats {
		runtime.GC()
		runtime.GC()                // pools are emptied in two steps
		for range max(runs/10, 1) { // and filled again here
			if err := op(); err != nil {
				return Footprint{}, err
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			if err := op(); err != nil {
				return Footprint{}, err
			}
		}
		runtime.ReadMemStats(&after)
		allocs = append(allocs, float64(after.Mallocs-before.Mallocs)/float64(runs))
		bytes = append(bytes, float64(after.TotalAlloc-before.TotalAlloc)/float64(runs))
	}
	return Footprint{math.Round(Median(allocs)), math.Round(Median(bytes))}, nil
}
