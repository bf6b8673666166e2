//go:build unix

package measure

import (
	"syscall"
	"time"
)

// CPUTime is what this process has had of the processors so far, in its own code
// and in the kernel on its behalf.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
