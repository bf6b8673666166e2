package measure

import (
	"bufio"
	"fmt"
	"os"
	"runtime/metrics"
	"strings"
	"time"
)

// Memory is how large a process became.
type Memory struct {
	// Held is what Go's runtime held from the operating system at most: heap with
	// its garbage, stacks, and its own structures; without the program's text.
	Held uint64 `json:"held"`
	// Resident is the operating system's count of the process's pages in memory
	// at most, text included; 0 where it cannot be asked.
	Resident uint64 `json:"resident"`
}

// WatchMemory looks at the memory of this process every millisecond until the
// function that it returns is called.
func WatchMemory() (stop func() Memory) {
	done, result := make(chan struct{}), make(chan uint64)
	go func() {
		every := time.NewTicker(time.Millisecond)
		defer every.Stop()
		samples := []metrics.Sample{
			{Name: "/memory/classes/total:bytes"},
			{Name: "/memory/classes/heap/released:bytes"},
		}
		var largest uint64
		for last := false; ; {
			metrics.Read(samples)
			largest = max(largest, samples[0].Value.Uint64()-samples[1].Value.Uint64())
			if last {
				result <- largest
				return
			}
			select {
			case <-every.C:
			case <-done:
				last = true
			}
		}
	}()
	return func() Memory {
		close(done)
		m := Memory{Held: <-result}
		if status, err := os.ReadFile("/proc/self/status"); err == nil {
			m.Resident = residentPeak(string(status))
		}
		return m
	}
}

// residentPeak reads VmHWM out of Linux's /proc/self/status. Getrusage's maxrss
// would not do: it is at least that of the process that started this one.
func residentPeak(status string) uint64 {
	lines := bufio.NewScanner(strings.NewReader(status))
	for lines.Scan() {
		var kib uint64
		if n, _ := fmt.Sscanf(lines.Text(), "VmHWM: %d kB", &kib); n == 1 { // other lines do not match
			return kib << 10
		}
	}
	return 0
}
