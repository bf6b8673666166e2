package transport_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No test may leave a goroutine behind: neither the retry loop, nor an attempt
// that timed out, nor the reading of an endless answer.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
