package survival

import (
	"testing"
	"time"
)

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
