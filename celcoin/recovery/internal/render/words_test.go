package render

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestNumbersAndDurationsAreForPeople(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		0: "0", 999: "999", 1000: "1,000", 12345: "12,345", 1234567: "1,234,567", -1000: "-1,000", -999: "-999", math.MaxInt32: "2,147,483,647",
	} {
		assert.Equal(t, want, Count(n))
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 930 * time.Millisecond: "930ms", 9*time.Second + 1234567: "9.001s", 10*time.Second + 400*time.Millisecond: "10s",
		2 * time.Minute: "2m", 90 * time.Second: "1m30s", 3 * time.Hour: "3h", 3*time.Hour + 10*time.Minute: "3h10m",
		3*time.Hour + 10*time.Second: "3h0m10s", 168 * time.Hour: "168h",
	} {
		assert.Equal(t, want, Duration(d))
	}
}
